import { expect, test } from 'vitest';
import { UNLIMITED_UNITS } from '#core/allowance.ts';
import type { AssetId } from '#core/money.ts';
import type { Instant } from '#core/time.ts';
import {
  BANNED,
  DAY_TOTAL,
  HEADER,
  NOW,
  STRANGER,
  VENDOR,
  policyOf,
  quote,
  snapshotOf,
} from '#testing/policy-fixtures.ts';
import { decide } from './decide.ts';
import type { Decision } from './decision.ts';
import { trace } from '#policy-lang/explaining/trace.ts';

const SEED = `
rule vendor-list "Pay approved vendors only" {
  when wallet tagged "payments" and recipient in approved-vendors
  then allow
}
rule daily-limit "Daily transfer limit per wallet" {
  when sum(value) over last 24h by wallet > 250,000 USD
  then block "Daily transfer limit of the wallet is exceeded"
}
rule manager-approval "Managers approve payments above $10,000" {
  when value > 10,000 USD
  then require approval by 1 of managers, not by initiator, expires after 24h
}
`;
const seed = policyOf(SEED);
const usdc = (units: bigint) => ({ units });

/** `BLOCK otherwise`, `PENDING 1 managers`, `ALLOW`: the answer and what it rests on. */
function inShort({ outcome, reasons, requirements }: Decision): string {
  const blocking = reasons.map(({ code, rule }) => `${code} ${rule}`);
  const quorums = requirements.flatMap((requirement) =>
    requirement.quorums.map(({ group, count }) => `${count} ${group}`),
  );
  return [outcome, ...quorums, ...blocking].join(', ');
}

test.each([
  ['the walkthrough: 50,000 USDC to a vendor', {}, 'PENDING, 1 managers'],
  ['one minor unit below 10,000', usdc(9_999_999_999n), 'ALLOW'],
  ['exactly 10,000.00 USD is not above it', usdc(10_000_000_000n), 'ALLOW'],
  ['one minor unit more is', usdc(10_000_000_001n), 'PENDING, 1 managers'],
  ['exactly the daily limit', usdc(250_000_000_000n), 'PENDING, 1 managers'],
  ['one unit above it', usdc(250_000_000_001n), 'BLOCK, LIMIT_EXCEEDED daily-limit'],
  ['nothing at all', usdc(0n), 'ALLOW'],
  ['a stranger', { recipient: STRANGER }, 'BLOCK, POLICY_DENIED otherwise'],
  [
    'a wallet with other tags',
    { wallet: { id: 'w', tags: ['ops'] } },
    'BLOCK, POLICY_DENIED otherwise',
  ],
  ['the vendor in another spelling', { recipient: VENDOR.toLowerCase() }, 'PENDING, 1 managers'],
])('%s', (_, request, answer) => {
  expect(inShort(decide(seed, snapshotOf(request)))).toBe(answer);
});

test.each([
  ['what is left of the limit', 200_000_00n, 'PENDING, 1 managers'],
  ['a cent less than needed', 200_000_01n, 'BLOCK, LIMIT_EXCEEDED daily-limit'],
])('the pending request counts towards the total: %s', (_, before, answer) => {
  const aggregates = new Map([[DAY_TOTAL, { total: before }]]);
  expect(inShort(decide(seed, snapshotOf({}, { aggregates })))).toBe(answer);
});

test('"excluding this" leaves the pending request out of the total', () => {
  const rule = `rule r { when sum(value) over last 24h by wallet excluding this > 100 USD
    then block because "x" } rule all { when value >= 0 USD then allow because "x" }`;
  const policy = policyOf(rule);
  const key = 'sum(value) over last 24h by wallet excluding this in USD';
  expect(policy.aggregates.map((need) => need.key)).toEqual([key]);
  const at = (before: bigint) =>
    decide(policy, snapshotOf({}, { aggregates: new Map([[key, { total: before }]]) }));
  expect(at(100_00n).outcome).toBe('ALLOW');
  expect(inShort(at(100_01n))).toBe('BLOCK, LIMIT_EXCEEDED r');
});

test('the value is compared without rounding', () => {
  const prices = new Map([['USDC@ethereum' as AssetId, [quote('0.999999999999999999')]]]);
  const at = (units: bigint) => decide(seed, snapshotOf({ units }, { prices })).outcome;
  expect(at(10_000_000_000n)).toBe('ALLOW');
  expect(at(10_000_000_001n)).toBe('PENDING');
  const dear = new Map([['USDC@ethereum' as AssetId, [quote('1.000000000000000001')]]]);
  expect(decide(seed, snapshotOf({ units: 10_000_000_000n }, { prices: dear })).outcome).toBe(
    'PENDING',
  );
});

test.each([
  ['no quote', new Map()],
  ['a quote in another currency', new Map([['USDC@ethereum', [quote('1.00', 'EUR')]]])],
  [
    'a quote that is a millisecond too old',
    new Map([['USDC@ethereum', [quote('1.00', 'USD', 60_001)]]]),
  ],
  ['a quote from the future', new Map([['USDC@ethereum', [quote('1.00', 'USD', -5_001)]]])],
  ['a quote of zero', new Map([['USDC@ethereum', [quote('0.00')]]])],
  [
    'a quote below zero',
    new Map([
      ['USDC@ethereum', [{ ...quote('1.00'), price: { ...quote('1.00').price, scaled: -1n } }]],
    ]),
  ],
])('%s is a missing price, and blocks', (_, prices) => {
  const decision = decide(seed, snapshotOf({}, { prices }));
  expect(inShort(decision)).toBe('BLOCK, DATA_MISSING daily-limit, DATA_MISSING manager-approval');
  expect(decision.reasons[0]?.missing).toEqual(['price USDC@ethereum in USD']);
});

test.each([60_000, -5_000])('a quote that is %i ms old still counts', (ageMs) => {
  const prices = new Map([['USDC@ethereum' as AssetId, [quote('1.00', 'USD', ageMs)]]]);
  expect(decide(seed, snapshotOf({}, { prices })).outcome).toBe('PENDING');
});

test.each([
  ['the total', {}, { aggregates: new Map() }, 'BLOCK, DATA_MISSING daily-limit'],
  [
    'the tags',
    { wallet: { id: 'w' } },
    {},
    'BLOCK, POLICY_DENIED otherwise, DATA_MISSING vendor-list',
  ],
  [
    'the recipient',
    { recipient: undefined },
    {},
    'BLOCK, POLICY_DENIED otherwise, DATA_MISSING vendor-list',
  ],
  [
    'a readable recipient',
    { recipient: 'vendor' },
    {},
    'BLOCK, POLICY_DENIED otherwise, DATA_MISSING vendor-list',
  ],
  [
    'the units',
    { units: undefined },
    {},
    'BLOCK, DATA_MISSING daily-limit, DATA_MISSING manager-approval',
  ],
  [
    'a negative amount',
    { units: -1n },
    {},
    'BLOCK, DATA_MISSING daily-limit, DATA_MISSING manager-approval',
  ],
  [
    'an asset that the compiler knows',
    { asset: 'X@ethereum' as AssetId },
    {},
    'BLOCK, DATA_MISSING daily-limit, DATA_MISSING manager-approval',
  ],
])('%s is missing, and the decision fails closed', (_, request, more, answer) => {
  const present = Object.fromEntries(
    Object.entries(snapshotOf().request).filter(
      ([key]) => !(key in request && request[key as keyof typeof request] === undefined),
    ),
  );
  const given = Object.fromEntries(
    Object.entries(request).filter(([, value]) => value !== undefined),
  );
  const snapshot = { ...snapshotOf({}, more), request: { ...present, ...given } };
  expect(inShort(decide(seed, snapshot))).toBe(answer);
});

test('each rule says why, with the figures of the request', () => {
  expect(trace(seed, snapshotOf()).rules).toEqual([
    expect.objectContaining({
      id: 'vendor-list',
      outcome: 'matched',
      sentence:
        'The wallet has the tag "payments", and the recipient Vendor XYZ (0x52908400098527886E0F7030069857D2E4169EE7) is on the list approved-vendors.',
    }),
    expect.objectContaining({
      id: 'daily-limit',
      outcome: 'not-matched',
      sentence:
        "50,000 USDC brings the wallet's last 24 hours to 50,000.00 USD, below 250,000.00 USD.",
    }),
    expect.objectContaining({
      id: 'manager-approval',
      outcome: 'matched',
      effect: 'require',
      sentence: '50,000 USDC is worth 50,000.00 USD, above 10,000.00 USD.',
    }),
  ]);
});

test('a missing fact is named with its cause', () => {
  const causes = new Map([[DAY_TOTAL, 'the ledger does not answer']]);
  const { rules, reasons } = trace(seed, snapshotOf({}, { aggregates: new Map(), causes }));
  const sentence = `Not known: the total ${DAY_TOTAL} (the ledger does not answer).`;
  expect(rules[1]).toMatchObject({ outcome: 'missing', sentence });
  expect(reasons[0]).toMatchObject({ code: 'DATA_MISSING', message: sentence });
});

test('approvals are merged: the higher quorum, every group, the shorter expiry', () => {
  const policy = policyOf(`
    rule all { when value >= 0 USD then allow with approval by 1 of managers, expires after 72h because "x" }
    rule vp  { when value > 100 USD then require approval by 2 of managers and by 1 of directors because "x" }
    rule md  { when value > 200 USD then require approval by 1 of directors, expires after 24h because "x" }
    rule never { when value > 900,000 USD then require approval by 1 of directors, expires after 1h because "x" }
  `);
  expect(decide(policy, snapshotOf()).requirements).toEqual([
    {
      quorums: [
        { group: 'directors', count: 1 },
        { group: 'managers', count: 2 },
      ],
      excludeInitiator: true,
      expiresAfterMs: 86_400_000,
    },
  ]);
});

test('a plain allow never removes an approval', () => {
  const policy = policyOf(
    `${SEED} rule trusted { when recipient in approved-vendors then allow because "x" }`,
  );
  expect(inShort(decide(policy, snapshotOf()))).toBe('PENDING, 1 managers');
});

test('every block is listed', () => {
  const policy = policyOf(`${SEED}
    rule sanctions { when recipient in banned then block "Sanctioned" }
    rule no-usdc { when asset is USDC@ethereum then block }`);
  const request = { recipient: BANNED, units: 999_999_000_000n };
  expect(inShort(decide(policy, snapshotOf(request)))).toBe(
    'BLOCK, LIMIT_EXCEEDED daily-limit, POLICY_DENIED sanctions, POLICY_DENIED no-usdc, POLICY_DENIED otherwise',
  );
});

test('a block that a list causes beside a total is no exceeded limit', () => {
  const policy = policyOf(`
    rule mixed { when recipient in banned or sum(value) over last 24h by wallet > 1,000,000 USD then block "No" }
    rule all { when value >= 0 USD then allow because "x" }`);
  expect(inShort(decide(policy, snapshotOf({ recipient: BANNED })))).toBe(
    'BLOCK, POLICY_DENIED mixed',
  );
  const aggregates = new Map([[DAY_TOTAL, { total: 1_000_000_00n }]]);
  expect(inShort(decide(policy, snapshotOf({}, { aggregates })))).toBe(
    'BLOCK, LIMIT_EXCEEDED mixed',
  );
});

test('"otherwise allow" allows what no rule stops', () => {
  const open = HEADER.replace('otherwise block', 'otherwise allow');
  const policy = policyOf('rule ban { when recipient in banned then block "Banned" }', open);
  expect(inShort(decide(policy, snapshotOf()))).toBe('ALLOW');
  expect(inShort(decide(policy, snapshotOf({ recipient: BANNED })))).toBe(
    'BLOCK, POLICY_DENIED ban',
  );
});

const withFallback = (fallback: string) => `
  rule all { when recipient in approved-vendors then allow because "x" }
  rule big {
    when value > 10,000 USD then block
    if missing data then ${fallback} because "the feed is optional"
  }`;

test('a rule may say what missing data means', () => {
  const without = snapshotOf({ units: 1n }, { prices: new Map() });
  const answer = (fallback: string) => inShort(decide(policyOf(withFallback(fallback)), without));
  expect(answer('allow')).toBe('ALLOW');
  expect(answer('require approval by 1 of managers')).toBe('PENDING, 1 managers, DATA_MISSING big');
  expect(answer('block "No price"')).toBe('BLOCK, DATA_MISSING big');
});

test('an approval is asked for even where the rule cannot allow for want of data', () => {
  const policy = policyOf(`
    rule plain { when recipient in approved-vendors then allow because "x" }
    rule big { when value > 10,000 USD then allow with approval by 1 of managers because "x" }`);
  expect(inShort(decide(policy, snapshotOf({}, { prices: new Map() })))).toBe(
    'PENDING, 1 managers',
  );
});

test('"unless" takes away from "when"', () => {
  const policy = policyOf(`
    rule all { when recipient in approved-vendors unless asset is USDC@ethereum and amount > 100 USDC then allow because "x" }`);
  expect(decide(policy, snapshotOf({ units: 100_000_000n })).outcome).toBe('ALLOW');
  expect(decide(policy, snapshotOf({ units: 100_000_001n })).outcome).toBe('BLOCK');
});

test.each([
  ['not recipient in banned', {}, true],
  ['recipient not in banned', { recipient: BANNED }, false],
  [`recipient is ${BANNED}`, { recipient: BANNED }, true],
  [`recipient is not ${BANNED}`, { recipient: BANNED }, false],
  [`recipient in [${STRANGER}, ${BANNED}]`, { recipient: BANNED }, true],
  ['asset in [USDC@ethereum, EURC@ethereum]', {}, true],
  ['asset not in [USDC@ethereum, EURC@ethereum]', {}, false],
  ['asset is USDC@ethereum and amount >= 50,000 USDC', {}, true],
  ['asset is USDC@ethereum and amount > 50,000 USDC', {}, false],
  ['asset is USDC@ethereum and amount < 50,000 USDC', {}, false],
  ['asset is USDC@ethereum and amount <= 50,000 USDC', {}, true],
  [
    'asset in [USDC@ethereum, USDC@binance] and amount >= 50,000 USDC',
    { asset: 'USDC@binance' as AssetId },
    false,
  ],
  ['value >= 50,000 USD', {}, true],
  ['value < 50,000 USD', {}, false],
  [
    '(wallet tagged "ops" or wallet tagged "payments") and not (value > 1 USD and value < 2 USD)',
    {},
    true,
  ],
  ['always', {}, true],
])('the condition "%s" is decided', (condition, request, holds) => {
  const policy = policyOf(`rule r { when ${condition} then allow because "x" }`);
  expect(decide(policy, snapshotOf(request)).outcome).toBe(holds ? 'ALLOW' : 'BLOCK');
});

test.each([
  [
    'asset is USDC@ethereum and amount > 50,000 USDC',
    'The amount 50,000 USDC is exactly 50,000 USDC.',
  ],
  ['asset is EURC@ethereum', 'The asset is not EURC@ethereum.'],
  ['asset in [EURC@ethereum, USDC@ethereum]', 'The asset is USDC@ethereum.'],
  [
    'value < 10 USD or wallet tagged "x"',
    '50,000 USDC is worth 50,000.00 USD, above 10.00 USD, and the wallet does not have the tag "x".',
  ],
  [
    `recipient in [${STRANGER}]`,
    'The recipient 0x52908400098527886E0F7030069857D2E4169EE7 is not the address that the rule names.',
  ],
  ['always', 'This rule always applies.'],
  ['not always', 'This rule never applies.'],
])('the condition "%s" is explained', (condition, sentence) => {
  const policy = policyOf(`rule r { when ${condition} then allow because "x" }`);
  expect(trace(policy, snapshotOf()).rules[0]?.sentence).toBe(sentence);
});

test('a policy blocks before and after the time in which it is in force', () => {
  const header = HEADER.replace(
    '2026-07-01T00:00 UTC',
    '2026-07-01T00:00 UTC until 2026-09-01T00:00 UTC',
  );
  const policy = policyOf('rule all { when value >= 0 USD then allow because "x" }', header);
  const at = (text: string) => {
    const now = Date.parse(text) as Instant;
    const prices = new Map([['USDC@ethereum' as AssetId, [{ ...quote('1'), asOf: now }]]]);
    return inShort(decide(policy, snapshotOf({}, { now, prices })));
  };
  expect(at('2026-06-30T23:59:59.999Z')).toBe('BLOCK, POLICY_DENIED effective');
  expect(at('2026-07-01T00:00:00.000Z')).toBe('ALLOW');
  expect(at('2026-08-31T23:59:59.999Z')).toBe('ALLOW');
  expect(at('2026-09-01T00:00:00.000Z')).toBe('BLOCK, POLICY_DENIED effective');
});

test('the decision names the bundle that made it', () => {
  expect(decide(seed, snapshotOf({}, { now: NOW })).policy).toEqual({
    hash: seed.hash,
    version: 1,
  });
});

test('an activity that the policy does not govern is blocked', () => {
  const open = HEADER.replace('otherwise block', 'otherwise allow');
  const policy = policyOf('rule ban { when recipient in banned then block "Banned" }', open);
  const snapshot = { ...snapshotOf(), activity: 'incoming' as const };
  expect(inShort(decide(policy, snapshot))).toBe('BLOCK, POLICY_DENIED governs');
});

test.each(['is "Bob@Acme.example"', 'in ["usr-9", "BOB@acme.example"]'])(
  'a person is known by an e-mail address in any spelling: initiator %s',
  (person) => {
    const policy = policyOf(`
      rule all { when always then allow }
      rule person { when initiator ${person} then block }`);
    const request = { initiator: { id: 'usr-1', email: 'bob@acme.example' } };
    expect(decide(policy, snapshotOf(request)).outcome).toBe('BLOCK');
  },
);

const LENDING = policyOf(SEED, HEADER.replace('governs transfer', 'governs transfer, allowance'));
const ENDLESS = policyOf(
  SEED,
  HEADER.replace('governs transfer', 'governs transfer, allowance, unlimited-allowance'),
);

test.each([
  ['of what needs no approval', 'allowance', {}, usdc(9_999n * 10n ** 6n), 'ALLOW'],
  ['to a stranger', 'allowance', {}, { recipient: STRANGER }, 'BLOCK, POLICY_DENIED otherwise'],
  ['of much', 'allowance', {}, {}, 'PENDING, 1 managers'],
  [
    'beyond what is left of the limit',
    'allowance',
    { aggregates: new Map([[DAY_TOTAL, { total: 20_000_001n }]]) },
    {},
    'BLOCK, LIMIT_EXCEEDED daily-limit',
  ],
  [
    'without a bound, which this policy does not name',
    'unlimited-allowance',
    {},
    usdc(UNLIMITED_UNITS),
    'BLOCK, POLICY_DENIED governs, POLICY_DENIED otherwise',
  ],
] as const)(
  'an allowance %s is decided like what it lets leave',
  (_, activity, more, request, answer) => {
    expect(inShort(decide(LENDING, snapshotOf(request, { ...more, activity })))).toBe(answer);
  },
);

test('a policy that speaks of transfers alone blocks every allowance', () => {
  for (const activity of ['allowance', 'unlimited-allowance'] as const) {
    const answer = inShort(decide(seed, snapshotOf(usdc(1n), { activity })));
    expect(answer).toBe('BLOCK, POLICY_DENIED governs, POLICY_DENIED otherwise');
  }
});

test('a policy that names allowances without a bound counts one at its maximum', () => {
  const snapshot = snapshotOf(usdc(UNLIMITED_UNITS), { activity: 'unlimited-allowance' });
  expect(inShort(decide(ENDLESS, snapshot))).toBe('BLOCK, LIMIT_EXCEEDED daily-limit');
  const rules = 'rule lent "Lent" { applies to unlimited-allowance when always then allow }';
  const named = policyOf(
    rules,
    HEADER.replace('governs transfer', 'governs transfer, unlimited-allowance'),
  );
  expect(inShort(decide(named, snapshot))).toBe('ALLOW');
});
