/**
 * Schnorr's proof that a party knows the discrete logarithm of a point, non-interactive by Fiat-Shamir
 * (RFC 8235 section 3). The binding names the session, the prover and what the point is for, so that
 * a proof serves nowhere else.
 */
import type { Random } from './kernel.ts';
import { type Element, type PrimeGroup, type Scalar, randomScalar, reduce } from './prime-group.ts';
import { type Part, digest512 } from './transcript.ts';

export type Proof<P> = { readonly commitment: P; readonly response: Scalar };

const challenge = <P extends Element<P>>(
  group: PrimeGroup<P>,
  binding: readonly Part[],
  statement: P,
  commitment: P,
): Scalar =>
  group.scalarOf(
    digest512('proof', [...binding], group.encodePoint(statement), group.encodePoint(commitment)),
  );

export function prove<P extends Element<P>>(
  group: PrimeGroup<P>,
  binding: readonly Part[],
  secret: Scalar,
  statement: P,
  random: Random,
): Proof<P> {
  const nonce = randomScalar(group, random);
  const commitment = group.multiplyBase(nonce);
  const weight = challenge(group, binding, statement, commitment);
  return { commitment, response: reduce(group, nonce + weight * secret) };
}

export function verifyProof<P extends Element<P>>(
  group: PrimeGroup<P>,
  binding: readonly Part[],
  statement: P,
  proof: Proof<P>,
): boolean {
  const weight = challenge(group, binding, statement, proof.commitment);
  const expected = group.multiplyPublic(statement, weight).add(proof.commitment);
  return group.multiplyBasePublic(proof.response).equals(expected);
}
