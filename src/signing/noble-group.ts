/**
 * Group arithmetic by noble: for platforms without a build of libsecp256k1, and the oracle of the
 * tests. Its secret products take the same steps for every scalar, on big integers, which JavaScript
 * does not handle in constant time.
 */
import { secp256k1 } from '@noble/curves/secp256k1.js';
import { type Bytes } from '#core/bytes.ts';
import type { Group } from './group.ts';

const Curve = secp256k1.Point;
type Point = typeof Curve.BASE;

const read = (bytes: Bytes): Point => Curve.fromBytes(bytes);
const write = (point: Point): Bytes => point.toBytes(false);
const integer = (bytes: Bytes): bigint => Curve.Fn.fromBytes(bytes);

export const nobleGroup: Group = {
  name: 'noble',
  multiplyBase: (secret) => write(Curve.BASE.multiply(integer(secret))),
  multiply: (point, secret) => write(read(point).multiply(integer(secret))),
  multiplyPublic: (point, scalar) => write(read(point).multiplyUnsafe(integer(scalar))),
  add(points) {
    const sum = points.map(read).reduce((left, right) => left.add(right));
    return sum.is0() ? undefined : write(sum);
  },
  negate: (point) => write(read(point).negate()),
  decompress(bytes) {
    try {
      return write(read(bytes));
    } catch {
      // noble says no by throwing: a wrong prefix, x >= p, or an x without a point.
      return undefined;
    }
  },
  verify: (signature, digest, publicKey) =>
    secp256k1.verify(signature, digest, publicKey, { prehash: false, lowS: true }),
  // noble has nothing to blind.
  blind: () => undefined,
};
