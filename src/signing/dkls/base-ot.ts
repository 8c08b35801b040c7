/**
 * Verified Simplest OT (Doerner, Kondi, Lee, shelat, "Secure Two-party Threshold ECDSA from ECDSA
 * Assumptions", IACR eprint 2018/499, protocol "Verified Simplest OT"): 128 random transfers from a
 * sender, who ends with two pads for each, to a receiver, who ends with the one he chose. The last
 * three messages prove to each side that the other one can compute what it should. The steps are
 * numbered in docs/protocols/pairs.md.
 *
 * A sender can learn a choice bit by guessing it, and a wrong guess is caught with probability 1/2: the
 * same leak that the OT extension's check has, which the row hash of the extension absorbs.
 */
import { type Bytes, equalBytes } from '#core/bytes.ts';
import {
  Point,
  type Scalar,
  encodePoint,
  encodePoints,
  multiply,
  multiplyBase,
  randomScalar,
} from '#signing/curve.ts';
import type { Random } from '#signing/kernel.ts';
import { BASE_TRANSFERS, SEED_BYTES } from '#signing/pair-secrets.ts';
import { digest } from '#signing/transcript.ts';

/** The receiver's secret scalars, one for each transfer, and what he sends. */
export type Choice = { readonly points: readonly Point[]; readonly secrets: readonly Scalar[] };

/** Bit i of a string of bits: bit 0 is the lowest bit of byte 0. */
export const bitAt = (bits: Bytes, i: number): number => ((bits[i >> 3] as number) >> (i & 7)) & 1;

const slice = (list: Bytes, i: number): Bytes =>
  list.subarray(i * SEED_BYTES, (i + 1) * SEED_BYTES);

/** 128 digests in one buffer. */
function each(compute: (i: number) => Bytes): Bytes {
  const list = new Uint8Array(BASE_TRANSFERS * SEED_BYTES);
  for (let i = 0; i < BASE_TRANSFERS; i++) list.set(compute(i), i * SEED_BYTES);
  return list;
}

const xor = (left: Bytes, right: Bytes): Bytes =>
  left.map((byte, at) => byte ^ (right[at] as number));

/** All bits set where the bit is 1: a mask, so that no branch depends on a secret bit. */
const masked = (bit: number, bytes: Bytes): Bytes => bytes.map((byte) => byte & -bit);

/** The second point where the bit is 1, without a branch. */
const select = (bit: number, zero: Point, one: Point): Point =>
  new Point(xor(masked(1 - bit, zero.bytes), masked(bit, one.bytes)));

/** The pads of all transfers: the hash binds batch, index, both public points and the shared one. */
function hashPads(
  batch: Bytes,
  senderKey: Point,
  choices: readonly Point[],
  shared: readonly Point[],
): Bytes {
  const key = encodePoint(senderKey);
  const chosen = encodePoints(choices);
  const secret = encodePoints(shared);
  return each((i) => digest('base-ot/pad', batch, i, key, chosen[i] as Bytes, secret[i] as Bytes));
}

const verifiers = (batch: Bytes, pads: Bytes): Bytes =>
  each((i) => digest('base-ot/verifier', batch, i, slice(pads, i)));

const doubled = (batch: Bytes, verifiers: Bytes): Bytes =>
  each((i) => digest('base-ot/doubled', batch, i, slice(verifiers, i)));

/** The seeds that the extension uses: what was revealed of the pads says nothing about them. */
export const seedsOf = (batch: Bytes, pads: Bytes): Bytes =>
  each((i) => digest('base-ot/seed', batch, i, slice(pads, i)));

/** Spec 2.1: A = a G + w B for every choice bit w. */
export function choose(senderKey: Point, bits: Bytes, random: Random): Choice {
  const secrets = Array.from({ length: BASE_TRANSFERS }, () => randomScalar(random));
  const points = secrets.map((secret, i) => {
    const base = multiplyBase(secret);
    return select(bitAt(bits, i), base, base.add(senderKey));
  });
  return { points, secrets };
}

/** Spec 2.2: the pad that the receiver chose in each transfer. */
export function chosenPads(batch: Bytes, senderKey: Point, choice: Choice): Bytes {
  const shared = choice.secrets.map((secret) => multiply(senderKey, secret));
  return hashPads(batch, senderKey, choice.points, shared);
}

/** Spec 3.1: both pads of each transfer. */
export function bothPads(
  batch: Bytes,
  secret: Scalar,
  senderKey: Point,
  choices: readonly Point[],
): readonly [Bytes, Bytes] {
  const correction = multiply(senderKey, secret).negate();
  const shared = choices.map((choice) => multiply(choice, secret));
  return [
    hashPads(batch, senderKey, choices, shared),
    hashPads(
      batch,
      senderKey,
      choices,
      shared.map((one) => one.add(correction)),
    ),
  ];
}

/** Spec 3.2: H(H(pad 0)) xor H(H(pad 1)). */
export function challenge(batch: Bytes, pads: readonly [Bytes, Bytes]): Bytes {
  const [zero, one] = pads.map((pad) => doubled(batch, verifiers(batch, pad))) as [Bytes, Bytes];
  return xor(zero, one);
}

/** Spec 4.1: H(H(pad w)) xor (w and challenge), which is H(H(pad 0)) for both values of w. */
export function respond(batch: Bytes, bits: Bytes, pads: Bytes, challenges: Bytes): Bytes {
  const own = doubled(batch, verifiers(batch, pads));
  return each((i) => xor(slice(own, i), masked(bitAt(bits, i), slice(challenges, i))));
}

/** Spec 5.1: the receiver knows one pad of every transfer. */
export const responsesHold = (
  batch: Bytes,
  pads: readonly [Bytes, Bytes],
  responses: Bytes,
): boolean => equalBytes(responses, doubled(batch, verifiers(batch, pads[0])));

/** Spec 5.2: the verifiers of both pads, which the receiver checks against the challenge. */
export const open = (
  batch: Bytes,
  pads: readonly [Bytes, Bytes],
): { readonly zero: Bytes; readonly one: Bytes } => ({
  zero: verifiers(batch, pads[0]),
  one: verifiers(batch, pads[1]),
});

/** Spec 6.1: the challenge was made of these verifiers, and the chosen one is the receiver's own. */
export function openingsHold(
  batch: Bytes,
  bits: Bytes,
  pads: Bytes,
  challenges: Bytes,
  openings: { readonly zero: Bytes; readonly one: Bytes },
): boolean {
  const made = xor(doubled(batch, openings.zero), doubled(batch, openings.one));
  const own = verifiers(batch, pads);
  const chosen = each((i) => {
    const bit = bitAt(bits, i);
    return xor(masked(1 - bit, slice(openings.zero, i)), masked(bit, slice(openings.one, i)));
  });
  // Both comparisons run: which one failed would tell the sender a choice bit.
  const challengeHolds = equalBytes(made, challenges);
  const chosenHolds = equalBytes(chosen, own);
  return challengeHolds && chosenHolds;
}
