import { expect, test } from 'vitest';
import { idOf } from '#mandate/fixtures.ts';
import { MINUTE_MS, instant } from '#core/time.ts';
import { type Approval, type Operation, approvals, detailsOf } from './approvals.ts';
import type { JournalEntry } from './journal.ts';

const KEY = idOf('key');
const organization = idOf('organization');
const EXPORT: Operation = { operation: 'export', key: KEY, recipient: 'ab'.repeat(32) };

function deskWith(entries: JournalEntry[] = []) {
  const clock = { now: instant(1_000_000) };
  let ids = 0;
  const journal = {
    writable: true,
    appendNow: () => undefined,
    append: async (entry: JournalEntry) => void entries.push(entry),
    close: async () => undefined,
  };
  const desk = approvals(
    journal,
    entries.slice(),
    () => clock.now,
    () => `approval-${(ids += 1)}`,
  );
  return { desk, entries, clock };
}

const REFUSED = { code: 'OPERATOR_APPROVAL_REQUIRED' };

test('without an operator nothing is approved', () => {
  const { desk } = deskWith();
  expect(() => desk.require(EXPORT)).toThrow(expect.objectContaining(REFUSED));
});

test('an approval holds for what it names, once', async () => {
  const { desk } = deskWith();
  await desk.approve(EXPORT, 10);
  const approval = desk.require(EXPORT);
  await desk.use(approval);
  expect(() => desk.require(EXPORT)).toThrow(expect.objectContaining(REFUSED));
  await expect(desk.use(approval)).rejects.toMatchObject(REFUSED);
});

test('two uses at one moment: one of them is refused', async () => {
  const { desk } = deskWith();
  const approval = await desk.approve(EXPORT, 10);
  const uses = await Promise.allSettled([desk.use(approval), desk.use(approval)]);
  expect(uses.map(({ status }) => status)).toEqual(['fulfilled', 'rejected']);
});

test('an approval expires', async () => {
  const { desk, clock } = deskWith();
  await desk.approve(EXPORT, 10);
  clock.now = instant(clock.now + 10 * MINUTE_MS - 1);
  expect(desk.find(EXPORT)).toBeDefined();
  clock.now = instant(clock.now + 1);
  expect(desk.find(EXPORT)).toBeUndefined();
  expect(desk.pending()).toEqual([]);
});

test('a restart forgets neither an approval nor its use', async () => {
  const first = deskWith();
  const approval = await first.desk.approve(EXPORT, 10);
  const second = deskWith(first.entries);
  expect(second.desk.require(EXPORT)).toEqual(approval);
  await second.desk.use(approval);
  expect(deskWith(second.entries).desk.find(EXPORT)).toBeUndefined();
});

test('a word is used by the entry of what it allowed, and by nothing before', async () => {
  const { desk, entries } = deskWith();
  const id = desk.spend(await desk.approve(EXPORT, 10));
  expect(desk.find(EXPORT)).toBeUndefined();
  await expect(async () =>
    desk.spend({ id, operation: 'export' } as Approval),
  ).rejects.toMatchObject(REFUSED);
  expect(deskWith(entries).desk.find(EXPORT)).toMatchObject({ id });
  const used: readonly JournalEntry[] = [
    { kind: 'key-exported', key: KEY, recipient: 'ab', until: instant(1), approval: id },
    { kind: 'key-committed', key: KEY, epoch: 2, sid: '', publicKey: '', approvals: [id] },
    { kind: 'pairs-committed', organization, epoch: 2, sid: '', approvals: [id] },
  ];
  for (const entry of used) {
    expect(deskWith([...entries, entry]).desk.find(EXPORT)).toBeUndefined();
  }
});

const RESHARE: Operation = { operation: 'reshare', key: KEY, receivers: [1, 2, 3], threshold: 2 };
const IMPORT: Operation = {
  operation: 'import',
  key: KEY,
  organization,
  scheme: 'ecdsa-secp256k1',
  publicKey: '02',
};
const READMIT: Operation = { operation: 'readmit', organization, party: 2 };

test.each<[string, Operation, Operation]>([
  ['recipient', EXPORT, { ...EXPORT, recipient: 'cd'.repeat(32) }],
  ['key', EXPORT, { ...EXPORT, key: idOf('key', 2) }],
  ['set of receivers', RESHARE, { ...RESHARE, receivers: [1, 2, 4] }],
  ['threshold', RESHARE, { ...RESHARE, threshold: 3 }],
  ['imported key', IMPORT, { ...IMPORT, publicKey: '03' }],
  ['organisation of an import', IMPORT, { ...IMPORT, organization: idOf('organization', 2) }],
  ['scheme', IMPORT, { ...IMPORT, scheme: 'frost-secp256k1' }],
  ['party', READMIT, { ...READMIT, party: 3 }],
  ['organisation', READMIT, { ...READMIT, organization: idOf('organization', 2) }],
  ['operation', EXPORT, RESHARE],
])('an approval of another %s does not serve', async (_, asked, approved) => {
  const { desk } = deskWith();
  await desk.approve(approved, 10);
  expect(desk.find(asked)).toBeUndefined();
  expect(detailsOf(asked)).not.toBe(detailsOf(approved));
});
