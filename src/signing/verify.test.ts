import { ed25519 } from '@noble/curves/ed25519.js';
import { schnorr, secp256k1 } from '@noble/curves/secp256k1.js';
import { taprootTweakPrivKey } from '@scure/btc-signer/utils.js';
import { expect, test } from 'vitest';
import type { Bytes } from '#core/bytes.ts';
import { flipBit } from './simulator.ts';
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

const message = new Uint8Array(100).fill(3);
const payload = { digest, message };
const ed25519Key = ed25519.getPublicKey(secret);
const ed25519Signature = ed25519.sign(message, secret);
const taprootSignature = schnorr.sign(digest, taprootTweakPrivKey(secret));

test('64 bytes are released of an Ed25519 key over the message, of a Taproot wallet over the digest', () => {
  expect(isSignedBy(ed25519Key, payload, { bytes: ed25519Signature })).toBe(true);
  expect(isSignedBy(publicKey, payload, { bytes: taprootSignature })).toBe(true);
});

test.each<[string, Bytes, typeof payload | { digest: Bytes }, Bytes]>([
  ['an Ed25519 signature with another R', ed25519Key, payload, flipBit(ed25519Signature)],
  ['an Ed25519 signature with another S', ed25519Key, payload, flipBit(ed25519Signature, 300)],
  ['a short Ed25519 signature', ed25519Key, payload, ed25519Signature.slice(1)],
  ['an Ed25519 signature of no message', ed25519Key, { digest }, ed25519Signature],
  ['one of another key', ed25519.getPublicKey(flipBit(secret)), payload, ed25519Signature],
  ['one over the digest', ed25519Key, payload, ed25519.sign(digest, secret)],
  ['a Taproot signature with another r', publicKey, payload, flipBit(taprootSignature)],
  ['a Taproot signature with another s', publicKey, payload, flipBit(taprootSignature, 300)],
  ['a short Taproot signature', publicKey, payload, taprootSignature.slice(1)],
  ['one under the internal key', publicKey, payload, schnorr.sign(digest, secret)],
  ['one under no key', new Uint8Array(33), payload, taprootSignature],
])('%s is not', (_, key, signed, bytes) => {
  expect(isSignedBy(key, signed, { bytes })).toBe(false);
});
