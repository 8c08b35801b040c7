import { ed25519 } from '@noble/curves/ed25519.js';
import { expect, test } from 'vitest';
import { encodePayment } from '#chains/solana/payment.ts';
import { encodeSetUp } from '#chains/solana/set-up.ts';
import { addressOf } from '#chains/solana/address.ts';
import { type Bytes, hex } from '#core/bytes.ts';
import { canonicalText } from '#core/canonical.ts';
import { assetId, parseNetworkId } from '#core/money.ts';
import { instant } from '#core/time.ts';
import { PAYMENT, idOf } from '#mandate/fixtures.ts';
import { transferIntent } from '#mandate/intent.ts';
import { paymentIntent } from '#testing/signing-request.ts';
import { requireEvidence } from './evidence.ts';

const publicKey = ed25519.getPublicKey(new Uint8Array(32).fill(1));
const from = addressOf(publicKey);
const to = addressOf(ed25519.getPublicKey(new Uint8Array(32).fill(2)));
const SOL = assetId('SOL', parseNetworkId('local-solana'));
const { organization, wallet } = PAYMENT;

const key = {
  keyId: idOf('key'),
  organization,
  epoch: 1,
  sid: '',
  scheme: 'frost-ed25519',
  parties: [1, 2, 3],
  threshold: 2,
  provenance: 'generated',
  publicKey,
  chainCode: new Uint8Array(0),
  share: new Uint8Array(0),
} as const;
const own = { wallet, key: key.keyId, organization, path: 'm', publicKey, tweak: 0n };
const wallets = { find: () => own, of: () => [own], register: async () => own };
const intent = paymentIntent({
  asset: SOL,
  recipient: to,
  units: 10n ** 9n,
  memo: 'Invoice 7',
  feeMax: undefined,
});

const STATEMENT = {
  statement: '',
  credentialId: '',
  authenticatorData: '',
  clientDataJSON: '',
  signature: '',
};

const evidenceOf = (unsigned: Bytes) => {
  const text = canonicalText(transferIntent(intent));
  const policy = { hash: '', version: 1 };
  const mandate = { intent: text, unsigned: hex(unsigned), initiator: STATEMENT, policy };
  return requireEvidence(
    { ...mandate, approvals: [], quotes: [] },
    key,
    wallets,
    instant(Date.now()),
  );
};

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
