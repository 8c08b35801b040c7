import fc from 'fast-check';
import { expect, test } from 'vitest';
import { HEADER, fuzz, policyOf } from '#testing/policy-fixtures.ts';
import { pointsAround } from './cells.ts';
import { type Way, tryWay, waysAround, waysOfLoosening } from './prove.ts';
import { snapshotOf } from './request.ts';

const ATOMS = [
  'wallet tagged "a"',
  'wallet tagged "b"',
  'recipient in approved-vendors',
  'recipient not in banned',
  'asset is USDC@ethereum',
  'value > 100 USD',
  'value >= 100 USD',
  'value < 50 EUR',
  '(asset is USDC@ethereum and amount > 7 USDC)',
  'sum(value) over last 24h by wallet > 200 USD',
  'sum(value) over last 7d by wallet excluding this >= 300 USD',
];
const EFFECTS = [
  'allow',
  'allow',
  'block',
  'require approval by 1 of managers',
  'require approval by 2 of managers',
  'allow with approval by 1 of directors',
  'allow if missing data then block',
  'require approval by 1 of managers, expires after 2h if missing data then allow',
];
const condition = fc.letrec<{ expression: string }>((tie) => ({
  expression: fc.oneof(
    { maxDepth: 2, withCrossShrink: true },
    fc.constantFrom(...ATOMS),
    tie('expression').map((part) => `not (${part})`),
    fc.tuple(tie('expression'), tie('expression')).map(([l, r]) => `(${l} and ${r})`),
    fc.tuple(tie('expression'), tie('expression')).map(([l, r]) => `(${l} or ${r})`),
  ),
})).expression;
const rules = fc
  .array(fc.tuple(condition, fc.constantFrom(...EFFECTS)), { minLength: 1, maxLength: 4 })
  .map((parts) => parts.map(([when, then], n) => `rule r${n} { when ${when} then ${then} }`))
  .map((texts) => texts.join('\n'));
const claim = fc
  .tuple(
    condition,
    fc.constantFrom(
      'allow',
      'allow without approval by 1 of managers',
      'allow without approval by 1 of managers, expires after 1h',
      'block',
    ),
  )
  .map(([where, never]) => `for all transfer where ${where} never ${never}`);

/** A request around the limits that breaks the claim, as the evaluator sees it. */
function brokenCell({ model, assets, clauses, isBroken }: Way) {
  for (const point of pointsAround(model, assets, clauses, 3_000)) {
    const snapshot = snapshotOf(model, point);
    if (isBroken(snapshot)) return snapshot;
  }
  return undefined;
}

function agrees(ways: readonly Way[]): void {
  for (const way of ways) {
    const verdict = tryWay(way);
    expect(verdict.kind).not.toBe('unknown');
    if (verdict.kind === 'proved') proved++;
    if (ways.every((other) => tryWay(other).kind === 'proved')) {
      expect(brokenCell(way)).toBeUndefined();
    }
  }
}

let proved = 0;

test('what the search proves, no request around the limits breaks', () => {
  proved = 0;
  fc.assert(
    fc.property(rules, claim, fc.boolean(), (text, promise, allow) => {
      const header = allow ? HEADER.replace('otherwise block', 'otherwise allow') : HEADER;
      const policy = policyOf(`${text} prove "x" { ${promise} }`, header);
      const found = policy.proves[0]?.claim;
      if (found?.kind === 'never') agrees(waysAround(policy.program, found));
    }),
    fuzz(60),
  );
  expect(proved).toBeGreaterThan(5);
});

test('what the search finds no looser, no request around the limits finds looser', () => {
  proved = 0;
  fc.assert(
    fc.property(rules, rules, (before, after) => {
      agrees(waysOfLoosening(policyOf(before).program, policyOf(after).program));
    }),
    fuzz(40),
  );
  expect(proved).toBeGreaterThan(5);
});
