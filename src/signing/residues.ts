/**
 * Vectors of numbers modulo q, each vector in one big integer with a lane of 576 bits for every number:
 * a sum, a product with a scalar and a reduction are a few operations on the whole vector. Lane 0 is the
 * most significant one, so that the hexadecimal digits of a vector read from left to right. No step
 * branches on a lane.
 */
import { ORDER } from './curve.ts';

/** Two 256-bit numbers side by side, or a sum of products of two, and room for carries. */
const LANE_BITS = 576;
const LANE_DIGITS = LANE_BITS / 4;
const NUMBER_BITS = 256n;
const NUMBER_MASK = (1n << NUMBER_BITS) - 1n;
/** Hexadecimal digits of two numbers, which share a lane on their way in and out. */
export const PAIR_DIGITS = 128;
const PAIR_GAP = '0'.repeat(LANE_DIGITS - PAIR_DIGITS);
/** 2^256 - q. */
const COMPLEMENT = NUMBER_MASK + 1n - ORDER;

/** Numbers below 2^576, one in each lane. A function says which smaller bound it needs or keeps. */
export type Lanes = bigint;

export type Residues = {
  /** Every lane is the same number. */
  readonly all: (value: bigint) => Lanes;
  /** From 128 digits for each lane: the left 64 digits, and the right 64. */
  readonly readPairs: (digits: readonly string[]) => readonly [Lanes, Lanes];
  /** The opposite of `readPairs`; the lanes are below 2^256. */
  readonly writePairs: (left: Lanes, right: Lanes) => readonly string[];
  /** Lanes of 0 and 1. */
  readonly readBits: (bitOf: (lane: number) => number) => Lanes;
  /** Lanes of 0 and 2^256 - 1: what keeps, in a conjunction, the lanes whose bit is 1. */
  readonly maskOf: (bits: Lanes) => Lanes;
  /** minuend - subtrahend modulo q; both are below 2^257. */
  readonly subtract: (minuend: Lanes, subtrahend: Lanes) => Lanes;
  /** The same where both are below 2^515: sums of up to three products. */
  readonly subtractProducts: (minuend: Lanes, subtrahend: Lanes) => Lanes;
  /** The number in each lane from `first` on. */
  readonly numbers: (lanes: Lanes, first: number) => readonly bigint[];
  /** The sum of 2^j times lane j over the first 256 lanes, which are below 2^258. */
  readonly sumPowers: (lanes: Lanes) => bigint;
};

const POWERS = 256;

/** The same number in `count` lanes, by doubling: a product would take ten times as long. */
function repeat(value: bigint, count: number): Lanes {
  if (count === 1) return value;
  const half = count >> 1;
  const some = repeat(value, half);
  const even = (some << BigInt(half * LANE_BITS)) | some;
  return count % 2 === 0 ? even : (even << BigInt(LANE_BITS)) | value;
}

const maskOf = (bits: Lanes): Lanes => (bits << NUMBER_BITS) - bits;

/** The arithmetic of vectors with `count` lanes, at least 256. */
export function residues(count: number): Residues {
  const all = (value: bigint): Lanes => repeat(value, count);
  const ones = all(1n);
  const low = all(NUMBER_MASK);
  const high = all((1n << (BigInt(LANE_BITS) - NUMBER_BITS)) - 1n);
  const complements = all(COMPLEMENT);
  const orders = all(ORDER);
  // Multiples of q above every lane that is subtracted.
  const multiples = all(ORDER << 2n);
  const multiplesOfProducts = all(ORDER << 260n);

  /** The same residues with 2^256 replaced by 2^256 - q: 127 bits shorter, as long as that helps. */
  const fold = (lanes: Lanes): Lanes =>
    ((lanes >> NUMBER_BITS) & high) * COMPLEMENT + (lanes & low);

  /** From below 2q to below q: a lane is at least q where adding 2^256 - q carries into bit 256. */
  const finish = (lanes: Lanes): Lanes =>
    lanes - (maskOf(((lanes + complements) >> NUMBER_BITS) & ones) & orders);

  const digitsOf = (lanes: Lanes): string => lanes.toString(16).padStart(count * LANE_DIGITS, '0');

  return {
    all,
    readPairs(digits) {
      const pairs = BigInt(`0x${PAIR_GAP}${digits.join(PAIR_GAP)}`);
      return [(pairs >> NUMBER_BITS) & low, pairs & low];
    },
    writePairs(left, right) {
      const digits = digitsOf((left << NUMBER_BITS) | right);
      return Array.from({ length: count }, (_, lane) => {
        const end = (lane + 1) * LANE_DIGITS;
        return digits.slice(end - PAIR_DIGITS, end);
      });
    },
    readBits(bitOf) {
      const gap = '0'.repeat(LANE_DIGITS - 1);
      const bits = Array.from({ length: count }, (_, lane) => bitOf(lane));
      return BigInt(`0x${bits.join(gap)}`);
    },
    maskOf,
    subtract: (minuend, subtrahend) => finish(fold(minuend + multiples - subtrahend)),
    subtractProducts: (minuend, subtrahend) =>
      // Below 2^517, then 2^391, 2^264 and 2^256 + 2^138.
      finish(fold(fold(fold(minuend + multiplesOfProducts - subtrahend)))),
    numbers(lanes, first) {
      const size = count - first;
      const digits = BigInt.asUintN(size * LANE_BITS, lanes).toString(16);
      const padded = digits.padStart(size * LANE_DIGITS, '0');
      return Array.from({ length: size }, (_, at) =>
        BigInt(`0x${padded.slice(at * LANE_DIGITS, (at + 1) * LANE_DIGITS)}`),
      );
    },
    sumPowers(lanes) {
      let sum = lanes >> BigInt((count - POWERS) * LANE_BITS);
      for (let half = POWERS / 2; half >= 1; half /= 2) {
        // Lane j takes lane j + half in: every lane stays below 2^514.
        const bits = half * LANE_BITS;
        sum = (sum >> BigInt(bits)) + (BigInt.asUintN(bits, sum) << BigInt(half));
      }
      return sum;
    },
  };
}
