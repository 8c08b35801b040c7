/**
 * How a point or a scalar of a message can be changed into another one, and the spellings that every
 * field must refuse, on each curve: what `tampering.ts` puts into bodies.
 */
import { type Bytes, concat } from '#core/bytes.ts';
import {
  ORDER,
  POINT_BYTES,
  type Point,
  decodePoint,
  encodePoint,
  encodeScalar,
  mod,
  multiplyBasePublic,
  parseInteger,
} from './curve.ts';
import { ED25519, type EdwardsPoint, reduce } from './prime-group.ts';
import type { Edit } from './tampering.ts';

type Spelling = {
  readonly pointBytes: number;
  /** Another point, well spelled. */
  readonly otherPoint: (point: Bytes) => Bytes;
  /** Another scalar, well spelled. */
  readonly otherScalar: (scalar: Bytes) => Bytes;
  readonly pointCorruptions: readonly Edit[];
  readonly scalarCorruptions: readonly Edit[];
};

/** 32 bytes, big-endian, of a number that need not be a scalar. */
const spell = (value: bigint): Bytes => Buffer.from(value.toString(16).padStart(64, '0'), 'hex');
const reversed = (bytes: Bytes): Bytes => bytes.toReversed();
const spellLittle = (value: bigint): Bytes => reversed(spell(value));

const scalarCorruptions = (order: bigint, write: (value: bigint) => Bytes): readonly Edit[] => [
  { name: 'zero', edit: () => write(0n) },
  { name: 'q', edit: () => write(order) },
  { name: 'q + 1', edit: () => write(order + 1n) },
  { name: '2^256 - 1', edit: () => write(2n ** 256n - 1n) },
];

/** The next x-coordinate that no point has, with the same prefix. */
function offSecp256k1(bytes: Bytes): Bytes {
  for (let x = parseInteger(bytes.subarray(1)); ; x++) {
    const candidate = concat(bytes.subarray(0, 1), spell(x));
    if (decodePoint(candidate) === undefined) return candidate;
  }
}

const withPrefix = (prefix: number) => (bytes: Bytes) =>
  concat(Uint8Array.of(prefix), bytes.subarray(1));

const SECP256K1_SPELLING: Spelling = {
  pointBytes: POINT_BYTES,
  otherPoint: (point) => encodePoint((decodePoint(point) as Point).add(multiplyBasePublic(1n))),
  otherScalar: (scalar) => encodeScalar(mod(parseInteger(scalar) + 1n)),
  pointCorruptions: [
    { name: 'the identity as zeros', edit: (bytes) => new Uint8Array(bytes.length) },
    { name: 'prefix 00', edit: withPrefix(0) },
    { name: 'prefix 04', edit: withPrefix(4) },
    { name: 'prefix 05', edit: withPrefix(5) },
    { name: 'prefix 06', edit: withPrefix(6) },
    { name: 'off the curve', edit: offSecp256k1 },
    {
      name: 'x not below p',
      edit: (bytes) => concat(bytes.subarray(0, 1), spell(2n ** 256n - 1n)),
    },
  ],
  scalarCorruptions: scalarCorruptions(ORDER, spell),
};

/** The next y-coordinate that no point has. */
function offEd25519(bytes: Bytes): Bytes {
  for (let y = parseInteger(reversed(bytes)) & (2n ** 255n - 1n); ; y++) {
    try {
      ED25519.readStoredPoint(spellLittle(y));
    } catch {
      // noble says by throwing that no point has this y.
      return spellLittle(y);
    }
  }
}

/** A point of order 8, y as RFC 8032 spells it. */
const ORDER_EIGHT =
  spellLittle(0x05fc536d880238b13933c6d305acdfd5f098eff289f4c345b027b2c28f95e826n);

const withTorsion = (bytes: Bytes): Bytes =>
  ED25519.encodePoint(
    (ED25519.decodePoint(bytes) as EdwardsPoint).add(ED25519.readStoredPoint(ORDER_EIGHT)),
  );

const FIELD_PRIME = 2n ** 255n - 19n;

const ED25519_SPELLING: Spelling = {
  pointBytes: ED25519.pointBytes,
  otherPoint: (point) =>
    ED25519.encodePoint(
      (ED25519.decodePoint(point) as EdwardsPoint).add(ED25519.multiplyBasePublic(1n)),
    ),
  otherScalar: (scalar) =>
    ED25519.encodeScalar(reduce(ED25519, parseInteger(reversed(scalar)) + 1n)),
  pointCorruptions: [
    { name: 'the identity', edit: () => spellLittle(1n) },
    { name: 'the identity with a sign', edit: () => spellLittle(1n + 2n ** 255n) },
    { name: 'the point of order 2', edit: () => spellLittle(FIELD_PRIME - 1n) },
    { name: 'a point of order 4, all zeros', edit: () => spellLittle(0n) },
    { name: 'a point of order 8', edit: () => ORDER_EIGHT },
    { name: 'a point of mixed order', edit: withTorsion },
    { name: 'y = p', edit: () => spellLittle(FIELD_PRIME) },
    { name: 'y = p + 1', edit: () => spellLittle(FIELD_PRIME + 1n) },
    { name: 'y not below p', edit: () => spellLittle(2n ** 255n - 1n) },
    { name: 'off the curve', edit: offEd25519 },
  ],
  scalarCorruptions: scalarCorruptions(ED25519.order, spellLittle),
};

/** How a field spells its points and scalars. */
export const spellingOf = (curve: 'ed25519' | undefined): Spelling =>
  curve === 'ed25519' ? ED25519_SPELLING : SECP256K1_SPELLING;
