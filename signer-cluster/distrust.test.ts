/** Whom a node forgives, on whose word. On real nodes: `cheating-party.test.ts`. */
import { expect, test } from 'vitest';
import { ProtocolAbort } from '#signing/kernel.ts';
import { distrust } from './distrust.ts';
import type { JournalEntry } from './journal.ts';

const circle = { organization: 'org_1', epoch: 1, signers: [1, 2, 3] };
const cheat = (culprit: number) => new ProtocolAbort('cheat', 'MULTIPLY', [culprit]);

function node(logLength: number | undefined, before: readonly JournalEntry[] = []) {
  const entries: JournalEntry[] = [...before];
  const journal = { appendNow: (entry: JournalEntry) => void entries.push(entry) };
  const own = distrust(journal, before, () => logLength);
  return { entries, own };
}

test('what fell is against those whom it names, and says how long the log was', () => {
  const { own, entries } = node(7);
  own.judge({ purpose: 'sign', circle, sid: 'ab' }, cheat(2));
  expect(entries).toMatchObject([{ kind: 'ban', peer: 2, authority: 7, sid: 'ab' }]);
  expect(node(undefined, entries).own.against(circle, [2], 1)).toEqual(entries);
  expect(own.against(circle, [3], 1)).toEqual([]);
  expect(own.isTrusted(circle)).toBe(false);
  const pardoned = new Set(own.against(circle, [2], 1));
  expect(own.isTrusted({ ...circle, pardoned })).toBe(true);
});

const invalid = new ProtocolAbort('inconsistent', 'SIGNATURE_INVALID', []);

test.each(['sign', 'presign'] as const)(
  'a wrong outcome of %s locks its set, and what holds that set, after a restart too; no other one',
  (purpose) => {
    const { own, entries } = node(undefined);
    own.judge({ purpose, circle: { ...circle, signers: [1, 2] } }, invalid);
    for (const one of [own, node(undefined, entries).own]) {
      expect(() => one.requireTrusted({ ...circle, signers: [1, 2] })).toThrow(/invalid signature/);
      // A refresh by all holders takes an operator's word, too.
      expect(() => one.requireTrusted(circle)).toThrow(/invalid signature/);
      expect(one.isTrusted({ ...circle, signers: [1, 3] })).toBe(true);
      const pardoned = new Set(one.against(circle, [2], 1));
      expect(one.isTrusted({ ...circle, pardoned })).toBe(true);
      expect(one.against(circle, [3], 1)).toEqual([]);
    }
  },
);

test('who only stayed away, and a ceremony that failed without a culprit, lock nothing', () => {
  const { own } = node(undefined);
  expect(own.judge({ purpose: 'sign', circle }, new ProtocolAbort('benign', 'GONE', []))).toBe(
    undefined,
  );
  expect(own.judge({ purpose: 'refreshKey', circle }, invalid)).toBe(undefined);
  expect(own.isTrusted(circle)).toBe(true);
});
