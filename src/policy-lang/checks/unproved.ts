import { type Verdict, deadRules, tryWays, waysAround } from '#policy-lang/analysis/prove.ts';
import type { RuleSet } from '#policy-lang/analysis/model.ts';
import type { CheckedClaim } from '#policy-lang/checked-policy.ts';
import { linkedOf } from '#policy-lang/linked.ts';
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
    const message =
      verdict.kind === 'broken'
        ? `"${title}" does not hold: ${verdict.reason}`
        : `"${title}" is not proved here: ${verdict.reason}.`;
    const hint = 'Run "countersign policy prove", which shows an example or goes further.';
    report.add('NOT_PROVED', span, message, hint);
  }
};

function verdictOn(claim: CheckedClaim, source: RuleSet): Verdict {
  switch (claim.kind) {
    case 'never':
      return tryWays(waysAround(source, claim), BUDGET);
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
