import { expect, test } from 'vitest';
import { hex } from '#core/bytes.ts';
import { instant } from '#core/time.ts';
import { idOf } from '#mandate/fixtures.ts';
import { committeeOf } from './committee.ts';
import { newIdentity } from './identity.ts';
import { type Pool, Presignatures } from './presignatures.ts';
import type { PresignRequest } from './proto/open-request.ts';
import { refill } from './refill.ts';

const identities = [newIdentity(), newIdentity(), newIdentity()];
const committee = committeeOf(
  2,
  identities.map(({ signing, encryption }, index) => ({
    party: index + 1,
    identity: signing.publicKey,
    encryption: encryption.publicKey,
  })),
);
const pool: Pool = {
  organization: idOf('organization'),
  epoch: 1,
  keyId: idOf('key'),
  keyEpoch: 1,
  signers: [1, 2],
};
const limits = { target: 8, batch: 4, total: 10, perSecond: 12 };

let drawn = 0;

function nodeOf(me: number) {
  const presignatures = new Presignatures(limits);
  const clock = { now: instant(1_000_000) };
  const asked: PresignRequest[] = [];
  const parts = {
    me,
    committee,
    signing: identities[me - 1]!.signing,
    presignatures,
    random: (size: number) => new Uint8Array(size).fill((drawn += 1)),
    now: () => clock.now,
  };
  const node = refill(parts);
  const leave = node.attend((request) => asked.push(request));
  return { ...node, presignatures, clock, asked, leave };
}

function add(presignatures: Presignatures, count: number): void {
  const made = Array.from({ length: count }, () => {
    const secret = new Uint8Array(1);
    return { id: hex(new Uint8Array(32).fill((drawn += 1))), secret, links: new Map() };
  });
  presignatures.add(pool, made);
}

/** A request that party 1 has signed. */
function requestOf(): PresignRequest {
  const { used, asked } = nodeOf(1);
  used(pool);
  return asked[0]!;
}

test('the node with the lowest number asks when half of its pool is gone, and nobody else', () => {
  const first = nodeOf(1);
  add(first.presignatures, 5);
  first.used(pool);
  expect(first.asked).toEqual([]);
  const lower = nodeOf(1);
  add(lower.presignatures, 4);
  lower.used(pool);
  expect(lower.asked).toMatchObject([{ initiator: 1, signers: [1, 2], count: 4 }]);
  const second = nodeOf(2);
  second.used(pool);
  expect(second.asked).toEqual([]);
});

test('it asks again when nothing came of it for a while, and goes on until the pool is full', async () => {
  const { used, asked, clock, admit, presignatures } = nodeOf(1);
  used(pool);
  used(pool);
  expect(asked).toHaveLength(1);
  clock.now = instant(clock.now + 10_000);
  used(pool);
  expect(asked).toHaveLength(2);
  const release = await admit(pool, asked[1]!);
  add(presignatures, 4);
  release(true);
  expect(asked).toHaveLength(3);
  const last = await admit(pool, asked[2]!);
  add(presignatures, 4);
  last(true);
  expect(asked).toHaveLength(3);
});

test('a signature without a presignature makes it ask, so that the worker learns what there is', () => {
  const { missed, asked, presignatures } = nodeOf(1);
  add(presignatures, 8);
  missed(pool);
  expect(asked).toMatchObject([{ count: 0 }]);
});

test('without a worker that attends nobody is asked, and many are asked in turn', () => {
  const { attend, used, asked, clock, leave } = nodeOf(1);
  const other: PresignRequest[] = [];
  attend((request) => other.push(request));
  for (let turn = 0; turn < 4; turn++) {
    used(pool);
    clock.now = instant(clock.now + 10_000);
  }
  expect([asked.length, other.length]).toEqual([2, 2]);
  leave?.();
  used(pool);
  expect([asked.length, other.length]).toEqual([2, 3]);
});

test.each<[string, Partial<PresignRequest>]>([
  ['more of them', { count: 5 }],
  ['another key', { keyId: idOf('key', 2) }],
  ['another set', { signers: [1, 3] }],
  ['another initiator', { initiator: 2 }],
  ['an initiator that is not in the committee', { initiator: 9 }],
  ['another nonce', { nonce: '00'.repeat(32) }],
  ['a signature of somebody else', { signature: '11'.repeat(64) }],
])('a worker that asks for %s than the node has signed is refused', async (_, change) => {
  const request = requestOf();
  const node = nodeOf(2);
  const changed = node.admit(pool, { ...request, ...change });
  await expect(changed).rejects.toThrow(/no node of the set asked/);
  await node.admit(pool, request);
});

test('a node outside the set cannot ask for its members', async () => {
  const asking = nodeOf(3);
  asking.used({ ...pool, signers: [3, 1] });
  const request = { ...asking.asked[0]!, signers: [1, 2] };
  await expect(nodeOf(1).admit(pool, request)).rejects.toThrow(/no node of the set asked/);
});

test('the initiator takes its own request once, and none that it has given up', async () => {
  const { used, asked, admit, clock } = nodeOf(1);
  used(pool);
  const release = await admit(pool, asked[0]!);
  release(false);
  await expect(admit(pool, asked[0]!)).rejects.toThrow(/did not ask, or the request was used/);
  used(pool);
  clock.now = instant(clock.now + 10_000);
  used(pool);
  await expect(admit(pool, asked[1]!)).rejects.toThrow(/did not ask, or the request was used/);
  await admit(pool, asked[2]!);
});

test('a peer takes a request once, and again only what it had no room for', async () => {
  const { admit, clock } = nodeOf(2);
  const request = requestOf();
  const release = await admit(pool, request);
  release(false);
  const again = { code: 'EVIDENCE_REJECTED', context: { reason: expect.stringMatching(/before/) } };
  await expect(admit(pool, request)).rejects.toMatchObject(again);
  clock.now = instant(clock.now + 60_000);
  await expect(admit(pool, request)).rejects.toMatchObject(again);
  const [second, third] = [requestOf(), requestOf()];
  (await admit(pool, second))(false);
  (await admit(pool, requestOf()))(false);
  await expect(admit(pool, third)).rejects.toMatchObject({ code: 'RATE_LIMITED' });
  clock.now = instant(clock.now + 1_000);
  (await admit(pool, third))(false);
});

test('one session fills a pool at a time, and the next waits for it', async () => {
  const { admit } = nodeOf(2);
  const release = await admit(pool, requestOf());
  let isAdmitted = false;
  const next = admit(pool, requestOf()).then(() => (isAdmitted = true));
  await Promise.resolve();
  expect(isAdmitted).toBe(false);
  release(false);
  await next;
});

test('a peer that asks for more than its share of a second waits', async () => {
  const { admit, clock } = nodeOf(2);
  const ask = async (): Promise<void> => {
    const release = await admit(pool, requestOf());
    release(false);
  };
  const tooMany = { code: 'RATE_LIMITED' };
  await ask();
  await ask();
  await expect(ask()).rejects.toMatchObject(tooMany);
  clock.now = instant(clock.now + 500);
  await ask();
  await expect(ask()).rejects.toMatchObject(tooMany);
});

test('a pool takes no more than its target and a batch, and a node no more than its total', () => {
  const { presignatures } = nodeOf(2);
  presignatures.requireRoom(pool, 4);
  expect(() => presignatures.requireRoom(pool, 5)).toThrow(/holds enough/);
  add(presignatures, 7);
  expect(() => presignatures.requireRoom({ ...pool, keyId: idOf('key', 2) }, 4)).toThrow(
    /holds enough/,
  );
  presignatures.requireRoom(pool, 3);
});
