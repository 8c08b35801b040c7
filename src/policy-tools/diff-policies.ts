/**
 * What a new version changes: each change by itself, and all of them together, with a request that
 * shows it. Equal texts are not compared, different ones are compared by what they do.
 */
import { type Change, changesBetween } from '#policy-lang/analysis/changes.ts';
import type { RuleSet } from '#policy-lang/analysis/model.ts';
import { waysOfLoosening } from '#policy-lang/analysis/prove.ts';
import { replayOf } from '#policy-lang/analysis/replay.ts';
import type { CompiledPolicy, GroupMember } from '#policy-lang/compiled-policy.ts';
import type { Decision } from '#policy-lang/decision.ts';
import type { Snapshot } from '#policy-lang/snapshot.ts';
import { type Answered, type ProveOptions, answer } from './prove-policy.ts';

/** `both`: some requests fare better, others worse. */
export type Direction = 'neutral' | 'tightened' | 'loosened' | 'both' | 'unknown';

/** A request that the two treat differently, as both evaluators decide it. */
export type Witness = {
  readonly snapshot: Snapshot;
  readonly before: Decision;
  readonly after: Decision;
};

export type Comparison = {
  readonly direction: Direction;
  readonly looser?: Witness;
  readonly stricter?: Witness;
  /** Why nothing is known. */
  readonly reason?: string;
};

export type ChangeReport = Comparison &
  Omit<Change, 'after' | 'kind'> & { readonly kind: Change['kind'] | 'group' };

export type DiffReport = {
  readonly whole: Comparison;
  readonly changes: readonly ChangeReport[];
};

export async function diffPolicies(
  before: CompiledPolicy,
  after: CompiledPolicy,
  options: ProveOptions,
  onProgress: (done: number, total: number) => void = () => undefined,
): Promise<DiffReport> {
  const changes = changesBetween(before.program, after.program);
  const reports: ChangeReport[] = [];
  for (const [number, { after: changed, ...change }] of changes.entries()) {
    onProgress(number, changes.length + 1);
    reports.push({ ...change, ...(await compare(before.program, changed, options)) });
  }
  onProgress(changes.length, changes.length + 1);
  const groups = groupChanges(before, after);
  const whole = await compare(before.program, after.program, options);
  return { whole: withGroups(whole, groups), changes: [...reports, ...groups] };
}

/** Other people in a group that both have. Requests do not show what that changes: who may approve. */
function groupChanges(before: CompiledPolicy, after: CompiledPolicy): readonly ChangeReport[] {
  return [...after.groups].flatMap(([name, members]): ChangeReport[] => {
    const old = before.groups.get(name);
    if (old === undefined) return [];
    const joins = mailsBeside(members, old);
    const leaves = mailsBeside(old, members);
    const parts = [
      ...(joins.length > 0 ? [`New: ${joins.join(', ')}.`] : []),
      ...(leaves.length > 0 ? [`Gone: ${leaves.join(', ')}.`] : []),
    ];
    if (parts.length === 0) return [];
    const reason = parts.join(' ');
    return [
      { kind: 'group', name, how: 'changed', isExplained: false, direction: 'unknown', reason },
    ];
  });
}

/** The addresses of members that are not among the others. */
function mailsBeside(
  members: readonly GroupMember[],
  others: readonly GroupMember[],
): readonly string[] {
  const known = new Set(others.map(({ email }) => email));
  return members.flatMap(({ email }) => (known.has(email) ? [] : email));
}

/** What is no looser for requests is not yet no looser where other people approve. */
function withGroups(whole: Comparison, groups: readonly ChangeReport[]): Comparison {
  const isSettled = whole.direction === 'neutral' || whole.direction === 'tightened';
  if (groups.length === 0 || !isSettled) return whole;
  const names = groups.map(({ name }) => name).join(', ');
  const reason = `For every request it is ${whole.direction}; look at the people of ${names}.`;
  return { ...whole, direction: 'unknown', reason };
}

/** Changes that let more through and that nobody explains. */
export const unexplained = ({ changes }: DiffReport): readonly ChangeReport[] =>
  changes.filter(
    ({ direction, isExplained }) =>
      (direction === 'loosened' || direction === 'both') && !isExplained,
  );

async function compare(
  before: RuleSet,
  after: RuleSet,
  options: ProveOptions,
): Promise<Comparison> {
  const looser = await answer(waysOfLoosening(before, after), options);
  const stricter = await answer(waysOfLoosening(after, before), options);
  const witness = ({ kind, ...found }: Answered): Witness | undefined => {
    const snapshot = kind === 'broken' && 'example' in found ? found.example : undefined;
    if (snapshot === undefined) return undefined;
    return {
      snapshot,
      before: replayOf(before)(snapshot),
      after: replayOf(after)(snapshot),
    };
  };
  const [worse, better] = [witness(looser), witness(stricter)];
  const unknown = [looser, stricter].find(({ kind }) => kind === 'unknown');
  return {
    direction: directionOf(looser, stricter),
    ...(worse && { looser: worse }),
    ...(better && { stricter: better }),
    ...(unknown?.kind === 'unknown' && { reason: unknown.reason }),
  };
}

function directionOf(looser: Answered, stricter: Answered): Direction {
  if (looser.kind === 'broken') return stricter.kind === 'broken' ? 'both' : 'loosened';
  if (looser.kind === 'unknown') return 'unknown';
  if (stricter.kind === 'unknown') return 'unknown';
  return stricter.kind === 'broken' ? 'tightened' : 'neutral';
}
