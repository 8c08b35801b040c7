/**
 * The decision (policy language, semantics 1 to 6). Pure and order-free: the same policy and
 * snapshot give the same decision wherever it is made. Missing facts fail closed: they never make a
 * rule that blocks or asks for approval go away, and never make one that allows apply.
 */
import type { CompiledPolicy } from './compiled-policy.ts';
import {
  type Contribution,
  missingContribution,
  missingMatch,
  withLimitCode,
} from '#policy-lang/deciding/contribution.ts';
import type { Decision, Flag, Reason, RuleMatch } from './decision.ts';
import { Facts } from '#policy-lang/deciding/facts.ts';
import type { Hits } from '#policy-lang/deciding/hits.ts';
import type { ActivityProgram, Program } from '#policy-lang/deciding/program.ts';
import type { KnownRequirement } from '#policy-lang/deciding/requirement-table.ts';
import { mergeRequirements } from '#policy-lang/deciding/requirements.ts';
import type { Row } from '#policy-lang/deciding/row.ts';
import { asOther, type Snapshot } from './snapshot.ts';

export const decide = ({ program }: CompiledPolicy, snapshot: Snapshot): Decision =>
  decideProgram(program, snapshot);

/**
 * Decides with a program that may stand in for the policy's own, as a test with other lists does.
 */
export function decideProgram(program: Program, snapshot: Snapshot): Decision {
  const decision = decideAs(program, snapshot);
  const other = asOther(snapshot);
  return other === undefined ? decision : together(decision, decideAs(program, other));
}

/** Of a request that is of two activities (semantics 12): as strict as the stricter of both. */
function together(first: Decision, second: Decision): Decision {
  const isBlocked = first.outcome === 'BLOCK' || second.outcome === 'BLOCK';
  const asked = isBlocked ? [] : [...first.requirements, ...second.requirements];
  return {
    outcome: isBlocked ? 'BLOCK' : asked.length > 0 ? 'PENDING' : 'ALLOW',
    reasons: onceEach([...first.reasons, ...second.reasons]),
    requirements: asked.length > 0 ? [mergeRequirements(asked)] : [],
    flags: onceEach([...first.flags, ...second.flags]),
    matched: onceEach([...first.matched, ...second.matched]),
    policy: first.policy,
  };
}

/** A rule may apply to both activities, and say the same of them. */
const onceEach = <T>(list: readonly T[]): readonly T[] => [
  ...new Map(list.map((item) => [JSON.stringify(item), item])).values(),
];

function decideAs(program: Program, snapshot: Snapshot): Decision {
  const own = program.byActivity[snapshot.activity];
  const { masks, known } = own;
  if (masks === undefined || !isInForce(own, snapshot) || !masks.search(snapshot)) {
    const facts = new Facts(snapshot, program.linked);
    return combine(program, own, facts, own.index.find(facts), true);
  }
  const before = known.get(masks.found);
  if (before !== undefined) return before;
  const facts = new Facts(snapshot, program.linked);
  const decision = frozenCopy(combine(program, own, facts, masks.find(facts), true));
  known.set(masks.found, decision);
  return decision;
}

const isInForce = (own: ActivityProgram, { now }: Snapshot): boolean =>
  own.isGoverned && now >= own.from && now < own.until;

/**
 * Whoever gets a decision shares it with all who get the same. It is a copy: V8 makes objects where
 * those before them ended that came from the same place in the code, and what `combine` makes would
 * all be made among the objects that last, once some of it is kept.
 */
const frozenCopy = (decision: Decision): Decision =>
  Object.freeze({
    outcome: decision.outcome,
    reasons: Object.freeze(decision.reasons.slice()),
    requirements: Object.freeze(decision.requirements.slice()),
    flags: Object.freeze(decision.flags.slice()),
    matched: Object.freeze(decision.matched.slice()),
    policy: decision.policy,
  });

/**
 * The answer alone: `matched` is empty. For whoever asks about very many requests and not why.
 */
export function answer({ program }: CompiledPolicy, snapshot: Snapshot): Decision {
  const decision = answerAs(program, snapshot);
  const other = asOther(snapshot);
  return other === undefined ? decision : together(decision, answerAs(program, other));
}

function answerAs(program: Program, snapshot: Snapshot): Decision {
  const facts = new Facts(snapshot, program.linked);
  const own = program.byActivity[snapshot.activity];
  return combine(program, own, facts, own.index.find(facts), false);
}

/** Parts of most decisions; nobody changes them. */
const NO_REASONS: readonly Reason[] = Object.freeze([]);
const NO_REQUIREMENTS: Decision['requirements'] = Object.freeze([]);
const NO_FLAGS: readonly Flag[] = Object.freeze([]);
const NO_MATCHES: readonly RuleMatch[] = Object.freeze([]);

/** What the rules that were found come to; with `names` it says which rules these are. */
export function combine(
  program: Program,
  own: ActivityProgram,
  facts: Facts,
  hits: Hits,
  names: boolean,
): Decision {
  const { rows, count } = hits;
  const { snapshot } = facts;
  const outside = isInForce(own, snapshot) ? undefined : headerReason(program, own, snapshot);
  let reasons: Reason[] | undefined = outside && [outside];
  let doubts: Reason[] | undefined;
  let flags: Flag[] | undefined;
  let requires = false;
  let allowed = own.otherwise === undefined;
  let blocked = outside !== undefined;
  for (let at = 0; at < count; at++) {
    const row = rows[at] as Row;
    const part = contributionTo(row, program, facts, hits);
    if (part.allows) allowed = true;
    if (part.blocks) blocked = true;
    if (part.requirement !== undefined) requires = true;
    if (part.reason !== undefined) reasons = listed(reasons, part.reason);
    if (part.doubt !== undefined) doubts = listed(doubts, part.doubt);
    if (part.flag !== undefined) flags = listed(flags, part.flag);
  }
  if (!allowed && own.otherwise !== undefined) {
    blocked = true;
    reasons = listed(reasons, own.otherwise);
    if (doubts !== undefined) reasons.push(...doubts);
  }
  const isPending = !blocked && requires;
  return {
    outcome: blocked ? 'BLOCK' : isPending ? 'PENDING' : 'ALLOW',
    reasons: reasons ?? NO_REASONS,
    requirements: isPending ? requirementsOf(program, facts, hits) : NO_REQUIREMENTS,
    flags: flags ?? NO_FLAGS,
    matched: names ? matchesOf(hits) : NO_MATCHES,
    policy: program.policy,
  };
}

/** What the rules ask for together; most requests are blocked or allowed without it. */
function requirementsOf(program: Program, facts: Facts, hits: Hits): Decision['requirements'] {
  let required: KnownRequirement | undefined;
  for (let at = 0; at < hits.count; at++) {
    const { requirement } = contributionTo(hits.rows[at] as Row, program, facts, hits);
    if (requirement === undefined) continue;
    required =
      required === undefined ? requirement : program.requirements.merge(required, requirement);
  }
  return required?.alone ?? NO_REQUIREMENTS;
}

/** The rules that count. Most decisions have one or two, for which a list of that size is made. */
function matchesOf({ rows, count, missing }: Hits): readonly RuleMatch[] {
  const matchOf = (at: number): RuleMatch => {
    const row = rows[at] as Row;
    return missing !== undefined && missing.has(row) ? missingMatch(row.rule) : row.match;
  };
  if (count === 0) return NO_MATCHES;
  if (count === 1) return [matchOf(0)];
  const matches = [matchOf(0), matchOf(1)];
  for (let at = 2; at < count; at++) matches.push(matchOf(at));
  return matches;
}

/** Most lists have one or two elements, for which a list of the right size is made at once. */
function listed<T>(list: T[] | undefined, item: T): T[] {
  if (list === undefined) return [item];
  if (list.length === 1) return [list[0] as T, item];
  list.push(item);
  return list;
}

function contributionTo(row: Row, program: Program, facts: Facts, hits: Hits): Contribution {
  if (hits.missing !== undefined && hits.missing.has(row)) {
    return missingContribution(row.rule, facts, program.requirements);
  }
  return row.mayExceedLimit ? withLimitCode(row.rule, row.contribution, facts) : row.contribution;
}

const denied = (rule: string, message: string): Reason => ({
  code: 'POLICY_DENIED',
  rule,
  message,
});

/** A request that the policy does not govern, or at a time at which it is not in force. */
function headerReason(
  { header }: Program,
  { isGoverned }: ActivityProgram,
  { activity, now }: Snapshot,
): Reason | undefined {
  if (!isGoverned) {
    return denied('governs', `The policy does not govern the activity "${activity}"`);
  }
  const { from, until } = header.effective;
  if (now < from) {
    return denied('effective', `The policy is in force from ${new Date(from).toISOString()}`);
  }
  if (until !== undefined && now >= until) {
    return denied('effective', `The policy was in force until ${new Date(until).toISOString()}`);
  }
  return undefined;
}
