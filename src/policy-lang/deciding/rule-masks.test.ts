import { expect, test } from 'vitest';
import type { AssetId } from '#core/money.ts';
import { BANNED, VENDOR, policyOf, quote, snapshotOf } from '#testing/policy-fixtures.ts';
import { decide, decideProgram } from '#policy-lang/decide.ts';
import type { Snapshot } from '#policy-lang/snapshot.ts';
import { linkProgram } from './program.ts';

const rulesOf = (count: number, when: (number: number) => string): string =>
  Array.from(
    { length: count },
    (_, number) => `rule r${number} { when ${when(number)} then block because "x" }`,
  ).join('\n');

/** Which rules count; asked twice, as the second answer is remembered, and of rules looked up too. */
function matchedBy(rules: string, snapshot: Snapshot): readonly string[] {
  const policy = policyOf(rules);
  const first = decide(policy, snapshot);
  expect(decide(policy, snapshot)).toEqual(first);
  expect(decideProgram(linkProgram(policy.program, 0), snapshot)).toEqual(first);
  return first.matched.map(({ rule, outcome }) => `${rule} ${outcome}`);
}

const ask = (rules: string, request: Parameters<typeof snapshotOf>[0]): readonly string[] =>
  matchedBy(rules, snapshotOf(request));

test.each([1, 31, 32, 33, 64, 65, 128])('of %i rules the first and the last are found', (count) => {
  const rules = rulesOf(count, (n) => `wallet tagged "t${n}"`);
  const tags = ['t0', `t${count - 1}`, 'unheard-of'];
  const expected = [...new Set(['r0 matched', `r${count - 1} matched`])];
  expect(ask(rules, { wallet: { id: 'w', tags } })).toEqual(expected);
  expect(ask(rules, { wallet: { id: 'w', tags: [] } })).toEqual([]);
  expect(ask(rules, { wallet: { id: 'w' } })).toHaveLength(count);
});

test('a rule must be open to every fact of the request', () => {
  const rules = rulesOf(40, (n) =>
    [
      `wallet tagged "t${n % 4}"`,
      `wallet in [wallet "w${n % 3}"]`,
      `recipient is ${n % 2 === 0 ? VENDOR : BANNED}`,
      `initiator has role "role-${n % 5}"`,
    ].join(' and '),
  );
  const initiator = { id: 'alice', roles: ['role-4'] };
  const wallet = { id: 'w1', tags: ['t0', 't2'] };
  expect(ask(rules, { wallet, initiator, recipient: VENDOR })).toEqual([
    'r4 matched',
    'r34 matched',
  ]);
});

const USDC = 'USDC@ethereum' as AssetId;
const worth = (units: bigint, price = '1.00'): Snapshot => ({
  ...snapshotOf({ units }),
  prices: new Map([[USDC, [quote(price)]]]),
});

/** Each ends where the next one begins. */
const TIERS = rulesOf(4, (n) => `value > ${n * 100} USD and value <= ${n * 100 + 100} USD`);

test.each<[string, Snapshot, string]>([
  ['a base unit above', worth(100_000_001n), 'r1 matched'],
  ['exactly', worth(100_000_000n), 'r0 matched'],
  [
    'a hair below, by a price of many digits',
    worth(100_000_000n, '0.999999999999999999'),
    'r0 matched',
  ],
  [
    'a hair above, by a price of many digits',
    worth(100_000_000n, '1.000000000000000001'),
    'r1 matched',
  ],
])('a value %s a limit is in one tier', (_, snapshot, expected) => {
  expect(matchedBy(TIERS, snapshot)).toEqual([expected]);
});

test('without a price every rule with a limit is missing', () => {
  expect(matchedBy(TIERS, { ...worth(1n), prices: new Map() })).toEqual(
    [0, 1, 2, 3].map((n) => `r${n} missing`),
  );
});

const priced = (units: bigint): Snapshot => ({
  ...snapshotOf({ units }),
  prices: new Map([[USDC, [quote('1.00'), quote('0.90', 'EUR')]]]),
});

test('limits in several currencies, of fractions of a cent and beyond counting hold exactly', () => {
  const rules = `
    rule dollars { when value > 100 USD then block because "x" }
    rule dollars-too { when value > 50 USD then block because "x" }
    rule euros { when value > 90 EUR then block because "x" }
    rule endless { when value > 90,000,000,000,000,000 USD then block because "x" }`;
  expect(matchedBy(rules, priced(100_000_001n))).toEqual([
    'dollars matched',
    'dollars-too matched',
    'euros matched',
  ]);
  expect(matchedBy(rules, priced(100_000_000n))).toEqual(['dollars-too matched']);
  expect(matchedBy(rules, priced(90n * 10n ** 21n))).not.toContain('endless matched');
  expect(matchedBy(rules, priced(90n * 10n ** 21n + 1n))).toContain('endless matched');
});

test('an amount of one asset is compared in its own units', () => {
  const rules = rulesOf(
    3,
    (n) => `asset is USDC@ethereum and amount > ${n} USDC and amount < 3 USDC`,
  );
  expect(ask(rules, { units: 2_000_000n })).toEqual(['r0 matched', 'r1 matched']);
  expect(ask(rules, { units: 2_000_001n })).toHaveLength(3);
  expect(ask(rules, { units: 3_000_000n })).toEqual([]);
  expect(ask(rules, { asset: 'EURC@ethereum' as AssetId })).toEqual([]);
  expect(ask(rules, { units: undefined })).toHaveLength(3);
});

test('a decision that is given to several cannot be changed by one of them', () => {
  const policy = policyOf(rulesOf(1, () => 'always'));
  const decision = decide(policy, snapshotOf());
  expect(decide(policy, snapshotOf())).toBe(decision);
  expect(() => (decision.reasons as unknown[]).pop()).toThrow(TypeError);
});

test('a wallet that is not known matters to the rules that nothing else rules out', () => {
  const rules = rulesOf(
    4,
    (n) => `wallet in [wallet "w1"] and asset is ${n < 2 ? 'USDC' : 'EURC'}@ethereum`,
  );
  expect(ask(rules, { wallet: undefined })).toEqual(['r0 missing', 'r1 missing']);
  expect(ask(rules, { wallet: undefined, asset: 'DAI@ethereum' as AssetId })).toEqual([]);
  expect(ask(rules, { asset: undefined, wallet: { id: 'w2' } })).toEqual([]);
  expect(ask(rules, { asset: undefined, wallet: { id: 'w1' } })).toHaveLength(4);
});
