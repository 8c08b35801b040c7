import { expect, test } from 'vitest';
import type { Decision } from '#policy-lang/decision.ts';
import { KnownDecisions } from './known-decisions.ts';

/** Told apart by its version alone. */
const decisionOf = (version: number): Decision => ({
  outcome: 'ALLOW',
  reasons: [],
  requirements: [],
  flags: [],
  matched: [],
  policy: { hash: '', version },
});

const setOf = (number: number, width: number): Int32Array =>
  Int32Array.from({ length: width }, (_, word) => (word === number % width ? number + 1 : 0));

test.each([1, 2, 4])('sets of %i words are told apart, however many there are', (width) => {
  const known = new KnownDecisions(width);
  for (let number = 0; number < 3_000; number++) {
    expect(known.get(setOf(number, width))).toBeUndefined();
    known.set(setOf(number, width), decisionOf(number));
  }
  for (let number = 0; number < 3_000; number++) {
    expect(known.get(setOf(number, width))?.policy.version).toBe(number);
  }
});

test('no rule at all is a set too', () => {
  const known = new KnownDecisions(1);
  expect(known.get(setOf(-1, 1))).toBeUndefined();
  known.set(setOf(-1, 1), decisionOf(7));
  expect(known.get(setOf(-1, 1))?.policy.version).toBe(7);
});

test('what is remembered is bounded', () => {
  const known = new KnownDecisions(1);
  for (let number = 0; number < 20_000; number++) known.set(setOf(number, 1), decisionOf(number));
  const kept = Array.from({ length: 20_000 }, (_, number) => known.get(setOf(number, 1)));
  const left = kept.filter((decision) => decision !== undefined);
  expect(left.length).toBeLessThanOrEqual(4_096);
  expect(kept.at(-1)?.policy.version).toBe(19_999);
  expect(kept.every((one, number) => one === undefined || one.policy.version === number)).toBe(
    true,
  );
});
