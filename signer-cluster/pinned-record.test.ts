import { expect, test } from 'vitest';
import { hex } from '#core/bytes.ts';
import { firstRecord, nextRecord, recordText } from './committee-record.ts';
import { type Committee, aloneOf } from './committee.ts';
import type { NodeConfig } from './config.ts';
import { newIdentity } from './identity.ts';
import type { JournalEntry } from './journal.ts';
import { recordPins } from './joining.ts';
import { pinEntry, standpointOf } from './pinned-record.ts';

const cards = [1, 2, 3].map((index) => {
  const { signing, encryption } = newIdentity();
  const keys = { identity: signing.publicKey, encryption: encryption.publicKey };
  return { ...keys, address: `host-${index}:7001`, ca: 'PEM' };
});
const [own] = cards as [(typeof cards)[0]];
const others = cards.slice(1);
const first = firstRecord(2, cards);
const again = { cards: [], retire: [] };
const second = nextRecord(first, again);
const third = nextRecord(second, again);
const config = { party: 0, committee: aloneOf(own) } as NodeConfig;
const entry = (record: string): JournalEntry => ({ kind: 'committee', record });

test('a node stands where its pins lead', () => {
  expect(standpointOf(config, [])).toBeUndefined();
  const pins = [first, second, third].map(pinEntry);
  expect(standpointOf(config, pins)?.committee).toEqual(third);
  const made = { party: 1, committee: first };
  expect(standpointOf(made, [])).toMatchObject({ me: 1, isRetired: false });
  expect(standpointOf(made, pins.slice(1))?.committee).toEqual(third);
});

const rival = nextRecord(first, { ...again, threshold: 3 });

test.each<[string, readonly JournalEntry[]]>([
  ['leave one out', [pinEntry(first), pinEntry(third)]],
  ['stand in another order', [pinEntry(second), pinEntry(first)]],
  ['are of two branches', [pinEntry(first), pinEntry(second), pinEntry(rival)]],
  ['end with no record', [pinEntry(first), entry('{}')]],
  [
    'are of others',
    [pinEntry(firstRecord(2, [...others, { ...own, identity: new Uint8Array(32) }]))],
  ],
])('a node does not start where its pins %s', (_, pins) => {
  const refused = expect.objectContaining({ name: 'StartRefused' });
  expect(() => standpointOf(config, pins)).toThrow(refused);
});

/** A node that has pinned the first record. */
function node(append: () => Promise<void>) {
  const entries: JournalEntry[] = [];
  const journal = {
    append: (written: JournalEntry) => append().then(() => void entries.push(written)),
  };
  const log = { info: () => undefined, warn: () => undefined, bug: () => undefined };
  const now = { me: 1, committee: first, isRetired: false };
  const parts = { config, journal, now, log, onJoined: () => undefined };
  const join = recordPins({ ...parts, objection: () => undefined, isHandedOver: () => true });
  const pin = (committee: Committee) =>
    join({ record: recordText(committee), expectedHash: hex(committee.hash) });
  return { entries, pin };
}

test('of two records that both follow, asked for at the same time, one is pinned', async () => {
  const { entries, pin } = node(async () => undefined);
  const pins = await Promise.allSettled([pin(second), pin(rival), pin(second)]);
  const busy = { status: 'rejected', reason: { code: 'IDEMPOTENCY_IN_FLIGHT' } };
  expect(pins).toMatchObject([{ status: 'fulfilled' }, busy, busy]);
  expect(standpointOf({ party: 1, committee: first }, entries)?.committee).toEqual(second);
  await expect(pin(rival)).rejects.toMatchObject(busy.reason);
});

test('a pin that the disk refuses may be asked for again', async () => {
  const disk = [() => Promise.reject(new Error('no space')), async () => undefined];
  const { pin } = node(() => (disk.shift() as () => Promise<void>)());
  await expect(pin(second)).rejects.toThrow('no space');
  expect(await pin(second)).toMatchObject({ isNew: true });
});
