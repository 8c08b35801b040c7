/**
 * The arithmetic of secp256k1 below `curve.ts`, with two implementations: libsecp256k1 where the
 * platform has a build of it, noble everywhere else and as the oracle of the tests. The package
 * `secp256k1` would fall back to a library that is not constant-time; its file of native bindings is
 * loaded alone, so that this cannot happen.
 */
import type { Bytes } from '#core/bytes.ts';
import { type Bindings, libsecp256k1 } from './libsecp256k1.ts';
import { nobleGroup } from './noble-group.ts';

/**
 * Points are 65 bytes, uncompressed (SEC 1 section 2.3.3), on the curve and never the identity. Scalars
 * are 32 bytes, big-endian, 0 < s < q. Inputs are not looked at again: `curve.ts` lets no others in.
 */
export type Group = {
  readonly name: 'libsecp256k1' | 'noble';
  /** s G; its time does not depend on s. */
  multiplyBase(secret: Bytes): Bytes;
  /** s P; its time does not depend on s. */
  multiply(point: Bytes, secret: Bytes): Bytes;
  /** s P in a time that tells s: for public scalars only. */
  multiplyPublic(point: Bytes, scalar: Bytes): Bytes;
  /** The sum of at least one point, or undefined where it is the identity. */
  add(points: readonly Bytes[]): Bytes | undefined;
  negate(point: Bytes): Bytes;
  /** The point of 33 compressed bytes, or undefined where they are not the spelling of one. */
  decompress(bytes: Bytes): Bytes | undefined;
  /** Whether a signature (r and s, 64 bytes) with a low s fits the digest and a compressed key. */
  verify(signature: Bytes, digest: Bytes, publicKey: Bytes): boolean;
  /** Takes 32 random bytes to blind the products with G that follow. */
  blind(seed: Bytes): void;
};

/** The name of the error of a signer's bundle whose native file is not the one that it was made with. */
const ALTERED_BUILD = 'AlteredBuild';

/** libsecp256k1, or noble where `load` finds no build for this platform. */
export async function chooseGroup(load: () => Promise<{ default: Bindings }>): Promise<Group> {
  try {
    return libsecp256k1((await load()).default);
  } catch (error) {
    if (error instanceof Error && error.name === ALTERED_BUILD) throw error;
    // The package says that it has no build by failing to load; noble is slower and as good.
    return nobleGroup;
  }
}

export const GROUP: Group = await chooseGroup(() => import('secp256k1/bindings.js'));
