/**
 * The arithmetic of FROST's two rounds (RFC 9591 sections 4 and 5) for any suite: binding factors, the
 * group's nonce, a share of a signature, its check, and the sum. No messages and no randomness.
 */
import { type Bytes, concat } from '#core/bytes.ts';
import { type Element, type Scalar, coefficientAtZero, reduce } from '#signing/prime-group.ts';
import { type PartyId, requireConsistent } from '#signing/kernel.ts';
import type { Suite } from './suite.ts';

/** The secrets of round 1. They serve one session and are never stored. */
export type Nonces = { readonly hiding: Scalar; readonly binding: Scalar };

/** What a signer publishes of them: D = hiding G and E = binding G. */
export type Commitment<P extends Element<P>> = {
  readonly party: PartyId;
  readonly hiding: P;
  readonly binding: P;
};

/** What all signers compute alike before a share is made. */
export type Package<P extends Element<P>> = {
  readonly suite: Suite<P>;
  readonly publicKey: P;
  readonly message: Bytes;
  /** In ascending order of parties. */
  readonly commitments: readonly Commitment<P>[];
  readonly bindingFactors: ReadonlyMap<PartyId, Scalar>;
  /** R */
  readonly nonce: P;
  readonly challenge: Scalar;
};

/** `nonce_generate` of section 4.1. @param random 32 bytes */
export const deriveNonce = <P extends Element<P>>(
  suite: Suite<P>,
  random: Bytes,
  share: Scalar,
): Scalar => suite.nonce(concat(random, suite.group.encodeScalar(share)));

/** `encode_group_commitment_list` of section 4.3. */
function encodeCommitments<P extends Element<P>>(
  suite: Suite<P>,
  commitments: readonly Commitment<P>[],
): Bytes {
  const { group } = suite;
  return concat(
    ...commitments.flatMap((one) => [
      group.encodeScalar(BigInt(one.party)),
      group.encodePoint(one.hiding),
      group.encodePoint(one.binding),
    ]),
  );
}

/** What each binding factor is the hash of (section 4.4), by party. */
export function bindingFactorInputs<P extends Element<P>>(
  suite: Suite<P>,
  publicKey: P,
  message: Bytes,
  commitments: readonly Commitment<P>[],
): ReadonlyMap<PartyId, Bytes> {
  const { group } = suite;
  const prefix = concat(
    group.encodePoint(publicKey),
    suite.hashMessage(message),
    suite.hashCommitments(encodeCommitments(suite, commitments)),
  );
  return new Map(
    commitments.map(({ party }) => [party, concat(prefix, group.encodeScalar(BigInt(party)))]),
  );
}

/**
 * Binding factors, R and the challenge for one message and one list of commitments.
 * @param publicKey what verifiers take the key for: never mirrored
 * @throws ProtocolAbort `inconsistent` `NONCE_IDENTITY`
 */
export function preparePackage<P extends Element<P>>(
  suite: Suite<P>,
  publicKey: P,
  message: Bytes,
  commitments: readonly Commitment<P>[],
): Package<P> {
  const { group } = suite;
  const inputs = bindingFactorInputs(suite, publicKey, message, commitments);
  const bindingFactors = new Map(
    [...inputs].map(([party, input]) => [party, suite.bindingFactor(input)]),
  );
  const nonce = commitments.reduce(
    (sum, one) => sum.add(one.hiding),
    group.combinePublic(
      commitments.map((one) => one.binding),
      [...bindingFactors.values()],
    ),
  );
  requireConsistent('NONCE_IDENTITY', !nonce.is0());
  const challenge = suite.challenge(nonce, publicKey, message);
  return { suite, publicKey, message, commitments, bindingFactors, nonce, challenge };
}

const signersOf = <P extends Element<P>>(pack: Package<P>): readonly PartyId[] =>
  pack.commitments.map((one) => one.party);

/**
 * z_i (section 5.2).
 * @param share of the key that the package names, as `SigningKey` adapts it
 */
export function signShare<P extends Element<P>>(
  pack: Package<P>,
  party: PartyId,
  nonces: Nonces,
  share: Scalar,
): Scalar {
  const { suite, challenge } = pack;
  const { group } = suite;
  const factor = pack.bindingFactors.get(party) as Scalar;
  const masked = nonces.hiding + nonces.binding * factor;
  const own = suite.isMirrored(pack.nonce) ? -masked : masked;
  const lambda = coefficientAtZero(group, party, signersOf(pack));
  return reduce(group, own + lambda * share * challenge);
}

/** Whether z_i G is what the party's commitment and its verifying share say (section 5.4). */
export function verifyShare<P extends Element<P>>(
  pack: Package<P>,
  party: PartyId,
  response: Scalar,
  verifyingShare: P,
): boolean {
  const { suite, challenge } = pack;
  const { group } = suite;
  const own = pack.commitments.find((one) => one.party === party) as Commitment<P>;
  const factor = pack.bindingFactors.get(party) as Scalar;
  const bound = own.hiding.add(group.multiplyPublic(own.binding, factor));
  const lambda = coefficientAtZero(group, party, signersOf(pack));
  const keyed = group.multiplyPublic(verifyingShare, reduce(group, lambda * challenge));
  const expected = (suite.isMirrored(pack.nonce) ? bound.negate() : bound).add(keyed);
  return group.multiplyBasePublic(response).equals(expected);
}

/** The signature that the shares sum up to (section 5.3). It is not verified here. */
export const aggregate = <P extends Element<P>>(
  pack: Package<P>,
  responses: Iterable<Scalar>,
): Bytes => {
  const { suite } = pack;
  let sum = 0n;
  for (const response of responses) sum += response;
  return suite.encodeSignature(pack.nonce, reduce(suite.group, sum));
};
