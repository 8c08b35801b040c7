import { expect, test } from 'vitest';
import { nodeSubject } from '#mandate/authority/nodes.ts';
import type { JournalEntry, Position } from './journal.ts';
import type { Party } from './party.ts';
import {
  readSetBacks,
  requireRestored,
  restoredOf,
  type SetBack,
  setBacks,
  toldOfSetBacks,
} from './set-backs.ts';

const committee = 'ab'.repeat(32);
const at = (count: number, digit = 'c'): Position => ({ count, head: digit.repeat(64) });
const ORG = 'org_one';
const OTHER = 'org_other';
const WORD = { approval: 'word', party: 3, journals: [{ party: 3, ...at(4) }] };

/** Party 1, with logs of two organisations, and whom its operator leaves out. */
function node(entries: JournalEntry[] = [], leftOut: readonly number[] = []) {
  const restored = new Map<string, Position[]>();
  const stateOf = (organization: string) => ({
    nodes: new Map([
      [
        nodeSubject({ committee, party: 3 }),
        { version: 1, restored: restored.get(organization) ?? [] },
      ],
      [
        nodeSubject({ committee, party: 1 }),
        { version: 1, restored: restored.get(`own ${organization}`) ?? [] },
      ],
    ]),
  });
  const pinned = new Map([ORG, OTHER, 'org_unheard'].map((id) => [id, 'genesis']));
  const find = (id: string) => (id === 'org_unheard' ? undefined : stateOf(id));
  const authority = { find, pins: () => pinned } as unknown as Party['authority'];
  const journal = { append: async (entry: JournalEntry) => void entries.push(entry) };
  const own = setBacks({ committee, journal, entries: [...entries], authority });
  const starts = { isLeftOut: (party: number) => leftOut.includes(party) } as Party['starts'];
  const party = { me: 1, setBacks: own, starts, authority };
  const give = (organization: string, ...places: Position[]) =>
    restored.set(organization, [...(restored.get(organization) ?? []), ...places]);
  return { own, entries, party, give };
}

const locked = expect.objectContaining({
  code: 'KEY_LOCKED',
  context: { parties: ['3'], reason: expect.stringMatching(/party 3 .*NOT_RESTORED/) },
});

test('each organisation whose log was here restores a node for itself', async () => {
  const { own, entries, party, give } = node();
  requireRestored(party, ORG, [1, 2, 3]);
  await own.accept(WORD, at(7));
  for (const id of [ORG, OTHER]) {
    expect(() => requireRestored(party, id, [2, 3])).toThrow(locked);
    requireRestored(party, id, [1, 2]);
  }
  requireRestored(party, 'org_unheard', [3]);
  give(ORG, at(7));
  requireRestored(party, ORG, [3]);
  expect(() => requireRestored(party, OTHER, [3])).toThrow(locked);
  const receipts = [
    { party: 2, own: {} },
    { party: 3, own: {} },
  ];
  expect(restoredOf(party, ORG, receipts)).toEqual(receipts);
  expect(restoredOf(party, OTHER, receipts)).toEqual(receipts.slice(0, 1));
  // A start later the same is due.
  expect(() => requireRestored(node(entries).party, ORG, [3])).toThrow(locked);
});

test.each<[string, Position]>([
  ['an earlier place', at(6)],
  ['a later place', at(8)],
  ['another history', at(7, 'd')],
])('a change that names %s restores nothing', async (_, place) => {
  const { own, party, give } = node();
  await own.accept(WORD, at(7));
  give(ORG, place);
  expect(() => requireRestored(party, ORG, [3])).toThrow(locked);
});

test('a place that is lost twice is named twice', async () => {
  const { own, party, give } = node();
  await own.accept(WORD, at(7));
  give(ORG, at(7));
  requireRestored(party, ORG, [3]);
  await own.accept(WORD, at(7));
  expect(() => requireRestored(party, ORG, [3])).toThrow(locked);
  give(ORG, at(7));
  requireRestored(party, ORG, [3]);
});

test('where nothing is lost nothing is asked for', async () => {
  const { own, party, entries } = node();
  await own.accept(WORD, undefined);
  requireRestored(party, ORG, [3]);
  expect(entries).toEqual([{ kind: 'accepted', ...WORD }]);
});

test('a node does nothing itself while a peer says that it was set back', async () => {
  const peer = node();
  await peer.own.accept({ ...WORD, party: 1 }, at(7));
  const said = JSON.parse(JSON.stringify(toldOfSetBacks(peer.own.given(), 1)));
  const told = readSetBacks(1, said.setBacks) as readonly SetBack[];
  expect(told).toEqual(peer.own.given());
  expect(toldOfSetBacks(peer.own.given(), 3)).toEqual({});
  const { own, party, give } = node();
  own.hear(2, told);
  expect(() => requireRestored(party, ORG, [1])).toThrow(/party 1 .*NOT_RESTORED/);
  give(`own ${ORG}`, at(7));
  requireRestored(party, ORG, [1]);
  const without = node([], [2]);
  without.own.hear(2, told);
  requireRestored(without.party, ORG, [1]);
});

test.each([
  7,
  [7],
  [null],
  [{ lost: at(7), committee }],
  [{ lost: { count: 7 }, committee, organizations: [] }],
  [{ lost: at(7), committee: 1, organizations: [] }],
  [{ lost: at(7), committee, organizations: [1] }],
])('%j is nothing that a node says', (value) => {
  expect(readSetBacks(1, value)).toBeUndefined();
});
