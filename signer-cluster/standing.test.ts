import fc from 'fast-check';
import { expect, test } from 'vitest';
import type { Approval } from './approvals.ts';
import type { JournalEntry, Position } from './journal.ts';
import { setBacks } from './set-backs.ts';
import { type Said, type Standing, decodeSaid, encodeSaid, standing } from './standing.ts';

const headOf = (branch: string, count: number): string =>
  `${branch}${count.toString(16)}`.padStart(64, '0');
const at = (count: number, branch = 'a'): Position => ({ count, head: headOf(branch, count) });

/** Where every journal of these tests is one: what a copy writes later is another branch. */
const COMMON = 10;

/** Party 1, whose journal has come to `count`, and what it has written meanwhile. */
function party(count = COMMON, entries: JournalEntry[] = [], branch = 'a') {
  const words = new Set<number>();
  const branchAt = (number: number): string => (number <= COMMON ? 'a' : branch);
  const journal = {
    durable: at(count, branchAt(count)),
    headAt: async (number: number) =>
      number <= count ? headOf(branchAt(number), number) : undefined,
    append: async (entry: JournalEntry) => void entries.push(entry),
  };
  const approvals = {
    find: (operation: { readonly operation: string; readonly party?: number }) =>
      operation.operation === 'accept' && words.has(operation.party ?? 0)
        ? ({ id: `${operation.party}` } as Approval)
        : undefined,
    spend: ({ id }: Pick<Approval, 'id'>) => {
      words.delete(Number(id));
      return id;
    },
  };
  const authority = { find: () => undefined, pins: () => new Map() };
  const lost = setBacks({ committee: 'ab'.repeat(32), journal, entries, authority });
  const one = standing({ me: 1, journal, entries: entries.slice(), approvals, setBacks: lost });
  return { one, entries, words };
}

/** A session in which party 2 says this after it was spoken to. */
const listen = (one: Standing, said: Said): Promise<void> =>
  one.hear(2, said, one.tell(2).known, true);

const locked = (parties: readonly string[], fault: string) => ({
  code: 'KEY_LOCKED',
  context: { parties, reason: expect.stringContaining(fault) },
});

test('a journal that goes on is heard, and told back', async () => {
  const { one } = party();
  expect(one.tell(2)).toEqual({ own: at(10) });
  await listen(one, { own: at(4) });
  await listen(one, { own: at(4), known: at(10) });
  await listen(one, { own: at(7), known: at(3) });
  expect(one.tell(2)).toEqual({ own: at(10), known: at(7) });
  expect(one.tell(3)).toEqual({ own: at(10) });
});

test.each<[string, Said, readonly string[], string]>([
  ['a peer that went back', { own: at(6) }, ['2'], 'JOURNAL_WENT_BACK'],
  ['a peer with another entry at the same place', { own: at(7, 'b') }, ['2'], 'JOURNAL_DIFFERS'],
  ['its own journal that went back', { own: at(8), known: at(11) }, ['1'], 'JOURNAL_WENT_BACK'],
  [
    'its own journal with another entry',
    { own: at(8), known: at(9, 'b') },
    ['1'],
    'JOURNAL_DIFFERS',
  ],
])('%s is refused, again and again, and what was heard stays', async (_, said, parties, fault) => {
  const { one } = party();
  await listen(one, { own: at(7) });
  for (let turn = 0; turn < 3; turn++) {
    await expect(listen(one, said)).rejects.toMatchObject(locked(parties, fault));
  }
  expect(one.heard().get(2)).toEqual(at(7));
});

test('what a peer says before it was told what is known of it replaces nothing', async () => {
  const { one } = party();
  await listen(one, { own: at(7) });
  await one.hear(2, { own: at(9, 'b') }, one.tell(2).known, false);
  expect(one.tell(2).known).toEqual(at(7));
});

test('messages of two sessions that overtake each other are no offence', async () => {
  const { one } = party();
  const [first, second] = [one.tell(2).known, one.tell(2).known];
  await one.hear(2, { own: at(9) }, second, true);
  await one.hear(2, { own: at(8) }, first, true);
  expect(one.heard().get(2)).toEqual(at(9));
  // A session without a hello judges nothing in its first round.
  await one.hear(2, { own: at(8) }, undefined, false);
});

test('what was heard outlives a restart', async () => {
  const { one, entries } = party();
  await listen(one, { own: at(7) });
  one.note();
  one.note();
  expect(entries).toEqual([{ kind: 'heard', journals: [{ party: 2, ...at(7) }] }]);
  const again = party(10, entries).one;
  await expect(listen(again, { own: at(6) })).rejects.toMatchObject({ code: 'KEY_LOCKED' });
  again.note();
  expect(entries).toHaveLength(1);
});

test('an operator accepts a peer once, from where it is then', async () => {
  const { one, entries, words } = party();
  await listen(one, { own: at(7) });
  words.add(2);
  expect(one.tell(2)).toEqual({ own: at(10) });
  await listen(one, { own: at(3, 'b') });
  expect(words.size).toBe(0);
  expect(entries.at(-1)).toMatchObject({
    kind: 'accepted',
    approval: '2',
    journals: [{ party: 2, ...at(3, 'b') }],
    setBack: { lost: at(7) },
  });
  await expect(listen(one, { own: at(2, 'b') })).rejects.toMatchObject({ code: 'KEY_LOCKED' });
  await listen(party(10, entries).one, { own: at(4, 'b') });
});

test('while a word is being used, no other session tells of what was heard before it', async () => {
  const { one, words } = party();
  await listen(one, { own: at(7) });
  words.add(2);
  const accepted = listen(one, { own: at(3, 'b') });
  expect(one.tell(2).known).toEqual(at(3, 'b'));
  await accepted;
});

test('a word for one peer accepts no other, and not its own node', async () => {
  const { one, words } = party();
  await listen(one, { own: at(7) });
  words.add(3);
  await expect(listen(one, { own: at(6) })).rejects.toMatchObject({ code: 'KEY_LOCKED' });
  words.add(2);
  const said = { own: at(8), known: at(11) };
  await expect(listen(one, said)).rejects.toMatchObject(locked(['1'], 'JOURNAL_WENT_BACK'));
});

test.each([11, 12, 13])(
  'of two machines that are one party, the second is refused, with %i entries',
  async (count) => {
    const peer = party().one;
    const first = party(12, [], 'a').one;
    await first.hear(2, peer.tell(1), undefined, true);
    await peer.hear(1, first.tell(2), undefined, true);
    const told = peer.tell(1);
    const second = party(count, [], 'b').one;
    const ends = await Promise.allSettled([
      second.hear(2, told, undefined, false),
      peer.hear(1, second.tell(2), told.known, false),
    ]);
    expect(ends[0].status).toBe('rejected');
    expect(ends[1].status).toBe(count > 12 ? 'fulfilled' : 'rejected');
  },
);

const position = fc.record({
  count: fc.nat({ max: Number.MAX_SAFE_INTEGER }),
  head: fc
    .uint8Array({ minLength: 32, maxLength: 32 })
    .map((bytes) => Buffer.from(bytes).toString('hex')),
});

test('what a node says comes back as it was', () => {
  fc.assert(
    fc.property(position, fc.option(position, { nil: undefined }), (own, known) => {
      const said = { own, ...(known === undefined ? {} : { known }) };
      expect(decodeSaid(encodeSaid(said), 2)).toEqual(said);
    }),
  );
});

test.each([0, 1, 39, 41, 79, 81, 120])('%i bytes are blamed on their sender', (size) => {
  const cheat = { kind: 'cheat', check: 'MALFORMED_BODY', culprits: [2] };
  expect(() => decodeSaid(new Uint8Array(size), 2)).toThrow(expect.objectContaining(cheat));
});

test('a count that is no exact number is blamed on its sender', () => {
  const bytes = encodeSaid({ own: at(1) });
  expect(() => decodeSaid(bytes.fill(0xff, 0, 8), 2)).toThrow(/MALFORMED_BODY/);
});
