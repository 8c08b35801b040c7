import fc from 'fast-check';
import { expect, test } from 'vitest';
import { type Vote, eligibleGroups, isReachable, quorumState } from './approval-quorum.ts';
import type { Quorum } from './decision.ts';

const groups = new Map([
  ['managers', new Set(['bob', 'carol'])],
  ['directors', new Set(['carol', 'dave'])],
  ['compliance', new Set(['erin'])],
]);
const requirement = (...quorums: Quorum[]) => ({ quorums, excludeInitiator: true });
const oneManager = requirement({ group: 'managers', count: 1 });
const managerAndDirector = requirement(
  { group: 'directors', count: 1 },
  { group: 'managers', count: 1 },
);
const approve = (...people: string[]): Vote[] =>
  people.map((person) => ({ person, decision: 'APPROVE' }));
const reject = (person: string): Vote => ({ person, decision: 'REJECT' });

test.each([
  ['nobody has voted', oneManager, [], 'OPEN'],
  ['one manager is enough', oneManager, approve('bob'), 'SATISFIED'],
  ['an outsider does not count', oneManager, approve('erin'), 'OPEN'],
  ['the initiator does not count', oneManager, approve('alice'), 'OPEN'],
  ['an outsider cannot reject', oneManager, [reject('erin'), ...approve('bob')], 'SATISFIED'],
  ['one rejection ends it', oneManager, [...approve('bob'), reject('carol')], 'REJECTED'],
  ['one person in both groups counts once', managerAndDirector, approve('carol'), 'OPEN'],
  ['two votes of one person count once', managerAndDirector, approve('carol', 'carol'), 'OPEN'],
  ['the first voter moves over', managerAndDirector, approve('carol', 'bob'), 'SATISFIED'],
  ['in either order', managerAndDirector, approve('bob', 'carol'), 'SATISFIED'],
  ['two of one group', requirement({ group: 'managers', count: 2 }), approve('bob'), 'OPEN'],
  ['a group without members', requirement({ group: 'ghosts', count: 1 }), approve('bob'), 'OPEN'],
  ['no quorum at all is satisfied', requirement(), [], 'SATISFIED'],
])('%s', (_, requirement, votes, state) => {
  expect(quorumState({ requirement, groups, votes, initiator: 'alice' }).state).toBe(state);
});

test('an open requirement says which places are free', () => {
  const votes = approve('bob');
  expect(quorumState({ requirement: managerAndDirector, groups, votes })).toEqual({
    state: 'OPEN',
    open: [{ group: 'directors', count: 1 }],
  });
});

test('a manager who initiates may not decide, unless the requirement says so', () => {
  const input = { requirement: oneManager, groups, initiator: 'bob' };
  expect(eligibleGroups('bob', input)).toEqual([]);
  expect(eligibleGroups('carol', input)).toEqual(['managers']);
  const open = { ...input, requirement: { ...oneManager, excludeInitiator: false } };
  expect(eligibleGroups('bob', open)).toEqual(['managers']);
});

test('overlapping groups are reachable only with enough different people', () => {
  const same = new Map([
    ['a', new Set(['x'])],
    ['b', new Set(['x'])],
  ]);
  const both = requirement({ group: 'a', count: 1 }, { group: 'b', count: 1 });
  expect(isReachable({ requirement: both, groups: same })).toBe(false);
  same.set('b', new Set(['x', 'y']));
  expect(isReachable({ requirement: both, groups: same })).toBe(true);
  expect(isReachable({ requirement: both, groups: same, initiator: 'y' })).toBe(false);
});

/** Tries every assignment of people to quorums: slow, and obviously right. */
function satisfiable(quorums: readonly Quorum[], people: readonly string[][]): boolean {
  if (quorums.every((quorum) => quorum.count <= 0)) return true;
  const [first, ...rest] = people;
  if (first === undefined) return false;
  const without = (group: string) =>
    quorums.map((q) => (q.group === group ? { group, count: q.count - 1 } : q));
  return satisfiable(quorums, rest) || first.some((group) => satisfiable(without(group), rest));
}

test('the state agrees with trying every assignment', () => {
  const names = ['a', 'b', 'c'];
  const person = fc.subarray(names);
  const quorums = fc.tuple(
    ...names.map((group) => fc.record({ group: fc.constant(group), count: fc.nat(2) })),
  );
  fc.assert(
    fc.property(fc.array(person, { maxLength: 5 }), quorums, (people, quorums) => {
      const groups = new Map(
        names.map((name) => [
          name,
          new Set(people.flatMap((of, i) => (of.includes(name) ? [`p${i}`] : []))),
        ]),
      );
      const votes = approve(...people.keys().map((i) => `p${i}`));
      const state = quorumState({ requirement: requirement(...quorums), groups, votes }).state;
      expect(state).toBe(satisfiable(quorums, people) ? 'SATISFIED' : 'OPEN');
    }),
  );
});
