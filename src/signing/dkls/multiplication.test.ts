import { hash } from 'node:crypto';
import { expect, test } from 'vitest';
import { type Bytes, concat, utf8 } from '#core/bytes.ts';
import { ORDER, type Scalar, mod, randomScalar } from '#signing/curve.ts';
import { idealTransfers } from '#signing/ideal-transfers.ts';
import { seededRandom } from '#signing/simulator.ts';
import { digest, hashToScalar } from '#signing/transcript.ts';
import { packScalars, unpackScalars } from '#signing/wire.ts';
import { bitAt } from './base-ot.ts';
import {
  type Answer,
  type Shares,
  acceptRequest,
  beginAsBob,
  finishAsBob,
  multiplyAsAlice,
} from './multiplication.ts';
import { COLUMN_BYTES, ROW_BYTES, TRANSFERS } from './ot-extension.ts';

const random = seededRandom('multiplication.test');
const { alice, bob } = idealTransfers(random);
const session = digest('multiplication.test', utf8('session'));
const choices = random(COLUMN_BYTES);
const { request, state } = beginAsBob(bob, session, () => choices);
const rows = acceptRequest(alice, session, request) as Bytes;
const answerTo = (inputs: readonly [Scalar, Scalar]) =>
  multiplyAsAlice({ delta: alice.delta, rows, session, inputs, random });

test.each([
  ['random inputs', randomScalar(random), randomScalar(random)],
  ['0 and 1', 0n, 1n],
  ['the largest inputs', ORDER - 1n, ORDER - 1n],
])('the shares of both sides add up to chi times %s', (_, first, second) => {
  const { answer, shares } = answerTo([first, second]);
  const others = finishAsBob(state, answer) as Shares;
  expect(mod(shares[0] + others[0])).toBe(mod(first * state.chi));
  expect(mod(shares[1] + others[1])).toBe(mod(second * state.chi));
});

test("chi is fixed by Bob's choices and differs from session to session", () => {
  const other = beginAsBob(bob, random(32), random);
  expect(other.state.chi).not.toBe(state.chi);
});

const { answer: honest } = answerTo([5n, 7n]);

const bump = (list: Answer['checks'], at: number) =>
  packScalars(unpackScalars(list).map((one, i) => (i === at ? mod(one + 1n) : one)));

test.each<[string, Partial<Answer>]>([
  ['the first correction', { corrections: bump(honest.corrections, 0) }],
  ['a correction of the second input', { corrections: bump(honest.corrections, 4 * 300 + 1) }],
  ['the last correction', { corrections: bump(honest.corrections, 4 * TRANSFERS - 1) }],
  ['the first check', { checks: bump(honest.checks, 0) }],
  ['the second check', { checks: bump(honest.checks, 1) }],
  ['the digest', { checkDigest: new Uint8Array(32) }],
])('an answer with another %s fails its check', (_, altered) => {
  expect(finishAsBob(state, honest)).toBeDefined();
  expect(finishAsBob(state, { ...honest, ...altered })).toBeUndefined();
});

test("an answer in another session's terms fails its check", () => {
  const elsewhere = { ...state, session: random(32) };
  expect(finishAsBob(elsewhere, honest)).toBeUndefined();
});

/** The four scalars of a row, written from the page. */
function scalarsOf(j: number, row: Bytes): bigint[] {
  const prefix = digest('ot-extension/row', session);
  return [0, 1].flatMap((half) => {
    const bytes = hash(
      'sha512',
      concat(prefix, Uint8Array.of(j >> 8, j & 0xff, half), row),
      'buffer',
    );
    return [bytes.subarray(0, 32), bytes.subarray(32)].map((part) =>
      mod(BigInt(`0x${Buffer.from(part).toString('hex')}`)),
    );
  });
}

/** An Alice written from the page, with a vector of her choice in every transfer. */
function aliceWith(claimed: readonly Scalar[], vectorOf: (j: number) => readonly Scalar[]): Answer {
  const zeros: bigint[][] = [];
  const tau: Scalar[] = [];
  for (let j = 0; j < TRANSFERS; j++) {
    const row = rows.slice(j * ROW_BYTES, (j + 1) * ROW_BYTES);
    const zero = scalarsOf(j, row);
    const one = scalarsOf(
      j,
      row.map((byte, at) => byte ^ (alice.delta[at] as number)),
    );
    zeros.push(zero);
    for (let k = 0; k < 4; k++) {
      const input = vectorOf(j)[k] as Scalar;
      tau.push(mod((zero[k] as bigint) - (one[k] as bigint) + input));
    }
  }
  const corrections = packScalars(tau);
  const fixed = digest('multiplication/corrections', session, corrections);
  const combine = (vector: readonly bigint[], i: number): bigint =>
    [0, 1].reduce(
      (sum, k) => sum + hashToScalar('multiplication/theta', fixed, i, k) * (vector[k] as bigint),
      vector[2 + i] as bigint,
    );
  const combinations = zeros.flatMap((zero) => [0, 1].map((i) => mod(-combine(zero, i))));
  return {
    corrections,
    checks: packScalars([0, 1].map((i) => mod(combine(claimed, i)))),
    checkDigest: digest('multiplication/mu', session, packScalars(combinations)),
  };
}

const VECTOR = [5n, 7n, 11n, 13n];

test('an Alice written from the page passes', () => {
  expect(
    finishAsBob(
      state,
      aliceWith(VECTOR, () => VECTOR),
    ),
  ).toBeDefined();
});

test.each([
  ['the first input', [6n, 7n, 11n, 13n]],
  ['the second input', [5n, 8n, 11n, 13n]],
  ['a check input', [5n, 7n, 12n, 13n]],
])('another value of %s in one transfer passes exactly where Bob chose 0 there', (_, other) => {
  const transfers = [0, 1, 2, 3, 255, 256, 414, 415];
  expect(new Set(transfers.map((j) => bitAt(choices, j))).size).toBe(2);
  for (const cheated of transfers) {
    const answer = aliceWith(VECTOR, (j) => (j === cheated ? other : VECTOR));
    const passes = finishAsBob(state, answer) !== undefined;
    expect(passes).toBe(bitAt(choices, cheated) === 0);
  }
});

test('two different inputs in the two halves of the transfers fail the check', () => {
  const answer = aliceWith(VECTOR, (j) => (j < TRANSFERS / 2 ? VECTOR : [6n, 8n, 11n, 13n]));
  expect(finishAsBob(state, answer)).toBeUndefined();
});
