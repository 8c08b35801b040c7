/** Two processes of one node, as its peers see them. */
import { expect, test } from 'vitest';
import {
  A,
  type Node,
  checked,
  hearOf,
  houseOf,
  spendSubject,
  stand,
  startOf,
} from '#testing/starting-nodes.ts';
import type { JournalEntry } from './journal.ts';
import { receiptOf } from './receipts.ts';

const H = (index: number): string => index.toString(16).padStart(64, '0');

/** What `told` says when it is shown the start that `node` signs now. */
const takenBy = async (told: Node, node: Node) => (await hearOf(node, told)).length;

test('two copies of a node that take turns are found out, and neither counts until the operator speaks', async () => {
  const house = houseOf(2, 3);
  const [one, two] = [1, 2].map((party) => startOf(house, party)) as [Node, Node];
  const disk: JournalEntry[] = [];
  const first = startOf(house, 3, [...disk]);
  const second = startOf(house, 3, [...disk]);
  await stand(first, [one, two]);
  // A restart looks like this; nothing is wrong with it.
  await stand(second, [one, two]);
  second.starts.requireStanding();
  expect(one.standing.doubled.size).toBe(0);
  expect(await takenBy(one, first)).toBe(0);
  expect([...one.standing.doubled]).toEqual([3]);
  for (const copy of [first, second]) {
    const receipt = checked(receiptOf(copy, spendSubject(A), {}), spendSubject(A), one);
    expect(one.starts.isCurrent(receipt)).toBe(false);
    expect(await takenBy(one, copy)).toBe(0);
  }
  const locked = { code: 'KEY_LOCKED', context: { reason: expect.stringContaining('TWO_COPIES') } };
  expect(() => one.standing.tell(3)).toThrow(/TWO_COPIES/);
  const said = { own: { count: 9, head: H(9) } };
  await expect(one.standing.hear(3, said, undefined, true)).rejects.toMatchObject(locked);
  // A third start is as suspect, and a restart of the peer forgets nothing.
  const third = startOf(house, 3, [...disk]);
  const later = startOf(house, 1, one.entries);
  expect([...later.standing.doubled]).toEqual([3]);
  expect(await takenBy(later, third)).toBe(0);
  expect(one.entries.filter(({ kind }) => kind === 'two-copies')).toHaveLength(1);
  // Whichever one is kept: here the one of which was heard first.
  await later.words.approve({ operation: 'accept', party: 3 }, 5);
  expect(await takenBy(later, first)).toBe(1);
  expect(later.standing.doubled.size).toBe(0);
  later.standing.tell(3);
  const receipt = checked(receiptOf(first, spendSubject(A), {}), spendSubject(A), later);
  expect(later.starts.isCurrent(receipt)).toBe(true);
  expect([...startOf(house, 1, one.entries).standing.doubled]).toEqual([]);
  // The word was for once.
  expect(await takenBy(later, second)).toBe(0);
  expect([...later.standing.doubled]).toEqual([3]);
});

test('the copy that replaced the other one is kept, too, when the operator accepts it', async () => {
  const house = houseOf(2, 3);
  const one = startOf(house, 1);
  const [first, second] = [startOf(house, 3), startOf(house, 3)];
  for (const copy of [first, second, first]) await takenBy(one, copy);
  expect([...one.standing.doubled]).toEqual([3]);
  await one.words.approve({ operation: 'accept', party: 3 }, 5);
  expect(await takenBy(one, second)).toBe(1);
  expect(one.standing.doubled.size).toBe(0);
  expect([...startOf(house, 1, one.entries).standing.doubled]).toEqual([]);
});

test('two starts that come at one moment do not both replace the same one', async () => {
  const house = houseOf(2, 3);
  const one = startOf(house, 1);
  const copies = [startOf(house, 3), startOf(house, 3)];
  const taken = await Promise.all(copies.map((copy) => takenBy(one, copy)));
  expect(taken.toSorted((a, b) => a - b)).toEqual([0, 1]);
});
