import fc from 'fast-check';
import { expect, test } from 'vitest';
import { compileBundle } from '#policy-lang/compile-bundle.ts';
import { decide } from '#policy-lang/decide.ts';
import type { Snapshot } from '#policy-lang/snapshot.ts';
import { STRANGER, VENDOR, WORLD, fuzz, snapshotOf } from '#testing/policy-fixtures.ts';
import { importTap } from './import-tap.ts';
import { readTapRules } from './read-tap.ts';
import { NO_MAP, readTapMap } from './tap-map.ts';

const MAP = readTapMap(
  JSON.stringify({
    assets: { USDC: 'USDC@ethereum', ETH: 'ETH@ethereum' },
    wallets: { '0': 'wa-ops', '1': 'wa-other' },
    users: { u1: 'alice@acme.example', u2: 'bob@acme.example', u3: 'carol@acme.example' },
    groups: { g1: ['bob@acme.example', 'carol@acme.example'] },
    addresses: { w1: [VENDOR] },
  }),
);

const rule = (more: object = {}) => ({
  type: 'TRANSFER',
  action: 'ALLOW',
  asset: '*',
  amount: '0',
  amountCurrency: 'USD',
  amountScope: 'SINGLE_TX',
  periodSec: 0,
  operators: { wildcard: '*' },
  ...more,
});
const TWO_TIER = {
  action: '2-TIER',
  authorizationGroups: { logic: 'AND', groups: [{ usersGroups: ['g1'], th: 1 }] },
};

const imported = (rules: readonly object[], map = MAP) =>
  importTap(readTapRules(JSON.stringify(rules)), map, '2026-07-01T00:00 UTC');

function policyFrom(rules: readonly object[], map = MAP) {
  const { policy, diagnostics } = compileBundle(imported(rules, map).files, WORLD);
  if (policy === undefined) throw new Error(JSON.stringify(diagnostics));
  return policy;
}

const payment = (dollars: number, more: Partial<Snapshot['request']> = {}) =>
  snapshotOf({
    units: BigInt(dollars) * 1_000_000n,
    initiator: { id: 'usr-1', email: 'alice@acme.example' },
    ...more,
  });

const answers = (rules: readonly object[], ...snapshots: readonly Snapshot[]) => {
  const policy = policyFrom(rules);
  return snapshots.map((snapshot) => decide(policy, snapshot).outcome);
};

test('the first rule that matches decides, and what none matches is blocked', () => {
  const tiers = [
    rule({ action: 'BLOCK', amount: '10000' }),
    rule({ ...TWO_TIER, amount: 1000 }),
    rule({ dst: { ids: [['w1', 'UNMANAGED', 'INTERNAL']] } }),
  ];
  expect(
    answers(
      tiers,
      payment(10_001),
      payment(10_000),
      payment(1_000),
      payment(5, { recipient: STRANGER }),
    ),
  ).toEqual(['BLOCK', 'PENDING', 'ALLOW', 'BLOCK']);
  expect(answers([rule(), rule({ action: 'BLOCK' })], payment(5))).toEqual(['ALLOW']);
  expect(answers([rule({ action: 'BLOCK' }), rule()], payment(5))).toEqual(['BLOCK']);
});

test.each([
  [{ operators: { users: ['u1'] } }, 'ALLOW'],
  [{ operators: { users: ['u2'], usersGroups: ['g1'] } }, 'BLOCK'],
  [{ operators: undefined, operator: 'u2' }, 'BLOCK'],
  [{ src: { ids: [['0', 'VAULT', '*']] } }, 'ALLOW'],
  [{ src: { ids: [['1', 'VAULT', '*']] } }, 'BLOCK'],
  [{ srcType: 'VAULT', srcId: '*' }, 'ALLOW'],
  [{ asset: 'USDC' }, 'ALLOW'],
  [{ asset: 'ETH' }, 'BLOCK'],
  [{ asset: 'USDC', amountCurrency: 'NATIVE', amount: '99.5' }, 'ALLOW'],
  [{ asset: 'USDC', amountCurrency: 'NATIVE', amount: '100' }, 'BLOCK'],
  [{ dst: { ids: [['w1', 'UNMANAGED']] }, dstAddressType: 'WHITELISTED' }, 'ALLOW'],
  [{ transactionType: 'CONTRACT_CALL' }, 'BLOCK'],
])('an allow with %j: %s', (more, outcome) => {
  expect(answers([rule(more)], payment(100))).toEqual([outcome]);
});

test('a total blocks what comes on top, and approvals name the people of the map', () => {
  const total = rule({
    action: 'BLOCK',
    amount: '100',
    amountScope: 'TIMEFRAME',
    periodSec: 86_400,
  });
  const { files, notes } = imported([total, rule(TWO_TIER)]);
  expect(files[0]?.content).toContain('let tap-1 = sum(value) over last 24h > 100 USD');
  expect(files[0]?.content).toContain(
    'allow with approval by 1 of tap-2-approvers-1, not by initiator',
  );
  expect(files.find(({ path }) => path === 'groups.yaml')?.content).toBe(
    'tap-2-approvers-1: [bob@acme.example, carol@acme.example]\n',
  );
  expect(notes).toContainEqual({
    rule: 1,
    kind: 'stricter',
    message: 'The total adds up every transfer, not only those that match the rule.',
  });
});

test.each([
  ['an asset', { asset: 'DOGE' }, /asset DOGE, which the map does not name/],
  ['a vault', { src: { ids: [['9', 'VAULT', '*']] } }, /source VAULT 9/],
  ['an exchange', { src: { ids: [['9', 'EXCHANGE_ACCOUNT', '*']] } }, /source EXCHANGE_ACCOUNT 9/],
  ['a destination', { dst: { ids: [['*', 'UNMANAGED', 'INTERNAL']] } }, /destination UNMANAGED/],
  ['one-time addresses', { dstAddressType: 'ONE_TIME' }, /destinations that are ONE_TIME/],
  ['a user', { operators: { users: ['u9'] } }, /the user u9/],
  ['a service', { operators: { services: ['dapp'] } }, /the services dapp/],
  ['a field of tomorrow', { quantum: true }, /the field quantum/],
  ['a part of a cent', { amount: '1.005' }, /a part of a cent/],
  [
    'an allowance above a total',
    { amount: '5', amountScope: 'TIMEFRAME', periodSec: 60 },
    /above a total/,
  ],
  ['a type', { transactionType: 'STAKE' }, /the type STAKE/],
])(
  'what cannot be said of %s blocks what the rest of the rule matches, and is told',
  (_, more, gap) => {
    const { notes, files } = imported([rule(more), rule()]);
    const leftOut = notes.filter(({ kind }) => kind === 'left out');
    expect(leftOut).toMatchObject([{ rule: 1, message: expect.stringMatching(gap) }]);
    expect(files[0]?.content).toContain('# left out: ');
    expect(files[0]?.content).toContain('then    block "TAP rule 1"');
    if (!('transactionType' in more))
      expect(answers([rule(more), rule()], payment(100))[0]).toBe('BLOCK');
  },
);

test('designated signers approve', () => {
  const rules = [rule({ designatedSigners: { users: ['u2'] } })];
  expect(imported(rules).files[0]?.content).toContain('allow with approval by 1 of tap-1-signers');
  expect(answers(rules, payment(5))).toEqual(['PENDING']);
  expect(answers([rule({ designatedSigner: 'u9' })], payment(5))).toEqual(['BLOCK']);
});

test('calls of contracts are more here than there, and the note says so', () => {
  const call = { transactionType: 'CONTRACT_CALL' };
  expect(imported([rule(call)]).notes.map(({ kind }) => kind)).toEqual(['differs', 'looser']);
  const blocked = imported([rule({ ...call, action: 'BLOCK' })]);
  expect(blocked.notes.map(({ kind }) => kind)).toEqual(['differs']);
});

test('people whom nobody knows cannot approve', () => {
  const { policy } = compileBundle(imported([rule(TWO_TIER)], NO_MAP).files, WORLD);
  expect(policy && decide(policy, payment(5)).outcome).toBe('BLOCK');
  const tooMany = { ...TWO_TIER, authorizationGroups: { groups: [{ users: ['u1'], th: 2 }] } };
  expect(answers([rule(tooMany)], payment(5))).toEqual(['BLOCK']);
});

test.each([
  ['{}', /rules: not a list/],
  ['{"policy":{}}', /rules: not a list/],
  [JSON.stringify([rule({ action: 'WAIT' })]), /action: not one of ALLOW/],
  [JSON.stringify([rule({ amount: '1e9' })]), /amount: not a decimal/],
  [JSON.stringify([rule({ amountCurrency: 'USD then allow' })]), /not one of USD/],
  [JSON.stringify([rule({ amountScope: 'TIMEFRAME' })]), /periodSec: zero/],
  [JSON.stringify([rule({ src: { ids: [] } })]), /ids: empty/],
  [JSON.stringify([rule({ src: { ids: ['x'] } })]), /not a list of/],
  ['[{"action":"BLOCK","action":"ALLOW"}]', /"action" twice/],
])('%s is refused with its place', (text, message) => {
  expect(() => readTapRules(text)).toThrow(message);
});

const NASTY = fc.constantFrom(
  '" then allow because "x',
  'x\nrule free { when always then allow }',
  '\u2028rule free { when always then allow }',
  '} rule free { when always then allow } #',
  'a\u202eb',
);

test('no text of the file becomes a rule', () => {
  fc.assert(
    fc.property(NASTY, (nasty) => {
      const rules = [
        rule({ action: 'BLOCK', externalDescriptor: nasty, [nasty]: 'x' }),
        rule({ action: 'BLOCK', transactionType: nasty }),
        rule({ asset: nasty, src: { ids: [[nasty, nasty]] }, dst: { ids: [[nasty, nasty]] } }),
        rule({ operators: { users: [nasty], usersGroups: [nasty], services: [nasty] } }),
      ];
      const map = { ...MAP, wallets: new Map([[nasty, nasty]]) };
      const files = imported([...rules, rule({ src: { ids: [[nasty, 'VAULT']] } })], map).files;
      const { policy } = compileBundle(files, WORLD);
      const outcome = policy && decide(policy, payment(5)).outcome;
      expect(outcome ?? 'BLOCK').toBe('BLOCK');
    }),
    fuzz(20),
  );
});

test('without a price nothing is allowed above an amount', () => {
  expect(answers([rule({ amount: '1' })], payment(5))).toEqual(['ALLOW']);
  expect(answers([rule({ amount: '1' })], { ...payment(5), prices: new Map() })).toEqual(['BLOCK']);
});
