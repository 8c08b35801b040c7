import { expect, test } from 'vitest';
import { idOf } from '#mandate/fixtures.ts';
import { instant } from '#core/time.ts';
import { exportedKeys } from './exported-keys.ts';
import type { JournalEntry } from './journal.ts';

const key = idOf('key');
const ONE = { key, recipient: 'ab'.repeat(32) };
const [EARLY, UNTIL] = [instant(1_000), instant(2_000)];

function keysWith(entries: JournalEntry[] = []) {
  const journal = {
    writable: true,
    appendNow: () => undefined,
    append: async (entry: JournalEntry) => void entries.push(entry),
    close: async () => undefined,
  };
  return { keys: exportedKeys(journal, entries.slice()), entries };
}

test('an export that has begun may be repeated as it is while its words hold, and no other', async () => {
  const { keys, entries } = keysWith();
  expect(keys.isBegun(ONE, EARLY)).toBe(false);
  await keys.begin({ ...ONE, until: UNTIL });
  for (const now of [keys, keysWith(entries).keys]) {
    expect(now.has(key)).toBe(true);
    expect(() => now.requireHere(key)).toThrow(expect.objectContaining({ code: 'KEY_LOCKED' }));
    expect(now.isBegun(ONE, EARLY)).toBe(true);
    expect(now.isBegun(ONE, UNTIL)).toBe(false);
    expect(now.isBegun({ ...ONE, recipient: 'cd'.repeat(32) }, EARLY)).toBe(false);
    expect(now.isBegun({ ...ONE, key: idOf('key', 2) }, EARLY)).toBe(false);
  }
});

test('an export that has ended is not repeated, and its key stays locked', async () => {
  const { keys, entries } = keysWith();
  await keys.begin({ ...ONE, until: UNTIL });
  await keys.end(key);
  for (const now of [keys, keysWith(entries).keys]) {
    expect(now.isBegun(ONE, EARLY)).toBe(false);
    expect(now.has(key)).toBe(true);
  }
});
