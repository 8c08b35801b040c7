import { expect, test } from 'vitest';
import { instant } from '#core/time.ts';
import { HEADER, SUPPORT, VENDOR, WORLD, policyFile } from '#testing/policy-fixtures.ts';
import { compileBundle } from '#policy-lang/compile-bundle.ts';
import { decide, decideProgram } from '#policy-lang/decide.ts';
import { linkProgram } from './program.ts';
import type { FactValue, Snapshot } from '#policy-lang/snapshot.ts';

const parameter = (type: string) => ({ name: 'to', type });
const CONTRACTS = {
  path: 'abi/payout.json',
  content: JSON.stringify({
    network: 'ethereum',
    addresses: [VENDOR],
    abi: [
      { type: 'function', name: 'payName', inputs: [parameter('string')] },
      { type: 'function', name: 'payAddress', inputs: [parameter('address')] },
    ],
  }),
};

/** More rules of each kind than the index tries without looking them up. */
const RULES = [1, 2, 3].map(
  (number) => `
rule address-${number} { applies to contract-call when call.arg "to" in approved-vendors and call.function is "payAddress" then block }
rule name-${number} { applies to contract-call when call.function is "payName" and call.arg "to" is "mallory-${number}" then block }`,
);

const all = (kind: string): string[] => [1, 2, 3].map((number) => `${kind}-${number}`);

test('an argument that is an address in one contract and a text in another hides no rule', () => {
  const header = HEADER.replace('governs transfer', 'governs transfer, contract-call');
  const text = `${header}import contracts payout from "abi/payout.json"\n${RULES.join('')}`;
  const { policy, diagnostics } = compileBundle([...SUPPORT, CONTRACTS, policyFile(text)], WORLD);
  expect(diagnostics.filter(({ severity }) => severity === 'error')).toEqual([]);
  const asked = (to: FactValue): readonly string[] => {
    const snapshot: Snapshot = {
      now: instant(Date.UTC(2026, 7, 1)),
      activity: 'contract-call',
      request: { call: { contract: VENDOR, args: new Map([['to', to]]) } },
      prices: new Map(),
      aggregates: new Map(),
    };
    if (policy === undefined) return [];
    const decision = decide(policy, snapshot);
    // So few rules have masks; looked up, they must say the same.
    expect(decideProgram(linkProgram(policy.program, 0), snapshot)).toEqual(decision);
    return decision.matched.map(({ rule }) => rule);
  };
  // Which function it is, is not known; and an address is no text.
  const found = asked({ type: 'address', address: VENDOR });
  expect(found).toEqual(expect.arrayContaining([...all('address'), ...all('name')]));
  const named = asked({ type: 'text', text: 'mallory-2' });
  expect(named).toEqual(expect.arrayContaining([...all('address'), 'name-2']));
});
