import { expect, test } from 'vitest';
import { STRANGER, VENDOR, policyOf } from '#testing/policy-fixtures.ts';
import { runTests } from './run-tests.ts';

const RULES = `
rule vendor-list { when recipient in approved-vendors then allow because "x" }
rule banned { when recipient in banned then block "Banned" }
rule limit { when sum(value) over last 24h by wallet > 250,000 USD then block "Limit" }
rule big {
  when value > 10,000 USD
  then require approval by 2 of managers and by 1 of directors, expires after 24h
  because "x"
}
`;
const GIVEN = `
  given transfer { asset = USDC@ethereum; amount = 50,000 USDC; recipient = ${VENDOR}; }
  given price USDC@ethereum = 1.00 USD
  given history sum(value) over last 24h by wallet = 0 USD`;
const SMALL = GIVEN.replace('50,000', '5');

/** The failures of one test with these expectations. */
const failures = (given: string, expectations: string): readonly string[] => {
  const [only] = runTests(policyOf(`${RULES} test "t" { ${given} ${expectations} }`)).tests;
  expect(only?.passed).toBe(only?.failures.length === 0);
  return only?.failures.map(({ message }) => message) ?? ['no test'];
};

test.each([
  [GIVEN, 'expect require approval by 1 of directors and by 2 of managers'],
  [GIVEN, 'expect require approval by 2 of managers and by 1 of directors, expires after 24h'],
  [GIVEN, 'expect require approval by 2 of managers and by 1 of directors by big'],
  [GIVEN, 'expect matched vendor-list, big expect not matched banned, limit'],
  [SMALL, 'expect allow'],
  [
    `${SMALL} given list approved-vendors = [${STRANGER}]`,
    'expect block by otherwise expect not matched vendor-list',
  ],
  [`${SMALL} given list banned = [${VENDOR}]`, 'expect block "Banned" by banned'],
  [GIVEN.replace('= 0 USD', '= 200,000.01 USD'), 'expect block by limit'],
  [
    `${GIVEN} given group managers = ["bob", "carol"] given group directors = ["dave"]`,
    'expect matched big',
  ],
])('%s %s passes', (given, expectations) => {
  expect(failures(given, expectations)).toEqual([]);
});

test.each([
  [
    GIVEN,
    'expect allow',
    /Expected allow. The policy requires approval by 1 of directors and by 2 of managers/,
  ],
  [SMALL, 'expect block', /Expected block. The policy allows the transfer/],
  [
    SMALL,
    'expect require approval by 1 of managers',
    /Expected approval by 1 of managers. The policy allows/,
  ],
  [
    GIVEN,
    'expect require approval by 1 of managers',
    /Expected approval by 1 of managers. The policy requires/,
  ],
  [
    GIVEN,
    'expect require approval by 2 of managers and by 1 of directors, expires after 1h',
    /expires after 24 hours/,
  ],
  [
    GIVEN,
    'expect require approval by 2 of managers and by 1 of directors by limit',
    /Expected the rule limit to ask/,
  ],
  [SMALL, 'expect matched big', /The rule big did not match: 5 USDC is worth 5.00 USD, below/],
  [
    SMALL,
    'expect not matched vendor-list',
    /The rule vendor-list matched: The recipient Vendor XYZ/,
  ],
  [
    `${SMALL} given list banned = [${VENDOR}]`,
    'expect block by limit',
    /Expected block by limit. The policy blocks the transfer: Banned \(banned\)/,
  ],
  [`${SMALL} given list banned = [${VENDOR}]`, 'expect block "No"', /Expected the message "No"/],
  [
    `${GIVEN} given group managers = ["bob"] given group directors = ["dave"]`,
    'expect matched big',
    /too few to approve/,
  ],
])('%s %s fails and says why', (given, expectations, message) => {
  expect(failures(given, expectations)).toEqual([expect.stringMatching(message)]);
});

test('what a test does not give is missing, so an undecided rule fails both expectations', () => {
  const given = `given transfer { asset = USDC@ethereum; amount = 5 USDC; recipient = ${VENDOR}; }`;
  const undecided = /The rule big is undecided: Not known: the price of USDC@ethereum in USD/;
  expect(failures(given, 'expect matched big')).toEqual([expect.stringMatching(undecided)]);
  expect(failures(given, 'expect not matched big')).toEqual([expect.stringMatching(undecided)]);
  expect(failures(given, 'expect block by limit')).toEqual([]);
});

test('an amount without its asset stays missing: its decimals are not known', () => {
  const given = `given transfer { amount = 5 USDC; recipient = ${VENDOR}; }`;
  const missing = /The rule big is undecided: Not known: the asset/;
  expect(failures(given, 'expect matched big')).toEqual([expect.stringMatching(missing)]);
});

test('the report counts', () => {
  const text = `${RULES} test "a" { ${SMALL} expect allow } test "b" { ${SMALL} expect block }`;
  const { passed, failed, tests } = runTests(policyOf(text));
  expect([passed, failed]).toEqual([1, 1]);
  expect(tests.map(({ title, span }) => [title, span.start.line])).toEqual([
    ['a', 20],
    ['b', 23],
  ]);
});
