import fc from 'fast-check';
import { expect, test } from 'vitest';
import { HEADER, fuzz, policyOf } from '#testing/policy-fixtures.ts';
import { randomPromise, randomRules } from '#testing/random-promises.ts';
import { pointsAround } from './cells.ts';
import { type Way, tryWay, waysAround, waysOfLoosening } from './prove.ts';
import { snapshotOf } from './request.ts';

/** A request around the limits that breaks the claim, as the evaluator sees it. */
function brokenCell({ model, assets, clauses, isBroken }: Way) {
  for (const point of pointsAround(model, assets, clauses, 2_000)) {
    const snapshot = snapshotOf(model, point);
    if (isBroken(snapshot)) return snapshot;
  }
  return undefined;
}

let proved = 0;

function agrees(ways: readonly Way[]): void {
  const verdicts = ways.map((way) => tryWay(way));
  expect(verdicts.filter(({ kind }) => kind === 'unknown')).toEqual([]);
  if (verdicts.some(({ kind }) => kind === 'broken')) return;
  proved++;
  for (const way of ways) expect(brokenCell(way)).toBeUndefined();
}

test('what the search proves, no request around the limits breaks', () => {
  proved = 0;
  fc.assert(
    fc.property(randomRules, randomPromise, fc.boolean(), (text, promise, allow) => {
      const header = allow ? HEADER.replace('otherwise block', 'otherwise allow') : HEADER;
      const policy = policyOf(`${text} ${promise}`, header);
      const found = policy.proves[0]?.claim;
      if (found?.kind === 'never') agrees(waysAround(policy.program, found));
    }),
    fuzz(25),
  );
  expect(proved).toBeGreaterThan(2);
});

test('what the search finds no looser, no request around the limits finds looser', () => {
  proved = 0;
  fc.assert(
    fc.property(randomRules, randomRules, (before, after) => {
      agrees(waysOfLoosening(policyOf(before).program, policyOf(after).program));
    }),
    fuzz(12),
  );
  expect(proved).toBeGreaterThan(2);
});
