/**
 * That a product with a secret takes a time which does not tell how long the secret is. The three
 * lengths take turns, so that the machine's moods meet all of them, and what is compared is a ratio of
 * low percentiles of many samples. A loaded machine may still spoil a series: it is then repeated, a
 * bounded number of times. The last test shows that the same measure sees an operation that does tell.
 */
import { expect, test } from 'vitest';
import type { Bytes } from '#core/bytes.ts';
import { ORDER, encodeScalar, mod, parseInteger } from './curve.ts';
import { GROUP, type Group } from './group.ts';
import { nobleGroup } from './noble-group.ts';
import { ED25519 } from './prime-group.ts';
import { seededRandom } from './simulator.ts';

type Product = (secret: Bytes) => Bytes;

const random = seededRandom('timing.test');
const LENGTHS = [1, 16, 32] as const;
/** Between the slowest and the fastest length. */
const RATIO_MAX = 1.2;
const SERIES_MAX = 6;

const secretsOf = (bytes: number): readonly Bytes[] =>
  Array.from({ length: 16 }, () => encodeScalar(mod(parseInteger(random(bytes)) | 1n)));

/** The lower quartile: what interrupts a sample only ever makes it longer. */
const quartile = (samples: readonly bigint[]): number =>
  Number(samples.toSorted((a, b) => Number(a - b))[samples.length >> 2]);

/** How many times as long the slowest length takes as the fastest. */
function spreadOf(product: Product, rounds: number): number {
  const secrets = LENGTHS.map(secretsOf);
  const samples: bigint[][] = LENGTHS.map(() => []);
  for (let round = 0; round < rounds; round++) {
    for (let turn = 0; turn < LENGTHS.length; turn++) {
      const which = (round + turn) % LENGTHS.length;
      const secret = secrets[which]?.[round % 16] as Bytes;
      const start = process.hrtime.bigint();
      product(secret);
      samples[which]?.push(process.hrtime.bigint() - start);
    }
  }
  const typical = samples.map(quartile);
  return Math.max(...typical) / Math.min(...typical);
}

/** The smallest spread of up to six series, with no more series than it takes to be small enough. */
function leastSpread(product: Product, rounds: number): number {
  let least = spreadOf(product, rounds);
  for (let series = 1; series < SERIES_MAX && least > RATIO_MAX; series++) {
    least = Math.min(least, spreadOf(product, rounds));
  }
  return least;
}

const point = GROUP.multiplyBase(encodeScalar(ORDER - 5n));
const BOTH: readonly (readonly [Group, number])[] = [
  [GROUP, 400],
  [nobleGroup, 40],
];

test.each(BOTH.map(([group, rounds]) => ({ name: group.name, group, rounds })))(
  '$name: no secret product tells the length of its scalar',
  ({ group, rounds }) => {
    const base: Product = (secret) => group.multiplyBase(secret);
    const variable: Product = (secret) => group.multiply(point, secret);
    expect(leastSpread(base, rounds)).toBeLessThanOrEqual(RATIO_MAX);
    expect(leastSpread(variable, rounds)).toBeLessThanOrEqual(RATIO_MAX);
  },
);

test.each(BOTH.map(([group, rounds]) => ({ name: group.name, group, rounds })))(
  '$name: the measure sees that a public product does tell',
  ({ group, rounds }) => {
    const product: Product = (scalar) => group.multiplyPublic(point, scalar);
    expect(leastSpread(product, rounds)).toBeGreaterThan(RATIO_MAX);
  },
);

const onEd25519: Product = (secret) =>
  ED25519.encodePoint(ED25519.multiplyBase(parseInteger(secret) % ED25519.order));

test('ed25519: no secret product tells the length of its scalar', () => {
  expect(leastSpread(onEd25519, 40)).toBeLessThanOrEqual(RATIO_MAX);
});
