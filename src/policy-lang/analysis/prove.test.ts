import { expect, test } from 'vitest';
import { policyOf } from '#testing/policy-fixtures.ts';
import type { CheckedClaim } from '#policy-lang/checking/checked-policy.ts';
import { decide } from '#policy-lang/decide.ts';
import { tryWays, waysAround } from './prove.ts';

const VENDORS =
  'rule vendors { when wallet tagged "payments" and recipient in approved-vendors then allow }';
const LIMIT = 'rule limit { when sum(value) over last 24h by wallet > 250,000 USD then block }';
const MANAGERS = 'rule managers { when value > 10,000 USD then require approval by 1 of managers }';
const SEED = `${VENDORS} ${LIMIT} ${MANAGERS}`;

function claimOf(text: string): Extract<CheckedClaim, { kind: 'never' }> {
  const policy = policyOf(`${SEED} prove "x" { ${text} }`);
  const [claim] = policy.proves.map((prove) => prove.claim);
  if (claim?.kind !== 'never') throw new Error('no claim');
  return claim;
}

test.each([
  [SEED, 'for all transfer where value > 10,000 USD never allow without approval by 1 of managers'],
  [SEED, 'for all transfer where value > 250,000 USD never allow'],
  [SEED, 'for all transfer where not wallet tagged "payments" never allow'],
  [SEED, 'for all transfer where recipient in banned never allow'],
  [
    `${VENDORS} rule low { when value <= 50,000 USD then require approval by 1 of managers }
     rule high { when value > 50,000 USD then require approval by 2 of managers }`,
    'for all transfer never allow without approval by 1 of managers',
  ],
  [
    `${SEED} rule free { when asset is ETH@ethereum and amount < 1 ETH then allow }`,
    'for all transfer where asset is ETH@ethereum and amount >= 1 ETH and not recipient in approved-vendors never allow',
  ],
])('rules keep a promise: %#', (rules, text) => {
  const claim = claimOf(text);
  expect(tryWays(waysAround(policyOf(rules).program, claim))).toEqual({ kind: 'proved' });
});

test.each([
  [
    SEED,
    'for all transfer where value >= 10,000 USD never allow without approval by 1 of managers',
  ],
  [SEED, 'for all transfer where value > 10,000 USD never allow without approval by 2 of managers'],
  [
    SEED,
    'for all transfer where value > 10,000 USD never allow without approval by 1 of directors',
  ],
  [SEED, 'for all transfer where value >= 250,000 USD never allow'],
  [SEED, 'for all transfer where recipient in approved-vendors never block'],
  [
    `${VENDORS} ${LIMIT}`,
    'for all transfer where value > 10,000 USD never allow without approval by 1 of managers',
  ],
  [
    `${VENDORS} rule low { when value < 50,000 USD then require approval by 1 of managers }
     rule high { when value > 50,000 USD then require approval by 2 of managers }`,
    'for all transfer never allow without approval by 1 of managers',
  ],
  [
    `${SEED} rule free { when asset is ETH@ethereum and amount <= 1 ETH then allow }`,
    'for all transfer where asset is ETH@ethereum and amount >= 1 ETH and not recipient in approved-vendors never allow',
  ],
])('rules break a promise: %#', (rules, text) => {
  const claim = claimOf(text);
  const policy = policyOf(rules);
  const verdict = tryWays(waysAround(policy.program, claim));
  expect(verdict.kind).toBe('broken');
  if (verdict.kind !== 'broken' || verdict.example === undefined) return;
  const decision = decide(policy, { ...verdict.example, now: policy.effective.from });
  expect(decision.outcome === 'BLOCK').toBe(claim.effect === 'block');
});
