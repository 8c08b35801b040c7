import {
  type Verdict,
  deadRules,
  orVacuous,
  tryWays,
  waysAround,
} from '#policy-lang/analysis/prove.ts';
import type { RuleSet } from '#policy-lang/analysis/model.ts';
import type { CheckedClaim } from '#policy-lang/checking/checked-policy.ts';
import { linkedOf } from '#policy-lang/deciding/linked.ts';
import type { Check } from './check.ts';

/** An editor checks while somebody types: what takes longer is left to `countersign policy prove`. */
const BUDGET = 50_000;

/**
 * Keeps the promises of `prove` blocks as far as the procedure without a solver goes, and says which
 * ones it does not keep, or cannot decide.
 */
export const unproved: Check = ({ header, rules, proves, scope }, report) => {
  if (header === undefined || report.hasErrors) return;
  const source: RuleSet = { header, rules, linked: linkedOf(scope) };
  for (const { title, span, claim } of proves) {
    const verdict = verdictOn(claim, source);
    if (verdict.kind === 'proved') continue;
    report.add('NOT_PROVED', span, messageOf(title, verdict), hintFor(verdict));
  }
};

type Open = Exclude<Verdict, { kind: 'proved' }>;

function messageOf(title: string, { kind, reason }: Open): string {
  switch (kind) {
    case 'vacuous':
      return `"${title}" is vacuous: ${reason}`;
    case 'broken':
      return `"${title}" does not hold: ${reason}`;
    default:
      return `"${title}" is not proved here: ${reason}.`;
  }
}

const hintFor = ({ kind }: Open): string =>
  kind === 'vacuous'
    ? 'Correct the limits of its "where".'
    : 'Run "countersign policy prove", which shows an example or goes further.';

function verdictOn(claim: CheckedClaim, source: RuleSet): Verdict {
  switch (claim.kind) {
    case 'never':
      return orVacuous(tryWays(waysAround(source, claim), BUDGET), source, claim, BUDGET);
    case 'every rule can match': {
      const { dead, unknown } = deadRules(source, BUDGET);
      if (dead.length > 0) {
        return { kind: 'broken', reason: `no request can match ${dead.join(', ')}.` };
      }
      return unknown.length === 0
        ? { kind: 'proved' }
        : { kind: 'unknown', reason: 'there are too many cases' };
    }
    default:
      return { kind: 'unknown', reason: `version ${claim.version} is not at hand` };
  }
}
