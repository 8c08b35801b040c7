import { expect, test } from 'vitest';
import { parseNetworkId } from '#core/money.ts';
import { instant } from '#core/time.ts';
import { spendText } from '#mandate/spend-text.ts';
import type { JournalEntry } from './journal.ts';
import { replayGuard } from './replay-guard.ts';

const NOW = 1_000_000;
const now = () => instant(NOW);

function journalInMemory() {
  const entries: JournalEntry[] = [];
  const append = async (entry: JournalEntry): Promise<void> => void entries.push(entry);
  const appendNow = (entry: JournalEntry): void => void entries.push(entry);
  return { entries, journal: { append, appendNow, writable: true, close: async () => undefined } };
}

const signing = (sid: string, digest: string) =>
  ({
    kind: 'sign',
    sid,
    key: 'key_1',
    intent: 'intent',
    expires: NOW + 60_000,
    digests: [digest],
    signers: [1, 2],
    presignatures: [],
  }) as const;

const SPEND = {
  activity: 'transfer',
  at: instant(NOW),
  request: { network: parseNetworkId('local-evm'), units: 1n },
  quotes: [],
} as const;
const termsOf = (digests: readonly string[], index: number) => ({
  digests,
  nonce: 7n,
  feeMax: BigInt(index),
  parameters: {},
});

test('a session is taken part in once, also after a restart', async () => {
  const { entries, journal } = journalInMemory();
  const guard = replayGuard(journal, [], now);
  await guard.recordSession('one', 'key_1');
  expect(() => guard.recordSession('one', 'key_1')).toThrow(/seen before/);
  expect(() => guard.recordSigning(signing('one', 'digest'))).toThrow(/seen before/);
  expect(() => replayGuard(journal, entries, now).recordSession('one', 'key_1')).toThrow(
    /seen before/,
  );
});

test('an intent keeps its bytes from the moment of the decision, also after a restart', async () => {
  const { entries, journal } = journalInMemory();
  const guard = replayGuard(journal, [], now);
  const durable = guard.recordSigning(signing('one', 'digest'));
  expect(() => guard.recordSigning(signing('two', 'other'))).toThrow(/signed before/);
  await durable;
  const same = signing('three', 'digest');
  guard.requireSameBytes(same);
  await guard.recordSigning(signing('three', 'digest'));
  const restarted = replayGuard(journal, entries, now);
  expect(() => restarted.requireSameBytes({ ...same, digests: ['other'] })).toThrow(
    /signed before/,
  );
});

test('an intent keeps the key that it was signed by: the same bytes by two keys would pay twice', async () => {
  const { entries, journal } = journalInMemory();
  const guard = replayGuard(journal, [], now);
  await guard.recordSigning(signing('one', 'digest'));
  const byAnother = { ...signing('two', 'digest'), key: 'key_2' };
  expect(() => guard.requireSameBytes(byAnother)).toThrow(/another key/);
  expect(() => guard.recordSigning(byAnother)).toThrow(/another key/);
  expect(() => replayGuard(journal, entries, now).requireSameBytes(byAnother)).toThrow(
    /another key/,
  );
});

test('a clock behind the last signed payment is refused, also after a restart', async () => {
  const { entries, journal } = journalInMemory();
  const guard = replayGuard(journal, [], now);
  guard.requireNotBehind(instant(0));
  await guard.recordSigning({ ...signing('one', 'digest'), at: now() });
  const older = { ...signing('two', 'another'), intent: 'older', at: instant(NOW - 5) };
  await guard.recordSigning(older);
  for (const one of [guard, replayGuard(journal, entries, now)]) {
    one.requireNotBehind(now());
    expect(() => one.requireNotBehind(instant(NOW - 1))).toThrow(/1 ms behind.*CLOCK_BEHIND/);
  }
});

test('a key signs a bounded number of set-ups, each with its own bytes, also after a restart', async () => {
  const { entries, journal } = journalInMemory();
  const guard = replayGuard(journal, [], now);
  const setUp = (at: number) =>
    ({ ...signing(`s${at}`, `digest ${at}`), intent: `set-up ${at}`, isSetUp: true }) as const;
  for (let at = 0; at < 16; at++) {
    guard.requireSetUpLeft('key_1');
    await guard.recordSigning(setUp(at));
  }
  for (const one of [guard, replayGuard(journal, entries, now)]) {
    expect(() => one.requireSetUpLeft('key_1')).toThrow(/16 times/);
    expect(() => one.recordSigning(setUp(16))).toThrow(/16 times/);
    one.requireSetUpLeft('key_2');
  }
  await guard.recordSigning(signing('a payment', 'digest'));
});

test('a key whose signed bytes name no network signs for the first network only, also after a restart', async () => {
  const { entries, journal } = journalInMemory();
  const guard = replayGuard(journal, [], now);
  await guard.recordSigning({ ...signing('one', 'digest'), network: 'solana' });
  const elsewhere = { ...signing('two', 'x'), intent: 'another', network: 'solana-devnet' };
  for (const one of [guard, replayGuard(journal, entries, now)]) {
    expect(() => one.requireSameNetwork(elsewhere)).toThrow(/signs for solana/);
    expect(() => one.recordSigning(elsewhere)).toThrow(/signs for solana/);
    one.requireSameNetwork({ key: 'key_1', network: 'solana' });
    one.requireSameNetwork({ key: 'key_2', network: 'solana-devnet' });
  }
});

test('what has expired is forgotten and refused, whatever the clock says later', async () => {
  const { journal } = journalInMemory();
  const clock = { now: instant(NOW) };
  const guard = replayGuard(journal, [], () => clock.now);
  const of = (number: number) => ({
    ...signing(`session ${number}`, 'digest'),
    intent: `intent ${number}`,
    expires: NOW + number,
  });
  for (let number = 1; number <= 4_096; number++) await guard.recordSigning(of(number));
  clock.now = instant(NOW + 1_000);
  await guard.recordSigning(of(5_000));
  clock.now = instant(NOW);
  const expired = expect.objectContaining({
    context: expect.objectContaining({ field: 'expires' }),
  });
  expect(() => guard.requireSameBytes({ ...of(1_000), digests: ['other'] })).toThrow(expired);
  const bound = { ...of(1_001), digests: ['other'] };
  expect(() => guard.requireSameBytes(bound)).toThrow(/signed before/);
});

test('so many sessions are known as any that can still come again', async () => {
  const { journal } = journalInMemory();
  const guard = replayGuard(journal, [], now);
  for (let number = 0; number <= 65_536; number++) await guard.recordSession(`${number}`, 'key');
  expect(() => guard.recordSession('65536', 'key')).toThrow(/seen before/);
  expect(() => guard.recordSession('1', 'key')).toThrow(/seen before/);
  await guard.recordSession('0', 'key');
});

test('no bytes that are told of later take the place of the first, also after a restart', async () => {
  const { entries, journal } = journalInMemory();
  const guard = replayGuard(journal, [], now);
  await guard.recordSigning(signing('one', 'digest'));
  const { intent, ...told } = { ...signing('two', 'other'), kind: 'spend' as const };
  const other = { ...told, intent };
  expect(() => guard.learn(other)).toThrow(/signed before/);
  // As if it had been written down all the same.
  await journal.append({ ...told, id: intent, organization: 'org', created: NOW });
  const restarted = replayGuard(journal, entries, now);
  expect(() => restarted.bind(other)).toThrow(/signed before/);
  restarted.bind(signing('three', 'digest'));
});

test('an intent that was only told of stands for the bytes that were told', () => {
  const guard = replayGuard(journalInMemory().journal, [], now);
  guard.learn(signing('one', 'digest'));
  expect(() => guard.bind(signing('two', 'other'))).toThrow(/signed before/);
});

test('a transaction that may take the place of the first is signed, and so is the first, after a restart too', async () => {
  const { entries, journal } = journalInMemory();
  const guard = replayGuard(journal, [], now);
  await guard.recordSigning(signing('one', 'first'));
  const transactions = [['first'], ['raised']];
  guard.bind({ ...signing('two', 'raised'), transactions });
  const { intent, ...raised } = { ...signing('two', 'raised'), kind: 'spend' as const };
  const counted = spendText({ ...SPEND, id: intent, transactions: transactions.map(termsOf) });
  await journal.append({ ...raised, id: intent, organization: 'org', created: NOW, counted });
  for (const one of [guard, replayGuard(journal, entries, now)]) {
    one.requireSameBytes(signing('three', 'first'));
    one.requireSameBytes(signing('three', 'raised'));
    expect(() => one.requireSameBytes(signing('three', 'other'))).toThrow(/signed before/);
    const byAnother = { ...signing('three', 'raised'), key: 'key_2', transactions };
    expect(() => one.requireSameBytes(byAnother)).toThrow(/another key/);
  }
});

test('bytes that may take the place of some that the intent stands for, and not of all, are refused', () => {
  const guard = replayGuard(journalInMemory().journal, [], now);
  guard.bind({ ...signing('one', 'raised'), transactions: [['first'], ['raised']] });
  const half = { ...signing('two', 'other'), transactions: [['first'], ['other']] };
  expect(() => guard.bind(half)).toThrow(/signed before/);
});
