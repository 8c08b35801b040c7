/**
 * From the files of a bundle to a policy that decides. Each step goes on as far as it can, so that
 * one run tells the author as much as possible; only a bundle without any error becomes a policy.
 */
import { type BundleFile, bundleHash, openFiles } from './bundle-files.ts';
import { checkBundle } from '#policy-lang/checking/check-bundle.ts';
import type { CheckedHeader, CheckedPolicy } from '#policy-lang/checking/checked-policy.ts';
import type { CompiledPolicy } from './compiled-policy.ts';
import { type Condition, atomsOf } from '#policy-lang/checking/condition.ts';
import type { Diagnostic } from './diagnostics.ts';
import { optional } from './optional.ts';
import { linkedOf } from '#policy-lang/deciding/linked.ts';
import { linkProgram } from '#policy-lang/deciding/program.ts';
import { Report, compareText } from '#policy-lang/checking/report.ts';
import type { World } from './world.ts';

export type Compilation = {
  /** Absent where a diagnostic is an error. */
  readonly policy?: CompiledPolicy;
  /** In the order of files and places. */
  readonly diagnostics: readonly Diagnostic[];
};

/** Total: any files give diagnostics or a policy, never an exception. */
export function compileBundle(files: readonly BundleFile[], world: World): Compilation {
  const report = new Report();
  const sources = openFiles(files, report);
  const checked = checkBundle(sources, world, report);
  const { header } = checked;
  if (header === undefined || report.hasErrors) return { diagnostics: report.diagnostics() };
  const hash = bundleHash(files);
  return { policy: link(checked, header, hash), diagnostics: report.diagnostics() };
}

function link(checked: CheckedPolicy, header: CheckedHeader, hash: string): CompiledPolicy {
  const { scope, rules, tests } = checked;
  const linked = linkedOf(scope);
  const policy = { hash, version: header.version };
  const program = linkProgram({ header, rules, tests, linked, policy });
  const needs = usedNeeds(checked);
  const currencies = rules.flatMap(({ condition }) => currenciesOf(condition));
  return {
    title: header.title,
    version: header.version,
    ...optional('owner', header.owner),
    effective: header.effective,
    governs: header.governs,
    hash,
    aggregates: needs,
    currencies: [...new Set(currencies)].toSorted(compareText),
    groups: linked.groups,
    registry: scope.registry,
    proves: checked.proves,
    program,
  };
}

/** The currencies in which the value of the request counts, in totals too. */
const currenciesOf = (condition: Condition): readonly string[] =>
  [...atomsOf(condition)].flatMap((atom) => {
    if (atom.kind === 'value') return atom.currency;
    if (atom.kind !== 'total') return [];
    const { currency, includesThis, where } = atom.need;
    if (!includesThis) return [];
    return [...(currency === undefined ? [] : [currency]), ...(where ? currenciesOf(where) : [])];
  });

/** What the rules compare; a total that only a `prove` names is not needed to decide. */
function usedNeeds({ rules }: CheckedPolicy): CompiledPolicy['aggregates'] {
  const needs = new Map(
    rules
      .flatMap(({ condition }) => [...atomsOf(condition)])
      .flatMap((atom) => (atom.kind === 'total' ? [[atom.need.key, atom.need] as const] : [])),
  );
  return [...needs.values()].toSorted((left, right) => compareText(left.key, right.key));
}
