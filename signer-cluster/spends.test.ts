import { expect, test } from 'vitest';
import { END } from '#mandate/known-spends.ts';
import type { Stage } from '#mandate/withdrawal.ts';
import type { JournalEntry } from './journal.ts';
import { type Spends, spends } from './spends.ts';

const SHAPE = { threshold: 3, members: 5 };
const ORG = 'org';
const ID = 'ab'.repeat(32);
const SPEND = { id: ID, organization: ORG, key: 'key_1', digests: ['d'], created: 1, expires: 2 };
const SIGN: JournalEntry = {
  kind: 'sign',
  sid: 'one',
  key: 'key_1',
  intent: ID,
  expires: 2,
  digests: ['d'],
  signers: [1, 2, 3],
  presignatures: [],
};

function nodeOn(entries: JournalEntry[] = []): { entries: JournalEntry[]; own: Spends } {
  const append = async (entry: JournalEntry): Promise<void> => void entries.push(entry);
  return { entries, own: spends({ append }, [...entries], SHAPE) };
}

const wordsOf = (stage: Stage, parties: readonly number[]) =>
  new Map(parties.map((party) => [party, stage]));

test('what a node has withdrawn from, and what it has buried, stays so after a restart', async () => {
  const first = nodeOn();
  await first.own.record(SPEND);
  expect(await first.own.withdraw(ORG, ID)).toBe('recorded');
  expect(await first.own.withdraw(ORG, ID)).toBe('recorded');
  const second = nodeOn(first.entries);
  expect(() => second.own.of(ORG).requireOpen(ID)).toThrow(/withdrawn/);
  expect(second.own.of(ORG).find(ID)).toBeDefined();
  await second.own.bury(ORG, ID, wordsOf('none', [2, 3, 4, 5]));
  const third = nodeOn(second.entries);
  expect(third.own.of(ORG).find(ID)).toBeUndefined();
  // It is told all the same: who knows it must not be asked for it again and again.
  expect(third.own.of(ORG).tell([END]).ids).toEqual([[ID]]);
  await third.own.record(SPEND);
  expect(third.own.of(ORG).find(ID)).toBeUndefined();
  expect(third.entries.map(({ kind }) => kind)).toEqual(['spend', 'withdrawn', 'buried']);
});

test('after a restart a node may have confirmed whatever it has in writing', async () => {
  const first = nodeOn();
  await first.own.record(SPEND);
  const second = nodeOn(first.entries);
  expect(await second.own.withdraw(ORG, ID)).toBe('confirmed');
  expect(await second.own.withdraw(ORG, 'cd'.repeat(32))).toBe('none');
});

test('a node withdraws from nothing that it may have let a share go of, also after a restart', async () => {
  const first = nodeOn();
  await first.own.record(SPEND);
  const second = nodeOn([...first.entries, SIGN]);
  await expect(second.own.withdraw(ORG, ID)).rejects.toThrow(/may have left/);
  const all = wordsOf('none', [1, 2, 3, 4, 5]);
  await expect(second.own.bury(ORG, ID, all)).rejects.toThrow(/may have left/);
});

test('a payment that this node learns of after it was buried does not count', async () => {
  const { own } = nodeOn();
  await own.bury(ORG, ID, wordsOf('recorded', [1, 2, 3, 4]));
  await own.record(SPEND);
  expect(own.of(ORG).find(ID)).toBeUndefined();
  expect(() => own.of(ORG).requireOpen(ID)).toThrow(/withdrawn/);
});
