import { ed25519 } from '@noble/curves/ed25519.js';
import { sha512 } from '@noble/hashes/sha2.js';
import { Transaction } from '@solana/web3.js';
import { expect, test } from 'vitest';
import type { Signature } from '#chains/adapter.ts';
import { concat } from '#core/bytes.ts';
import { ALICE, LOCAL, SOL_PAYMENT, USDC_PAYMENT, VENDOR } from './fixtures.ts';
import { encodePayment } from './payment.ts';
import { payloads, seal, unseal } from './seal.ts';

const UNSIGNED = encodePayment(USDC_PAYMENT);
const signature = { bytes: ALICE.sign(UNSIGNED) };
const sealed = (signatures: readonly Signature[], from = ALICE.address) =>
  seal(LOCAL, UNSIGNED, signatures, from);

test('what is signed is the message itself', () => {
  const [payload, ...more] = payloads(LOCAL, UNSIGNED);
  expect(more).toEqual([]);
  expect(payload?.message).toEqual(UNSIGNED);
  expect(payload?.digest).toHaveLength(32);
});

test('the SDK reads the signed transaction, and takes its signature', () => {
  const { raw, hash } = sealed([signature]);
  const read = Transaction.from(raw);
  expect(read.verifySignatures()).toBe(true);
  expect(read.feePayer?.toBase58()).toBe(ALICE.address);
  expect(hash).toHaveLength(sealed([signature]).hash.length);
  expect(unseal(raw)).toEqual({ signature: signature.bytes, unsigned: UNSIGNED });
});

const flipped = (at: number): Signature => {
  const bytes = Uint8Array.from(signature.bytes);
  bytes[at] = (bytes[at] as number) ^ 1;
  return { bytes };
};
const { r, s } = { r: signature.bytes.slice(0, 32), s: signature.bytes.slice(32) };

/** S + L is the same number to a careless verifier. */
function malleable(): Signature {
  const order = ed25519.Point.Fn.ORDER;
  const number = s.reduceRight((sum, byte) => (sum << 8n) | BigInt(byte), 0n) + order;
  const bytes = Uint8Array.from({ length: 32 }, (_, at) =>
    Number((number >> BigInt(8 * at)) & 255n),
  );
  return { bytes: concat(r, bytes) };
}

test.each<[string, readonly Signature[], string]>([
  ['none', [], ALICE.address],
  ['two', [signature, signature], ALICE.address],
  ["another curve's", [{ r, s, recovery: 0 }], ALICE.address],
  ['one of 63 bytes', [{ bytes: signature.bytes.slice(1) }], ALICE.address],
  ['one with another R', [flipped(0)], ALICE.address],
  ['one with another S', [flipped(32)], ALICE.address],
  ['one with S beyond the order', [malleable()], ALICE.address],
  ["another key's", [{ bytes: VENDOR.sign(UNSIGNED) }], ALICE.address],
  ["another message's", [{ bytes: ALICE.sign(encodePayment(SOL_PAYMENT)) }], ALICE.address],
  ['one for another sender', [signature], VENDOR.address],
])('the signature %s is refused', (_, signatures, from) => {
  expect(() => sealed(signatures, from)).toThrow(
    expect.objectContaining({ code: 'EVIDENCE_REJECTED' }),
  );
});

/**
 * R plus a point of order two, answered for by S: the equation with the cofactor holds, and the one
 * that the chain asks does not.
 */
test('a signature that only a cofactored verifier takes is refused', () => {
  const { Point } = ed25519;
  const { head, scalar } = ed25519.utils.getExtendedPublicKey(ALICE.seed) as unknown as {
    head: Uint8Array;
    scalar: bigint;
  };
  expect(head).toHaveLength(32);
  // The encoding of (0, -1), the point of order two.
  const orderTwo = Point.fromBytes(
    Uint8Array.from({ length: 32 }, (_, at) => (at === 0 ? 0xec : at === 31 ? 0x7f : 0xff)),
  );
  const nonce = 12_345n;
  const bad = Point.BASE.multiply(nonce).add(orderTwo).toBytes();
  const publicKey = ed25519.getPublicKey(ALICE.seed);
  const challenge = ed25519Challenge(bad, publicKey, UNSIGNED);
  const response = Point.Fn.create(nonce + challenge * scalar);
  const bytes = concat(bad, Point.Fn.toBytes(response));
  expect(ed25519.verify(bytes, UNSIGNED, publicKey, { zip215: false })).toBe(true);
  expect(() => sealed([{ bytes }])).toThrow(/not signed/);
});

function ed25519Challenge(...parts: readonly Uint8Array[]): bigint {
  const digest = sha512(concat(...parts));
  return ed25519.Point.Fn.create(digest.reduceRight((sum, byte) => (sum << 8n) | BigInt(byte), 0n));
}
