import { beforeAll, expect, test } from 'vitest';
import { mandateFields } from '#cluster-client/request.ts';
import { type Bytes, hex } from '#core/bytes.ts';
import { type Instant, instant } from '#core/time.ts';
import { PAYMENT, idOf } from '#mandate/fixtures.ts';
import { multiplyBase, encodePoint } from '#signing/curve.ts';
import type { Protocol } from '#signing/kernel.ts';
import { TestOrganization } from '#testing/organizations.ts';
import { paymentIntent, requestFor } from '#testing/signing-request.ts';
import { agreementOf, logged } from '#testing/trusted-cluster.ts';
import { committeeOf } from './committee.ts';
import { DEFAULT_LIMITS } from './config.ts';
import { newIdentity, signWith } from './identity.ts';
import { Inbox } from './inbox.ts';
import type { Party } from './party.ts';
import { Presignatures } from './presignatures.ts';
import type { Frame } from './proto/frames.ts';
import type { Protocols } from './protocols.ts';
import { replayGuard } from './replay-guard.ts';
import { serveSign } from './sign-transfer.ts';
import { spends } from './spends.ts';
import { performHere } from './tasks.ts';

const { organization, wallet } = PAYMENT;
const keyId = idOf('key');
const publicKey = encodePoint(multiplyBase(7n));
const circle = { organization, epoch: 1, signers: [1, 2] };
const pool = { ...circle, keyId, keyEpoch: 1 };
const id = 'ab'.repeat(32);

function* online(): Protocol<never> {
  for (;;) yield { broadcast: Uint8Array.of(1) };
}

let acme: TestOrganization;

beforeAll(async () => {
  acme = await TestOrganization.found(organization);
  await acme.orderKey(keyId, 'ecdsa-secp256k1');
});

const zeros = (size: number) => new Uint8Array(size);

/** Party 1 with one presignature; its peer never says a word. */
function node() {
  const sent: Frame['type'][] = [];
  const disk = Promise.withResolvers<void>();
  const clock = { now: instant(Date.now()) };
  const presignatures = new Presignatures(DEFAULT_LIMITS.presignatures);
  const secret = new Uint8Array(64).fill(9);
  presignatures.add(pool, [{ id, secret, links: new Map([[2, new Uint8Array(32).fill(1)]]) }]);
  const identity = newIdentity();
  const other = newIdentity();
  const members = [identity, other].map(({ signing, encryption }, index) => ({
    party: index + 1,
    identity: signing.publicKey,
    encryption: encryption.publicKey,
  }));
  const none = new Uint8Array();
  const scheme = 'ecdsa-secp256k1';
  const holders = { parties: [1, 2], threshold: 2, epoch: 1, sid: '' };
  const secrets = { publicKey, chainCode: none, share: Uint8Array.of(1) };
  const key = { keyId, organization, scheme, ...holders, ...secrets };
  const stored = { committed: true, record: key };
  const own = { wallet, key: keyId, organization, path: 'm', publicKey, tweak: 0n };
  const journal = {
    append: () => disk.promise,
    appendNow: () => undefined,
    writable: true,
    close: async () => undefined,
  };
  const protocols = {
    schemes: { 'ecdsa-secp256k1': { needsPairs: false, presigning: { online } } },
  } as unknown as Protocols;
  const committee = committeeOf(2, members);
  const party = {
    me: 1,
    mode: 'safety',
    committee,
    store: { identity, keys: { get: () => stored }, pairs: { get: () => undefined } },
    wallets: { find: () => own },
    guard: replayGuard(journal, [], () => clock.now),
    distrust: { requireTrusted: () => undefined, isTrusted: () => true, judge: () => undefined },
    presignatures,
    refill: { used: () => undefined, missed: () => undefined },
    protocols,
    perform: performHere(protocols, zeros),
    random: zeros,
    now: (): Instant => clock.now,
    exported: { requireHere: () => undefined },
    prices: async () => new Map(),
    authority: { find: () => acme.authority.state, pins: () => new Map(), isFrozen: () => false },
    // Their own entries are on the disk at once: only the signing's is waited for here.
    spends: spends({ append: async () => undefined }, [], { threshold: 2, members: 2 }),
    handover: { requireComplete: () => undefined },
    starts: { requireLog: () => undefined, isCurrent: () => true },
    screeners: [],
    standing: {
      tell: () => ({ own: { count: 1, head: '00'.repeat(32) } }),
      note: () => undefined,
      doubled: new Set(),
    },
    setBacks: { given: () => [], told: () => new Map() },
  } as unknown as Party;
  const inbox = new Inbox(60_000);
  const intent = paymentIntent();
  const mandate = requestFor(intent);
  const notaries = new Map(
    [identity, other].map(({ signing }, index) => [
      index + 1,
      {
        publicKey: signing.publicKey,
        sign: (message: Bytes) => signWith(signing, message),
      },
    ]),
  );
  const house = { threshold: 2, committee: hex(committee.hash), keys: notaries };
  const answer = serveSign(
    { party, stream: { inbox, send: (frame) => sent.push(frame.type) }, about: {} },
    {
      purpose: 'sign',
      keyId,
      signers: [1, 2],
      mandate: mandateFields(logged(mandate, house)),
      ...agreementOf(house, acme, { keyId, mandate }, new Map()),
      presignatures: [id],
    },
  );
  return { sent, disk, clock, presignatures, secret, inbox, answer, expires: intent.expires };
}

/** Everything that is due without the disk or a peer has happened. */
const settled = (): Promise<void> => new Promise((resolve) => setImmediate(resolve));

test('a node says nothing that depends on rho before its reservation is on the disk', async () => {
  const { sent, disk, presignatures, inbox, answer } = node();
  await settled();
  expect(sent).toEqual([]);
  expect(presignatures.figures()).toMatchObject({ fresh: 0, reserved: 1 });
  disk.resolve();
  await settled();
  expect(sent).toEqual(['accepted', 'post']);
  inbox.fail(new Error('gone'));
  await expect(answer).rejects.toThrow('gone');
});

test('a reservation that the disk refuses is never spoken of, and the presignature is erased', async () => {
  const { sent, disk, presignatures, secret, answer } = node();
  disk.reject(new Error('no space'));
  await expect(answer).rejects.toThrow('no space');
  expect(sent).toEqual([]);
  expect(presignatures.figures()).toMatchObject({ fresh: 0, reserved: 0, burnt: 1 });
  expect(hex(secret)).toBe('00'.repeat(64));
});

test('an intent that expires while the session runs is not signed', async () => {
  const { sent, disk, clock, expires, answer } = node();
  await settled();
  clock.now = instant(expires);
  disk.resolve();
  await expect(answer).rejects.toMatchObject({ code: 'EVIDENCE_REJECTED' });
  expect(sent).toEqual(['accepted']);
});
