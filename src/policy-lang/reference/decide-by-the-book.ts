/**
 * The reference interpreter: the semantics of the policy language (docs/policy/semantics.md) read
 * aloud, clause by clause. It prepares nothing, indexes nothing and shares no code with the
 * evaluator, only the types; where the two disagree about a request, one of them is wrong.
 */
import type {
  CheckedEffect,
  CheckedHeader,
  CheckedRule,
} from '#policy-lang/checking/checked-policy.ts';
import type {
  ApprovalRequirement,
  Flag,
  Outcome,
  ReasonCode,
  RuleMatch,
} from '#policy-lang/decision.ts';
import type { Snapshot } from '#policy-lang/snapshot.ts';
import { truthOf } from './conditions.ts';
import type { Answer } from './kleene.ts';
import type { Names } from './request.ts';

/** A checked policy: its header, its rules and what its names stand for. */
export type Book = {
  readonly header: CheckedHeader;
  readonly rules: readonly CheckedRule[];
  readonly names: Names;
};

/** What a decision says, without its words. */
export type Verdict = {
  readonly outcome: Outcome;
  readonly reasons: readonly ReasonWithoutWords[];
  readonly requirements: readonly ApprovalRequirement[];
  readonly flags: readonly Omit<Flag, 'message'>[];
  readonly matched: readonly RuleMatch[];
};

export type ReasonWithoutWords = {
  readonly code: ReasonCode;
  readonly rule: string;
  readonly missing?: readonly string[];
};

/** One rule that applies to the request and is not false. */
type Finding = {
  readonly rule: CheckedRule;
  readonly answer: Answer;
  /** Semantics 3: with missing data the rule's own `if missing data then`, where it has one. */
  readonly effect: CheckedEffect;
};

/** Semantics 12: what is of two activities is decided as each of them. */
export function decideByTheBook(book: Book, snapshot: Snapshot): Verdict {
  const { also, activity } = snapshot;
  const verdicts = [decideAs(book, snapshot)];
  if (also !== undefined) {
    verdicts.push(decideAs(book, { ...snapshot, activity: also, also: activity }));
  }
  const isBlocked = verdicts.some(({ outcome }) => outcome === 'BLOCK');
  const asked = isBlocked ? [] : verdicts.flatMap(({ requirements }) => requirements);
  return {
    outcome: isBlocked ? 'BLOCK' : asked.length > 0 ? 'PENDING' : 'ALLOW',
    // That nothing allows the one activity is another reason than that nothing allows the other.
    reasons: withoutRepeats(
      verdicts.flatMap(({ reasons }) => reasons),
      ({ rule }) => rule === 'governs' || rule === 'otherwise',
    ),
    requirements: asked.length > 0 ? [union(asked)] : [],
    flags: withoutRepeats(verdicts.flatMap(({ flags }) => flags)),
    matched: withoutRepeats(verdicts.flatMap(({ matched }) => matched)),
  };
}

const withoutRepeats = <T>(list: readonly T[], differs?: (one: T) => boolean): T[] =>
  list.filter((one, at) => differs?.(one) || list.findIndex((other) => isSame(one, other)) === at);

const isSame = (left: unknown, right: unknown): boolean =>
  JSON.stringify(left) === JSON.stringify(right);

function decideAs({ header, rules, names }: Book, snapshot: Snapshot): Verdict {
  const findings = rules
    .filter(({ activities }) => activities.includes(snapshot.activity))
    .map((rule): Finding => {
      const answer = truthOf(rule.condition, snapshot, names);
      const isMissing = answer.truth === 'missing';
      return { rule, answer, effect: (isMissing && rule.fallback) || rule.effect };
    })
    .filter(({ answer }) => answer.truth !== 'false');
  return {
    ...combine(header, snapshot, findings),
    flags: findings
      .filter(({ effect }) => effect.kind === 'flag')
      .map(({ rule, answer }) => ({ rule: rule.id, indeterminate: answer.truth === 'missing' })),
    matched: findings.map(({ rule, answer, effect }) => ({
      rule: rule.id,
      outcome: answer.truth === 'missing' ? 'missing' : 'matched',
      effect: effect.kind,
    })),
  };
}

/** Semantics 4, in its order: block, otherwise, the union of the approvals, allow. */
function combine(
  header: CheckedHeader,
  snapshot: Snapshot,
  findings: readonly Finding[],
): Pick<Verdict, 'outcome' | 'reasons' | 'requirements'> {
  const outside = outsideOf(header, snapshot);
  const blocks = findings.filter(({ effect }) => effect.kind === 'block');
  const allows = findings.filter(allowsByItself);
  const reasons = [...outside, ...findings.flatMap(reasonOf)];
  if (allows.length === 0 && header.otherwise.kind === 'block') {
    const doubts = findings.filter((one) => isAllow(one) && !allowsByItself(one));
    const otherwise = { code: 'POLICY_DENIED', rule: 'otherwise' } as const;
    reasons.push(otherwise, ...doubts.map(missingReason));
    return { outcome: 'BLOCK', reasons, requirements: [] };
  }
  if (outside.length > 0 || blocks.length > 0) {
    return { outcome: 'BLOCK', reasons, requirements: [] };
  }
  const required = findings.flatMap(({ effect }) =>
    effect.kind === 'require' || effect.kind === 'allow-with-approval' ? effect.requirement : [],
  );
  if (required.length === 0) return { outcome: 'ALLOW', reasons, requirements: [] };
  return { outcome: 'PENDING', reasons, requirements: [union(required)] };
}

/** Semantics 5 and 10: the policy governs the activity, and is in force at `now`. */
function outsideOf(header: CheckedHeader, { activity, now }: Snapshot): ReasonWithoutWords[] {
  if (!header.governs.includes(activity)) return [{ code: 'POLICY_DENIED', rule: 'governs' }];
  const { from, until } = header.effective;
  const isInForce = from <= now && (until === undefined || now < until);
  return isInForce ? [] : [{ code: 'POLICY_DENIED', rule: 'effective' }];
}

const isAllow = ({ effect }: Finding): boolean =>
  effect.kind === 'allow' || effect.kind === 'allow-with-approval';

/** Semantics 3: a missing `allow` counts as not matched, unless the author decided otherwise. */
const allowsByItself = (finding: Finding): boolean =>
  isAllow(finding) && (finding.answer.truth === 'true' || finding.rule.fallback !== undefined);

/** Semantics 3 and 4: what blocks says why, and what is missing is named. */
function reasonOf(finding: Finding): ReasonWithoutWords[] {
  const { rule, answer, effect } = finding;
  if (effect.kind !== 'block' && effect.kind !== 'require') return [];
  if (answer.truth === 'missing') return [missingReason(finding)];
  if (effect.kind === 'require') return [];
  return [{ code: answer.isLimit ? 'LIMIT_EXCEEDED' : 'POLICY_DENIED', rule: rule.id }];
}

function missingReason({ rule, answer: { paths } }: Finding): ReasonWithoutWords {
  const missing = [...new Set(paths)].toSorted((left, right) => (left < right ? -1 : 1));
  return { code: 'DATA_MISSING', rule: rule.id, missing };
}

/**
 * Semantics 6: of one group the highest quorum, of different groups all of them, the shortest
 * expiry; the initiator may approve only if everybody who asks says so.
 */
function union(required: readonly ApprovalRequirement[]): ApprovalRequirement {
  const quorums = required.flatMap((requirement) => requirement.quorums);
  const groups = [...new Set(quorums.map(({ group }) => group))].toSorted((left, right) =>
    left < right ? -1 : 1,
  );
  const expiries = required.flatMap(({ expiresAfterMs }) => expiresAfterMs ?? []);
  return {
    quorums: groups.map((group) => ({
      group,
      count: Math.max(...quorums.filter((one) => one.group === group).map(({ count }) => count)),
    })),
    excludeInitiator: required.some(({ excludeInitiator }) => excludeInitiator),
    ...(expiries.length > 0 && { expiresAfterMs: Math.min(...expiries) }),
  };
}
