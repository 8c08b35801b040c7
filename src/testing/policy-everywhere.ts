/** A policy that governs every activity, with contracts: what tests of single checks are made of. */
import type { BundleFile } from '#policy-lang/bundle-files.ts';
import { type Compilation, compileBundle } from '#policy-lang/compile-bundle.ts';
import type { CompiledPolicy } from '#policy-lang/compiled-policy.ts';
import type { DiagnosticCode } from '#policy-lang/diagnostics.ts';
import { ACTIVITIES } from '#policy-lang/snapshot.ts';
import type { World } from '#policy-lang/world.ts';
import { HEADER, SUPPORT, WORLD, inOneLine, policyFile } from './policy-fixtures.ts';

export const EVERYWHERE = `${HEADER.replace('governs transfer', `governs ${ACTIVITIES.join(', ')}`)}
import contracts lending from "abi/lending.json"
`;

export const POOL = '0x87870Bca3F3fD6335C3F4ce8392D69350B4fA4E2';

const input = (name: string, type: string) => ({ name, type });
const call = (name: string, inputs: readonly object[]) => ({ type: 'function', name, inputs });

export const LENDING: BundleFile = {
  path: 'abi/lending.json',
  content: JSON.stringify({
    network: 'ethereum',
    addresses: [POOL],
    abi: [
      call('supply', [
        input('asset', 'address'),
        input('amount', 'uint256'),
        input('onBehalfOf', 'address'),
        input('mode', 'string'),
      ]),
      call('setFlag', [
        input('enabled', 'bool'),
        input('ids', 'uint256[]'),
        input('mode', 'uint8'),
      ]),
      call('swap', [{ name: 'params', type: 'tuple', components: [input('amountIn', 'uint128')] }]),
    ],
    types: {
      Order: [input('maker', 'address'), input('price', 'Price')],
      Price: [input('amount', 'uint256')],
    },
  }),
};

/** Compiles rules that can be about anything. */
export const compileEverywhere = (
  rules: string,
  world: World = WORLD,
  more: readonly BundleFile[] = [],
): Compilation =>
  compileBundle([policyFile(EVERYWHERE + rules), ...SUPPORT, LENDING, ...more], world);

/** The messages of one code, with the change that each proposes: `message => change`. */
export const foundEverywhere = (
  code: DiagnosticCode,
  rules: string,
  world: World = WORLD,
): readonly string[] =>
  compileEverywhere(rules, world).diagnostics.flatMap((found) => {
    if (found.code !== code) return [];
    return found.fix === undefined ? found.message : `${found.message} => ${found.fix.text}`;
  });

/** Errors of any code; a table of good examples expects none. */
export const errorsEverywhere = (rules: string, world: World = WORLD): readonly string[] =>
  compileEverywhere(rules, world)
    .diagnostics.filter(({ severity }) => severity === 'error')
    .map(inOneLine);

/** @throws with the diagnostics when there are errors */
export function policyEverywhere(rules: string, world: World = WORLD): CompiledPolicy {
  const { policy, diagnostics } = compileEverywhere(rules, world);
  if (policy === undefined) throw new Error(diagnostics.map(inOneLine).join('\n'));
  return policy;
}
