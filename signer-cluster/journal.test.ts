import { mkdtemp, readFile, rm, writeFile } from 'node:fs/promises';
import { join } from 'node:path';
import { afterEach, beforeEach, expect, inject, test } from 'vitest';
import { utf8 } from '#core/bytes.ts';
import { type JournalEntry, newJournal, openJournal } from './journal.ts';

const secrets = { sealingKey: new Uint8Array(32).fill(7), committee: new Uint8Array(32).fill(9) };
const genesis = { kind: 'genesis', committee: '09'.repeat(32), party: 1 };
const session = (n: number): JournalEntry => ({
  kind: 'session',
  sid: n.toString(16).padStart(64, '0'),
  key: 'key_x',
});

let folder: string;
let path: string;

beforeEach(async () => {
  folder = await mkdtemp(join(inject('testFolder'), 'journal-'));
  path = join(folder, 'journal.log');
  await writeFile(path, newJournal(secrets, 1));
});

afterEach(() => rm(folder, { recursive: true }));

async function write(...entries: readonly JournalEntry[]): Promise<void> {
  const { journal } = await openJournal(path, secrets, 1);
  await Promise.all(entries.map((entry) => journal.append(entry)));
  await journal.close();
}

const reopen = async (): Promise<readonly unknown[]> => {
  const { journal, entries } = await openJournal(path, secrets, 1);
  await journal.close();
  return entries;
};

test('what was appended is there after a reopening, in order, also when appended at once', async () => {
  await write(session(1), session(2), session(3));
  await write(session(4));
  expect(await reopen()).toEqual([genesis, session(1), session(2), session(3), session(4)]);
});

test('an entry is on disk when its append has resolved', async () => {
  const { journal } = await openJournal(path, secrets, 1);
  await journal.append(session(1));
  expect(await readFile(path, 'utf8')).toContain(session(1).kind);
  await journal.close();
});

test('a torn tail is cut off, at every length, and the chain goes on', async () => {
  await write(session(1));
  const whole = await readFile(path);
  await write(session(2));
  const longer = await readFile(path);
  for (let size = whole.length; size < longer.length; size++) {
    await writeFile(path, longer.subarray(0, size));
    const { journal, entries, torn } = await openJournal(path, secrets, 1);
    expect(entries).toEqual([genesis, session(1)]);
    expect(torn).toBe(size - whole.length);
    await journal.append(session(3));
    await journal.close();
    expect(await reopen()).toEqual([genesis, session(1), session(3)]);
  }
});

test('every flipped byte of a finished line stops the start', async () => {
  await write(session(1), session(2));
  const whole = await readFile(path);
  for (let at = 0; at < whole.length; at++) {
    const damaged = Buffer.from(whole);
    damaged[at] = (damaged[at] as number) ^ 1;
    await writeFile(path, damaged);
    await expect(openJournal(path, secrets, 1)).rejects.toThrow(/the journal/);
  }
});

test.each([
  ['a removed line', (lines: string[]) => [lines[0], lines[1], lines[3], '']],
  ['swapped lines', (lines: string[]) => [lines[0], lines[2], lines[1], lines[3], '']],
  ['a repeated line', (lines: string[]) => [lines[0], lines[1], lines[1], lines[2], '']],
  ['no first entry', (lines: string[]) => lines.slice(1)],
  ['an empty file', () => []],
])('%s stops the start', async (_, damage) => {
  await write(session(1), session(2), session(3));
  const lines = (await readFile(path, 'utf8')).split('\n');
  await writeFile(path, damage(lines).join('\n'));
  await expect(openJournal(path, secrets, 1)).rejects.toThrow(/damaged at entry|no first entry/);
});

test('a missing journal, another node and another key stop the start', async () => {
  await expect(openJournal(join(folder, 'none'), secrets, 1)).rejects.toThrow(/missing/);
  await expect(openJournal(path, secrets, 2)).rejects.toThrow(/another node/);
  const otherKey = { ...secrets, sealingKey: new Uint8Array(32) };
  await expect(openJournal(path, otherKey, 1)).rejects.toThrow(/damaged at entry 1/);
});

test('a journal that cannot be written refuses everything from then on', async () => {
  const { journal } = await openJournal(path, secrets, 1);
  await journal.close();
  await expect(journal.append(session(1))).rejects.toThrow(/audit log cannot be written/);
  await expect(journal.append(session(2))).rejects.toThrow(/audit log cannot be written/);
  expect(await readFile(path)).toEqual(
    Buffer.from(utf8(new TextDecoder().decode(newJournal(secrets, 1)))),
  );
});

/** A disk that never answers. */
const stuck = () => Promise.withResolvers<void>().promise;

test('what is appended at once is on disk before anything else runs, behind what was waiting', async () => {
  const { journal } = await openJournal(path, secrets, 1, stuck);
  void journal.append(session(1));
  await Promise.resolve();
  void journal.append(session(2));
  journal.appendNow(session(3));
  expect(await reopen()).toEqual([genesis, session(1), session(2), session(3)]);
});

test('two entries that are appended at once write what is on its way once', async () => {
  const { journal } = await openJournal(path, secrets, 1, stuck);
  void journal.append(session(1));
  await Promise.resolve();
  journal.appendNow(session(2));
  void journal.append(session(3));
  journal.appendNow(session(4));
  expect(await reopen()).toEqual([genesis, ...[1, 2, 3, 4].map(session)]);
});

test('a journal goes on after what was appended at once, whatever was on its way', async () => {
  const { journal } = await openJournal(path, secrets, 1);
  const written: Promise<void>[] = [];
  for (let n = 0; n < 60; n += 3) {
    written.push(journal.append(session(n)), journal.append(session(n + 1)));
    if (n % 2 === 0) await Promise.race(written.slice(-1));
    journal.appendNow(session(n + 2));
  }
  await Promise.all(written);
  await journal.close();
  expect(await reopen()).toEqual([genesis, ...Array.from({ length: 60 }, (_, n) => session(n))]);
});

const macsIn = async (): Promise<readonly string[]> =>
  (await readFile(path, 'utf8'))
    .trimEnd()
    .split('\n')
    .map((line) => line.slice(0, 64));

test('a journal names its place, and every place that it has come through', async () => {
  const { journal } = await openJournal(path, secrets, 1);
  const count = 1_400;
  await Promise.all(Array.from({ length: count - 3 }, (_, n) => journal.append(session(n))));
  journal.appendNow(session(count));
  await journal.append(session(count + 1));
  const macs = await macsIn();
  expect(macs).toHaveLength(count);
  expect(journal.durable).toEqual({ count, head: macs.at(-1) });
  for (const number of [1, 2, 128, 129, 375, 376, 377, 1_399, 1_400]) {
    expect([number, await journal.headAt(number)]).toEqual([number, macs[number - 1]]);
  }
  for (const number of [0, -1, count + 1]) expect(await journal.headAt(number)).toBeUndefined();
  await journal.close();
  const again = await openJournal(path, secrets, 1);
  expect(again.journal.durable).toEqual({ count, head: macs.at(-1) });
  expect(await again.journal.headAt(130)).toBe(macs[129]);
  await again.journal.close();
});

test('what the disk does not have yet is no place that a journal has come to', async () => {
  const { journal } = await openJournal(path, secrets, 1, stuck);
  const before = journal.durable;
  void journal.append(session(1));
  await Promise.resolve();
  void journal.append(session(2));
  expect(journal.durable).toEqual(before);
  expect(await journal.headAt(2)).toBeUndefined();
  journal.appendNow(session(3));
  expect(journal.durable).toEqual({ count: 4, head: (await macsIn())[3] });
});

test('an entry that may wait shares the sync of the next one', async () => {
  let syncs = 0;
  const { journal } = await openJournal(path, secrets, 1, async (file, write) => {
    syncs += 1;
    write();
    await file.datasync();
  });
  const patient = journal.append(session(1), 3_600_000);
  await journal.append(session(2));
  await patient;
  expect(syncs).toBe(1);
  await journal.append(session(3), 1);
  expect(syncs).toBe(2);
  void journal.append(session(4), 3_600_000);
  journal.appendNow(session(5));
  void journal.append(session(6), 3_600_000);
  await journal.close();
  expect(await reopen()).toEqual([genesis, ...[1, 2, 3, 4, 5, 6].map(session)]);
});

test('while a sync runs, an entry that may wait asks for none of its own', async () => {
  const turns: (() => void)[] = [];
  const { journal } = await openJournal(path, secrets, 1, async (_, write) => {
    write();
    const { promise, resolve } = Promise.withResolvers<void>();
    turns.push(resolve);
    await promise;
  });
  const first = journal.append(session(1));
  void journal.append(session(2), 3_600_000);
  turns[0]?.();
  await first;
  expect(turns).toHaveLength(1);
  const third = journal.append(session(3));
  turns[1]?.();
  await third;
  await journal.close();
  expect(await reopen()).toEqual([genesis, ...[1, 2, 3].map(session)]);
});
