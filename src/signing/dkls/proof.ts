/**
 * Schnorr's proof that a party knows the discrete logarithm of a point, non-interactive by Fiat-Shamir
 * (RFC 8235 section 3). The binding names the session, the prover and what the point is for, so that
 * a proof serves nowhere else.
 */
import {
  type Point,
  type Scalar,
  encodePoint,
  mod,
  multiplyBase,
  multiplyBasePublic,
  multiplyPublic,
  randomScalar,
} from '#signing/curve.ts';
import type { Random } from '#signing/kernel.ts';
import { type Part, hashToScalar } from '#signing/transcript.ts';

export type Proof = { readonly commitment: Point; readonly response: Scalar };

const challenge = (binding: readonly Part[], statement: Point, commitment: Point): Scalar =>
  hashToScalar('proof', [...binding], encodePoint(statement), encodePoint(commitment));

export function prove(
  binding: readonly Part[],
  secret: Scalar,
  statement: Point,
  random: Random,
): Proof {
  const nonce = randomScalar(random);
  const commitment = multiplyBase(nonce);
  return { commitment, response: mod(nonce + challenge(binding, statement, commitment) * secret) };
}

export function verifyProof(binding: readonly Part[], statement: Point, proof: Proof): boolean {
  const expected = multiplyPublic(statement, challenge(binding, statement, proof.commitment)).add(
    proof.commitment,
  );
  return multiplyBasePublic(proof.response).equals(expected);
}
