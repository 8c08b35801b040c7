import { secp256k1 } from '@noble/curves/secp256k1.js';
import { expect, test } from 'vitest';
import { isSignedBy } from './verify.ts';

const secret = new Uint8Array(32).fill(5);
const publicKey = secp256k1.getPublicKey(secret);
const digest = new Uint8Array(32).fill(9);
const made = secp256k1.Signature.fromBytes(
  secp256k1.sign(digest, secret, { prehash: false, format: 'recovered' }),
  'recovered',
);
const part = (value: bigint): Uint8Array =>
  Uint8Array.from(Buffer.from(value.toString(16).padStart(64, '0'), 'hex'));
const good = { r: part(made.r), s: part(made.s), recovery: made.recovery as number };

test('the signature of this key over this digest is released', () => {
  expect(isSignedBy(publicKey, { digest }, good)).toBe(true);
});

const order = secp256k1.Point.Fn.ORDER;

test.each([
  ['another r', { ...good, r: part(made.r + 1n) }],
  ['another s', { ...good, s: part(made.s + 1n) }],
  ['s in the upper half', { ...good, s: part(order - made.s), recovery: good.recovery ^ 1 }],
  ['another recovery number', { ...good, recovery: good.recovery ^ 1 }],
  ['a recovery number out of range', { ...good, recovery: 4 }],
  ['r = 0', { ...good, r: part(0n) }],
  ['s = 0', { ...good, s: part(0n) }],
  ['r = q', { ...good, r: part(order) }],
  ['a short r', { ...good, r: good.r.slice(1) }],
])('%s is not', (_, signature) => {
  expect(isSignedBy(publicKey, { digest }, signature)).toBe(false);
});

test('another digest or key is not', () => {
  expect(isSignedBy(publicKey, { digest: new Uint8Array(32) }, good)).toBe(false);
  const other = secp256k1.getPublicKey(new Uint8Array(32).fill(6));
  expect(isSignedBy(other, { digest }, good)).toBe(false);
});
