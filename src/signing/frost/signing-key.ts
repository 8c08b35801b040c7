/**
 * The key that a signature verifies under, and what each signer does with its share to sign for it:
 * the group's key, a child of it, or a Taproot output key. Every change is an offset and possibly a
 * change of sign, which shares take on one by one: the sum of all lambda_i is 1.
 */
import type { Bytes } from '#core/bytes.ts';
import type { Point } from '#signing/curve.ts';
import { type Element, type Scalar, reduce } from '#signing/prime-group.ts';
import { tapTweak } from '#signing/taproot.ts';
import { FROST_TAPROOT, type Suite } from './suite.ts';

export type SigningKey<P extends Element<P>> = {
  /** Never mirrored: what verifiers take the key for. */
  readonly publicKey: P;
  /** The key is `sign` times the group's key plus `offset` G. */
  readonly sign: 1n | -1n;
  readonly offset: Scalar;
};

const plus = <P extends Element<P>>(
  suite: Suite<P>,
  key: SigningKey<P>,
  tweak: Scalar,
): SigningKey<P> =>
  tweak === 0n
    ? key
    : {
        publicKey: key.publicKey.add(suite.group.multiplyBasePublic(tweak)),
        sign: key.sign,
        offset: reduce(suite.group, key.offset + tweak),
      };

/** The negative of a key whose point verifiers know by its negative; any other key as it is. */
const upright = <P extends Element<P>>(suite: Suite<P>, key: SigningKey<P>): SigningKey<P> =>
  suite.isMirrored(key.publicKey)
    ? {
        publicKey: key.publicKey.negate(),
        sign: key.sign === 1n ? -1n : 1n,
        offset: reduce(suite.group, -key.offset),
      }
    : key;

/**
 * The group's key plus `tweak` G, as its suite's verifiers take it.
 * @param tweak the sum of a derivation path's tweaks; 0 for the key itself
 */
export const plainKey = <P extends Element<P>>(
  suite: Suite<P>,
  publicKey: P,
  tweak: Scalar,
): SigningKey<P> => upright(suite, plus(suite, { publicKey, sign: 1n, offset: 0n }, tweak));

/**
 * The Taproot output key above an internal key (BIP-341).
 * @param merkleRoot 32 bytes, or none of them where the output has no scripts
 * @throws INVALID_INPUT as `tapTweak`
 */
export function outputKey(publicKey: Point, tweak: Scalar, merkleRoot: Bytes): SigningKey<Point> {
  const internal = plainKey(FROST_TAPROOT, publicKey, tweak);
  return upright(
    FROST_TAPROOT,
    plus(FROST_TAPROOT, internal, tapTweak(internal.publicKey, merkleRoot)),
  );
}

/** This party's share of the signing key. */
export const adaptShare = <P extends Element<P>>(
  suite: Suite<P>,
  key: SigningKey<P>,
  share: Scalar,
): Scalar => reduce(suite.group, key.sign * share + key.offset);

/** A party's verifying share of the signing key. */
export function adaptVerifyingShare<P extends Element<P>>(
  suite: Suite<P>,
  key: SigningKey<P>,
  share: P,
): P {
  const turned = key.sign === 1n ? share : share.negate();
  return turned.add(suite.group.multiplyBasePublic(key.offset));
}
