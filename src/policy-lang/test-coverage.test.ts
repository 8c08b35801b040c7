import { expect, test } from 'vitest';
import { VENDOR, policyOf } from '#testing/policy-fixtures.ts';
import { coverageOf } from './test-coverage.ts';

const RULE = `
rule vendors "Vendors" { when wallet tagged "ops" and recipient in approved-vendors then allow }
rule large "Large" { when value > 1,000 USD then block }`;

/** A test that pays this much, from a wallet with or without the tag, to the vendor or not. */
const pays = (amount: string, tag = 'ops', recipient = VENDOR) => `
test "${amount} ${tag} ${recipient}" {
  given transfer {
    wallet = "wa-1" tags ["${tag}"]; asset = USDC@ethereum; amount = ${amount} USDC; recipient = ${recipient};
  }
  given price USDC@ethereum = 1.00 USD
  expect not matched large
}`;

const coverage = (...tests: string[]) => coverageOf(policyOf(`${RULE}${tests.join('')}`));
const STRANGER = '0x0000000000000000000000000000000000000001';

test('without tests nothing is covered', () => {
  expect(coverage()).toMatchObject({
    rulesMatched: 0,
    atoms: 3,
    atomsDecided: 0,
    sides: 3,
    sidesTried: 0,
  });
});

test('a comparison is covered once it was true and false and made the difference both times', () => {
  const [vendors] = coverage(pays('5'), pays('5', 'other', STRANGER)).rules;
  // In the second test both are false: neither alone makes a difference.
  expect(vendors).toMatchObject({
    matched: 1,
    notMatched: 1,
    atoms: [
      { isTrue: true, isFalse: true, decidesTrue: true, decidesFalse: false },
      { isTrue: true, isFalse: true, decidesTrue: true, decidesFalse: false },
    ],
  });
  const all = coverage(pays('5'), pays('5', 'other'), pays('5', 'ops', STRANGER));
  expect(all.rules[0]?.atoms.every((atom) => atom.decidesTrue && atom.decidesFalse)).toBe(true);
});

test('comparisons read as the author would write them', () => {
  const texts = coverage().rules.flatMap(({ atoms }) => atoms.map(({ text }) => text));
  expect(texts).toEqual([
    'wallet tagged "ops"',
    'recipient in approved-vendors',
    'value > 1,000 USD',
  ]);
});

test.each([
  ['999.99', { below: true, at: false, above: false }],
  ['999.995', { below: true, at: false, above: false }],
  ['999.98', { below: false, at: false, above: false }],
  ['1,000', { below: false, at: true, above: false }],
  ['1,000.01', { below: false, at: false, above: true }],
  ['1,000.02', { below: false, at: false, above: false }],
])('a payment of %s tries the sides of a limit of 1,000 USD: %j', (amount, sides) => {
  const [, large] = coverage(pays(amount)).rules;
  expect(large?.boundaries).toEqual([{ text: 'value > 1,000 USD', ...sides }]);
});

test('totals have sides, too, with the request in them', () => {
  const policy = policyOf(`
rule daily "Daily" { when sum(value) over last 24h by wallet > 100 USD then block }
test "a" {
  given transfer { wallet = "wa-1" tags []; asset = USDC@ethereum; amount = 40 USDC; }
  given price USDC@ethereum = 1.00 USD
  given history sum(value) over last 24h by wallet = 60.01 USD
  expect block
}`);
  expect(coverageOf(policy).rules[0]?.boundaries).toEqual([
    expect.objectContaining({ below: false, at: false, above: true }),
  ]);
});
