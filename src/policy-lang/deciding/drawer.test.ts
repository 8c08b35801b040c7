import { expect, test } from 'vitest';
import type { AssetId } from '#core/money.ts';
import { BANNED, STRANGER, VENDOR, policyOf, snapshotOf } from '#testing/policy-fixtures.ts';
import { decideProgram } from '#policy-lang/decide.ts';
import { linkProgram } from './program.ts';

/** One rule for each of many tags, wallets, roles and lists: enough that every kind is looked up. */
const many = (condition: (number: number) => string): string =>
  Array.from(
    { length: 12 },
    (_, number) => `rule r${number} { when ${condition(number)} then block because "x" }`,
  ).join('\n');

const matchedBy = (rules: string, request: Parameters<typeof snapshotOf>[0]): readonly string[] =>
  decideProgram(linkProgram(policyOf(rules).program, 0), snapshotOf(request)).matched.map(
    ({ rule, outcome }) => `${rule} ${outcome}`,
  );

const ALL_MISSING = Array.from({ length: 12 }, (_, number) => `r${number} missing`);
const without = (field: 'wallet' | 'initiator' | 'asset' | 'recipient') => ({ [field]: undefined });

test.each<[string, (number: number) => string, Parameters<typeof snapshotOf>[0]]>([
  ['tags', (n) => `wallet tagged "t${n}"`, { wallet: { id: 'w' } }],
  ['the wallet', (n) => `wallet in [wallet "w${n}"]`, without('wallet')],
  ['roles', (n) => `initiator has role "r${n}"`, without('initiator')],
  ['the asset', () => 'asset is EURC@ethereum', without('asset')],
  ['the recipient', () => `recipient is ${BANNED}`, without('recipient')],
  ['a readable recipient', () => `recipient is ${BANNED}`, { recipient: 'nonsense' }],
])('while %s is missing, every rule that is filed by it is tried', (_, condition, request) => {
  expect(matchedBy(many(condition), request as never)).toEqual(ALL_MISSING);
});

test.each<[string, (number: number) => string, Parameters<typeof snapshotOf>[0], string[]]>([
  [
    'a tag',
    (n) => `wallet tagged "t${n}"`,
    { wallet: { id: 'w', tags: ['t3', 't9'] } },
    ['r3', 'r9'],
  ],
  [
    'several tags of one rule',
    (n) => `wallet tags has any of ["t${n}", "t${n + 1}"]`,
    { wallet: { id: 'w', tags: ['t4', 't5', 't5'] } },
    ['r3', 'r4', 'r5'],
  ],
  [
    'all tags of a rule',
    (n) => `wallet tags has all of ["t${n}", "t${n + 1}"]`,
    { wallet: { id: 'w', tags: ['t5', 't4'] } },
    ['r4'],
  ],
  ['a wallet', (n) => `wallet in [wallet "w${n}"]`, { wallet: { id: 'w7' } }, ['r7']],
  [
    'a recipient in any spelling',
    (n) => `recipient is ${n === 5 ? BANNED : STRANGER}`,
    { recipient: BANNED.toLowerCase() },
    ['r5'],
  ],
  [
    'what is not in a list',
    (n) => `recipient not in [${n === 5 ? VENDOR : STRANGER}] and asset is USDC@ethereum`,
    {},
    ['r0', 'r1', 'r2', 'r3', 'r4', 'r6', 'r7', 'r8', 'r9', 'r10', 'r11'],
  ],
  [
    'an asset among several',
    (n) => `asset in [USDC@polygon, ${n === 2 ? 'EURC' : 'USDC'}@ethereum]`,
    { asset: 'EURC@ethereum' as AssetId },
    ['r2'],
  ],
])('a rule is found by %s', (_, condition, request, rules) => {
  const found = rules.map((rule) => `${rule} matched`);
  expect(matchedBy(many(condition), request)).toEqual(found);
  expect(matchedBy(many(condition), request)).toEqual(found);
});

test('lists that share addresses find the rules of each', () => {
  const rules = many(
    (n) => `recipient in [${VENDOR}, ${n % 2 === 0 ? BANNED : STRANGER}] and value > 1 USD`,
  );
  expect(matchedBy(rules, { recipient: BANNED })).toHaveLength(6);
  expect(matchedBy(rules, { recipient: VENDOR })).toHaveLength(12);
});

test('more hits than a few are in the order of the files', () => {
  const rules = Array.from(
    { length: 40 },
    (_, n) =>
      `rule r${n} { when ${n % 2 === 0 ? 'wallet tagged "payments"' : 'recipient in approved-vendors'} then block because "x" }`,
  ).join('\n');
  expect(matchedBy(rules, {})).toEqual(Array.from({ length: 40 }, (_, n) => `r${n} matched`));
});
