import { ed25519 } from '@noble/curves/ed25519.js';
import { beforeAll, expect, test } from 'vitest';
import { encodePayment } from '#chains/solana/payment.ts';
import { encodeSetUp } from '#chains/solana/set-up.ts';
import { addressOf } from '#chains/solana/address.ts';
import { mandateFields } from '#cluster-client/request.ts';
import type { Bytes } from '#core/bytes.ts';
import { assetId, parseNetworkId } from '#core/money.ts';
import { DAY_MS, instant } from '#core/time.ts';
import { PAYMENT, idOf } from '#mandate/fixtures.ts';
import { Ledger } from '#mandate/ledger.ts';
import { TestOrganization } from '#testing/organizations.ts';
import { paymentIntent, requestWith } from '#testing/signing-request.ts';
import { logged } from '#testing/trusted-cluster.ts';
import { committeeOf } from './committee.ts';
import { newIdentity, signWith } from './identity.ts';
import { decideAlone } from './own-decision.ts';
import { replayGuard } from './replay-guard.ts';
import type { Party } from './party.ts';
import type { KeyRecord } from './store.ts';

const publicKey = ed25519.getPublicKey(new Uint8Array(32).fill(1));
const from = addressOf(publicKey);
const to = addressOf(ed25519.getPublicKey(new Uint8Array(32).fill(2)));
const SOL = assetId('SOL', parseNetworkId('local-solana'));
const { organization, wallet } = PAYMENT;
const keyId = idOf('key');
const key = { keyId, organization, scheme: 'frost-ed25519' } as KeyRecord;
const own = { wallet, key: keyId, organization, path: 'm', publicKey, tweak: 0n };
const intent = paymentIntent({
  asset: SOL,
  recipient: to,
  units: 10n ** 9n,
  memo: 'Invoice 7',
  feeMax: undefined,
});

const identities = [1, 2].map(() => newIdentity());
const members = identities.map(({ signing, encryption }, index) => ({
  party: index + 1,
  identity: signing.publicKey,
  encryption: encryption.publicKey,
}));
const keys = new Map(
  identities.map(({ signing }, index) => [
    index + 1,
    { publicKey: signing.publicKey, sign: (message: Bytes) => signWith(signing, message) },
  ]),
);

const now = () => instant(Date.now());
const journal = {
  append: async () => undefined,
  appendNow: () => undefined,
  writable: true,
  close: async () => undefined,
};

let party: Party;

beforeAll(async () => {
  const acme = await TestOrganization.found(organization);
  await acme.orderKey(keyId, key.scheme);
  party = {
    authority: { find: () => acme.authority.state, pins: () => new Map(), isFrozen: () => false },
    spends: { ledger: () => new Ledger() },
    wallets: { find: () => own },
    committee: committeeOf(2, members),
    screeners: [],
    guard: replayGuard(journal, [], now),
    now,
  } as unknown as Party;
});

const evidenceOf = (unsigned: Bytes) =>
  decideAlone(
    party,
    mandateFields(logged(requestWith(intent, unsigned), { keys })),
    key,
    new Map(),
  );

const payment = {
  from,
  nonce: new Uint8Array(32).fill(9),
  computeUnits: 1_500,
  unitPrice: 0n,
  to,
  units: 10n ** 9n,
  memo: 'Invoice 7',
};
const REJECTED = expect.objectContaining({ code: 'EVIDENCE_REJECTED' });

test('the payment that the intent names is signed, as the message that it is', () => {
  const unsigned = encodePayment(payment);
  const { isSetUp, network, payloads } = evidenceOf(unsigned);
  expect({ isSetUp, network }).toEqual({ isSetUp: false, network: 'local-solana' });
  expect(payloads[0]?.message).toEqual(unsigned);
});

test('a node whose clock is behind its journal decides nothing', async () => {
  const signed = { kind: 'sign', sid: 'sid', key: keyId, intent: 'intent', expires: 0 } as const;
  const later = {
    ...signed,
    digests: [],
    signers: [],
    presignatures: [],
    at: instant(now() + DAY_MS),
  };
  const honest = party;
  party = { ...honest, guard: replayGuard(journal, [later], now) };
  expect(() => evidenceOf(encodePayment(payment))).toThrow(
    expect.objectContaining({
      code: 'SIGNERS_UNAVAILABLE',
      context: { reason: expect.stringMatching(/CLOCK_BEHIND/) },
    }),
  );
  party = honest;
});

test('the set-up of the own account is signed under the same intent, and does not stand for it', () => {
  const [one, other] = [8, 9].map((byte) =>
    evidenceOf(encodeSetUp(from, new Uint8Array(32).fill(byte))),
  );
  expect([one?.isSetUp, other?.isSetUp]).toEqual([true, true]);
  const names = new Set([one, other, evidenceOf(encodePayment(payment))].map((e) => e?.intentHash));
  expect(names.size).toBe(3);
});

test.each([
  ['the set-up of another wallet’s account', encodeSetUp(to, payment.nonce)],
  ['another amount', encodePayment({ ...payment, units: 1n })],
  ['another recipient', encodePayment({ ...payment, to: from })],
  ['another memo', encodePayment({ ...payment, memo: 'Invoice 8' })],
  ['no memo', encodePayment({ ...payment, memo: '' })],
  ['a fee above the cap', encodePayment({ ...payment, unitPrice: 10n ** 10n })],
])('%s is not signed', (_, unsigned) => {
  expect(() => evidenceOf(unsigned)).toThrow(REJECTED);
});
