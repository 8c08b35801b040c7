import { expect, test } from 'vitest';
import type { AssetId, NetworkId } from '#core/money.ts';
import { parseInstant } from '#core/time.ts';
import { BANNED, NOW, STRANGER, VENDOR, WORLD, quote } from '#testing/policy-fixtures.ts';
import { type AddressKey, addressKey } from './address.ts';
import type { AggregateNeed } from './compiled-policy.ts';
import type { Atom, Condition, FieldRef } from './condition.ts';
import { groundsOf, sentenceOf } from './explain.ts';
import { whole } from './exact.ts';
import { Facts, type Linked } from './facts.ts';
import type { Activity, AggregateFact, FactValue, RequestFacts, Snapshot } from './snapshot.ts';

const key = (address: string): AddressKey => addressKey(address) as AddressKey;
const USDC = 'USDC@ethereum' as AssetId;

const LINKED: Linked = {
  assets: WORLD.assets,
  lists: new Map([['vendors', new Map([[key(VENDOR), 'Vendor XYZ']])]]),
  contracts: new Map([['aave', new Map([[key(VENDOR), '']])]]),
  groups: new Map([
    ['managers', [{ email: 'bob@x.example', user: 'bob' }, { email: 'eve@x.example' }]],
  ]),
};

const number = (value: bigint): FactValue => ({ type: 'number', number: value });
const address = (value: string): FactValue => ({ type: 'address', address: value });
const args = (name: string, value: FactValue): RequestFacts => ({
  call: { args: new Map([[name, value]]) },
});
const fields = (name: string, value: FactValue): RequestFacts => ({
  typedData: { fields: new Map([[name, value]]) },
});
const arg = (argument: string): FieldRef => ({ path: 'call.arg', argument });

/** The answer and its sentence. */
function ask(condition: Condition, request: RequestFacts, more: Partial<Snapshot> = {}) {
  const snapshot: Snapshot = {
    now: NOW,
    activity: 'transfer',
    request,
    prices: new Map([[USDC, [quote('1.00')]]]),
    aggregates: new Map(),
    ...more,
  };
  const facts = new Facts(snapshot, LINKED);
  const grounds = groundsOf(condition, facts);
  const truth = (['false', 'missing', 'true'] as const)[grounds.truth];
  return `${truth}: ${sentenceOf(grounds, facts)}`;
}

const text = (path: FieldRef['path'], ...values: string[]): Atom => ({
  kind: 'text-in',
  field: { path },
  values: new Set(values),
});
const has = (path: FieldRef['path'], quantifier: 'any' | 'all', ...values: string[]): Atom => ({
  kind: 'has',
  field: { path },
  quantifier,
  values: new Set(values),
});

test.each<[Atom, RequestFacts, string]>([
  [
    text('call.function', 'supply'),
    { call: { function: 'supply' } },
    'true: The function is "supply".',
  ],
  [
    text('call.function', 'supply', 'repay'),
    { call: { function: 'borrow' } },
    'false: The function is "borrow", not one of "supply", "repay".',
  ],
  [text('call.function', 'supply'), { call: {} }, 'missing: Not known: the function.'],
  [text('wallet', 'wa-1'), { wallet: { id: 'wa-1' } }, 'true: The wallet is "wa-1".'],
  [text('network', 'polygon'), { asset: USDC }, 'false: The network is "ethereum", not "polygon".'],
  [
    text('network', 'polygon'),
    { asset: USDC, network: 'polygon' as NetworkId },
    'true: The network is "polygon".',
  ],
  [
    text('message.kind', 'raw'),
    { message: { kind: 'raw' } },
    'true: The kind of message is "raw".',
  ],
  [
    text('typed-data.primary-type', 'Permit'),
    { typedData: {} },
    'missing: Not known: the primary type.',
  ],
  [
    text('change.role', 'admin'),
    { change: { role: 'viewer' } },
    'false: The role of the change is "viewer", not "admin".',
  ],
  [
    { kind: 'text-in', field: arg('memo'), values: new Set(['a']) },
    args('memo', { type: 'text', text: 'a' }),
    'true: The argument "memo" is "a".',
  ],
  [
    { kind: 'text-in', field: arg('memo'), values: new Set(['5']) },
    args('memo', number(5n)),
    'missing: Not known: the argument "memo".',
  ],
  [text('initiator', 'bob'), { initiator: { id: 'bob' } }, 'true: The initiator is "bob".'],
  [
    text('initiator', 'bob@x.example'),
    { initiator: { id: 'bob', email: 'bob@x.example' } },
    'true: The initiator is "bob@x.example".',
  ],
  [
    text('initiator', 'bob@x.example'),
    { initiator: { id: 'bob' } },
    "missing: Not known: the initiator's e-mail address.",
  ],
  [text('initiator', 'bob'), {}, 'missing: Not known: the initiator.'],
  [
    text('initiator', 'bob'),
    { initiator: { id: 'eve' } },
    'false: The initiator is "eve", not "bob".',
  ],
])('a text is compared, case %#', (atom, request, answer) => {
  expect(ask(atom, request)).toBe(answer);
});

test.each<[Atom, RequestFacts, string]>([
  [
    { kind: 'address-in', field: { path: 'sender' }, set: { kind: 'named', name: 'vendors' } },
    { sender: VENDOR },
    `true: The sender Vendor XYZ (${VENDOR}) is on the list vendors.`,
  ],
  [
    {
      kind: 'address-in',
      field: { path: 'call.contract' },
      set: { kind: 'contracts', name: 'aave' },
    },
    { call: { contract: VENDOR.toLowerCase() } },
    `true: The contract ${VENDOR.toLowerCase()} is one of the contracts aave.`,
  ],
  [
    {
      kind: 'address-in',
      field: { path: 'call.contract' },
      set: { kind: 'contracts', name: 'aave' },
    },
    { call: { contract: BANNED } },
    `false: The contract ${BANNED} is not one of the contracts aave.`,
  ],
  [
    {
      kind: 'address-in',
      field: arg('to'),
      set: { kind: 'listed', addresses: new Set([key(VENDOR), key(BANNED)]) },
    },
    args('to', address(STRANGER)),
    `false: The argument "to" ${STRANGER} is not one of the addresses that the rule names.`,
  ],
  [
    { kind: 'address-in', field: { path: 'sender' }, set: { kind: 'named', name: 'vendors' } },
    { sender: 'nonsense' },
    'missing: Not known: the sender.',
  ],
  [
    { kind: 'same-address', field: arg('onBehalfOf'), as: { path: 'wallet.address' } },
    { wallet: { id: 'w', address: VENDOR }, ...args('onBehalfOf', address(VENDOR.toLowerCase())) },
    `true: The argument "onBehalfOf" is the wallet's address.`,
  ],
  [
    { kind: 'same-address', field: arg('onBehalfOf'), as: { path: 'wallet.address' } },
    { wallet: { id: 'w', address: VENDOR }, ...args('onBehalfOf', address(BANNED)) },
    `false: The argument "onBehalfOf" is ${BANNED}, not the wallet's address ${VENDOR}.`,
  ],
  [
    { kind: 'same-address', field: arg('onBehalfOf'), as: { path: 'wallet.address' } },
    {},
    `missing: Not known: the argument "onBehalfOf", the wallet's address.`,
  ],
])('an address is compared, case %#', (atom, request, answer) => {
  expect(ask(atom, request)).toBe(answer);
});

const tags = (...all: string[]): RequestFacts => ({ wallet: { id: 'w', tags: all } });

test.each<[Atom, RequestFacts, string]>([
  [has('wallet.tags', 'any', 'a', 'b'), tags('b', 'c'), `true: The wallet's tags include "b".`],
  [
    has('wallet.tags', 'any', 'a', 'b'),
    tags('c'),
    `false: The wallet's tags include neither "a" nor "b".`,
  ],
  [
    has('wallet.tags', 'all', 'a', 'b'),
    tags('b', 'a'),
    `true: The wallet's tags include "a" and "b".`,
  ],
  [has('wallet.tags', 'all', 'a', 'b'), tags('b'), `false: The wallet's tags do not include "a".`],
  [
    has('wallet.tags', 'any', 'a'),
    { wallet: { id: 'w' } },
    `missing: Not known: the wallet's tags.`,
  ],
  [
    has('initiator.roles', 'any', 'treasurer'),
    { initiator: { id: 'a', roles: [] } },
    `false: The initiator's roles do not include "treasurer".`,
  ],
  [
    has('screening.direct-exposure', 'any', 'darknet'),
    { screening: { directExposure: ['darknet'] } },
    'true: The direct exposure includes "darknet".',
  ],
  [
    has('screening.direct-exposure', 'any', 'darknet'),
    { screening: { directExposure: [], failure: 'provider-failure' } },
    'missing: Not known: the direct exposure (the screening provider failed).',
  ],
])('a set of texts is compared, case %#', (atom, request, answer) => {
  expect(ask(atom, request)).toBe(answer);
});

const level = (order: '>=' | '=', least: 'LOW' | 'HIGH'): Atom => ({
  kind: 'level',
  field: { path: 'screening.alert-level' },
  order,
  level: least,
});

test.each<[Atom, RequestFacts, string]>([
  [
    level('>=', 'HIGH'),
    { screening: { alertLevel: 'SEVERE' } },
    'true: The alert level is SEVERE, above HIGH.',
  ],
  [
    level('>=', 'HIGH'),
    { screening: { alertLevel: 'MEDIUM' } },
    'false: The alert level is MEDIUM, below HIGH.',
  ],
  [
    level('=', 'LOW'),
    { screening: { alertLevel: 'LOW' } },
    'true: The alert level is exactly LOW.',
  ],
  [level('=', 'LOW'), {}, 'missing: Not known: the alert level.'],
  [
    level('=', 'LOW'),
    { screening: { alertLevel: 'LOW', failure: 'unsupported-asset' } },
    'missing: Not known: the alert level (the screening does not support the asset).',
  ],
  [
    text('screening.failure', 'provider-failure'),
    { screening: { alertLevel: 'LOW' } },
    'false: The failure of the screening is "none", not "provider-failure".',
  ],
  [
    text('screening.failure', 'provider-failure'),
    { screening: { failure: 'provider-failure' } },
    'true: The failure of the screening is "provider-failure".',
  ],
  [
    {
      kind: 'number',
      field: { path: 'screening.risk-score' },
      order: '>=',
      limit: { scaled: 705n, scale: 1 },
    },
    { screening: { riskScore: { scaled: 7051n, scale: 2 } } },
    'true: The risk score is 70.51, above 70.5.',
  ],
  [
    { kind: 'number', field: arg('delta'), order: '<', limit: whole(-5n) },
    args('delta', number(-6n)),
    'true: The argument "delta" is -6, below -5.',
  ],
  [
    { kind: 'number', field: arg('max'), order: '=', limit: whole(2n ** 256n - 1n) },
    args('max', number(2n ** 256n - 2n)),
    'false: The argument "max" is 115,792,089,237,316,195,423,570,985,008,687,907,853,269,984,665,640,564,039,457,584,007,913,129,639,934, below 115,792,089,237,316,195,423,570,985,008,687,907,853,269,984,665,640,564,039,457,584,007,913,129,639,935.',
  ],
  [
    { kind: 'true', field: arg('on') },
    args('on', { type: 'boolean', value: false }),
    'false: The argument "on" is false.',
  ],
  [
    { kind: 'true', field: arg('on') },
    args('on', number(1n)),
    'missing: Not known: the argument "on".',
  ],
])('a level, a number or a yes is compared, case %#', (atom, request, answer) => {
  expect(ask(atom, request)).toBe(answer);
});

const ETHEREUM = 'ethereum' as NetworkId;
const cap: Atom = {
  kind: 'units',
  field: arg('amount'),
  symbol: 'USDC',
  order: '<=',
  limits: new Map([
    [ETHEREUM, 500_000_000_000n],
    ['binance' as NetworkId, 500_000n * 10n ** 18n],
  ]),
};

test.each<[RequestFacts, string]>([
  [
    { network: ETHEREUM, ...args('amount', number(500_000_000_000n)) },
    'true: The argument "amount" is exactly 500,000 USDC.',
  ],
  [
    { network: ETHEREUM, ...args('amount', number(500_000_000_001n)) },
    'false: The argument "amount" is 500,000.000001 USDC, above 500,000 USDC.',
  ],
  [
    { network: 'binance' as NetworkId, ...args('amount', number(500_000_000_001n)) },
    'true: The argument "amount" is 0.000000500000000001 USDC, below 500,000 USDC.',
  ],
  [args('amount', number(1n)), 'missing: Not known: the network.'],
  [
    { network: 'solana' as NetworkId, ...args('amount', number(1n)) },
    'missing: Not known: the asset USDC@solana (there is none on solana).',
  ],
  [{ network: ETHEREUM }, 'missing: Not known: the argument "amount".'],
])('base units of a symbol are those of the network of the request, case %#', (request, answer) => {
  expect(ask(cap, request)).toBe(answer);
});

const HOUR_MS = 3_600_000;
const deadline: Atom = {
  kind: 'time',
  field: { path: 'typed-data.field', argument: 'deadline' },
  order: '>',
  offsetMs: HOUR_MS,
};
const inAnHour = BigInt((NOW + HOUR_MS) / 1_000);

test.each<[bigint, string]>([
  [inAnHour, 'false: The field "deadline" is 2026-08-01T13:00:00.000Z, exactly now and 1 hour.'],
  [
    inAnHour + 1n,
    'true: The field "deadline" is 2026-08-01T13:00:01.000Z, later than now and 1 hour.',
  ],
  [0n, 'false: The field "deadline" is 1970-01-01T00:00:00.000Z, earlier than now and 1 hour.'],
  [
    2n ** 256n - 1n,
    `true: The field "deadline" is ${2n ** 256n - 1n} seconds after 1970, later than now and 1 hour.`,
  ],
])('a time in seconds is compared with now, case %#', (seconds, answer) => {
  expect(ask(deadline, fields('deadline', number(seconds)))).toBe(answer);
});

test.each<[RequestFacts['initiator'], string]>([
  [{ id: 'bob' }, 'true: The initiator bob is in the group managers.'],
  [{ id: 'u1', email: 'eve@x.example' }, 'true: The initiator u1 is in the group managers.'],
  [{ id: 'u1', email: 'u1@x.example' }, 'false: The initiator u1 is not in the group managers.'],
  [{ id: 'u1' }, "missing: Not known: the initiator's e-mail address."],
  [{ id: 'bob', groups: [] }, 'false: The initiator bob is not in the group managers.'],
  [{ id: 'u1', groups: ['managers'] }, 'true: The initiator u1 is in the group managers.'],
  [undefined, 'missing: Not known: the initiator.'],
])(
  'membership of a group is by id, by e-mail, or as the request says, case %#',
  (initiator, answer) => {
    const request = initiator === undefined ? {} : { initiator };
    expect(ask({ kind: 'in-group', group: 'managers' }, request)).toBe(answer);
  },
);

test('a group that nobody knows is missing', () => {
  const atom: Atom = { kind: 'in-group', group: 'nobody' };
  expect(ask(atom, { initiator: { id: 'bob', email: 'bob@x.example' } })).toBe(
    "missing: Not known: the initiator's groups.",
  );
});

const KEY = 'sum(value) over last 24h by wallet in USD';
const NEED: AggregateNeed = {
  key: KEY,
  function: 'sum',
  of: 'value',
  distinct: false,
  currency: 'USD',
  activity: 'transfer',
  window: { kind: 'last', ms: 24 * HOUR_MS },
  by: ['wallet'],
  includesThis: true,
};
const count: Partial<AggregateNeed> = { function: 'count', of: 'requests' };
const recipients: Partial<AggregateNeed> = { function: 'count', of: 'recipient', distinct: true };
const inUnits: Partial<AggregateNeed> = { of: 'amount', asset: USDC };
const isLarge: Condition = {
  kind: 'value',
  order: '>',
  currency: 'USD',
  limit: whole(100n),
};
const dollars50: RequestFacts = { asset: USDC, units: 50_000_000n };

test.each<[Partial<AggregateNeed>, AggregateFact | undefined, RequestFacts, string]>([
  [
    {},
    { total: 5_000n },
    dollars50,
    "false: 50 USDC brings the wallet's last 24 hours to 100.00 USD, exactly 100.00 USD.",
  ],
  [
    {},
    { total: 5_001n },
    dollars50,
    "true: 50 USDC brings the wallet's last 24 hours to 100.01 USD, above 100.00 USD.",
  ],
  [
    { includesThis: false },
    { total: 5_001n },
    {},
    "false: The wallet's last 24 hours come to 50.01 USD, below 100.00 USD.",
  ],
  [
    { activity: 'contract-call' },
    { total: 5_001n },
    dollars50,
    "false: The wallet's last 24 hours come to 50.01 USD, below 100.00 USD.",
  ],
  [
    { where: isLarge },
    { total: 9_999n },
    dollars50,
    "false: The wallet's last 24 hours come to 99.99 USD, below 100.00 USD.",
  ],
  [{ where: isLarge }, { total: 9_999n }, { asset: USDC }, 'missing: Not known: the amount.'],
  [{ by: [] }, undefined, dollars50, `missing: Not known: the total ${KEY}.`],
  [{}, { total: -1n }, dollars50, `missing: Not known: the total ${KEY}.`],
  [
    { function: 'max' },
    { total: 10_001n },
    dollars50,
    "true: The largest of the wallet's last 24 hours is 100.01 USD, above 100.00 USD.",
  ],
  [
    { function: 'max' },
    { total: 0n },
    dollars50,
    "false: The largest of the wallet's last 24 hours is 50.00 USD, below 100.00 USD.",
  ],
  [
    inUnits,
    { total: 51n },
    { asset: USDC, units: 50n },
    "true: 0.00005 USDC brings the wallet's last 24 hours to 0.000101 USDC, above 0.0001 USDC.",
  ],
  [
    inUnits,
    { total: 99n },
    { asset: 'ETH@ethereum' as AssetId },
    "false: The wallet's last 24 hours come to 0.000099 USDC, below 0.0001 USDC.",
  ],
  [inUnits, { total: 99n }, { asset: USDC }, 'missing: Not known: the amount.'],
  [inUnits, { total: 99n }, {}, 'missing: Not known: the asset.'],
  [
    count,
    { total: 100n },
    {},
    "true: This transfer brings the wallet's last 24 hours to 101 transfers, above 100 transfers.",
  ],
  [
    recipients,
    { total: 100n, seen: false },
    {},
    "true: This transfer brings the wallet's last 24 hours to 101 different recipients, above 100 different recipients.",
  ],
  [
    recipients,
    { total: 100n, seen: true },
    {},
    "false: This transfer brings the wallet's last 24 hours to 100 different recipients, exactly 100 different recipients.",
  ],
  [recipients, { total: 100n }, {}, `missing: Not known: the total ${KEY}.`],
  [
    {
      by: ['initiator', 'asset'],
      includesThis: false,
      window: { kind: 'calendar', unit: 'week', zone: 'UTC' },
    },
    { total: 1n },
    {},
    'false: The calendar week by initiator and asset comes to 0.01 USD, below 100.00 USD.',
  ],
])('a total counts the request where it should, case %#', (need, fact, request, answer) => {
  const aggregates = new Map(fact === undefined ? [] : [[KEY, fact]]);
  const atom: Atom = { kind: 'total', order: '>', need: { ...NEED, ...need }, limit: whole(100n) };
  expect(ask(atom, request, { aggregates })).toBe(answer);
});

test.each<[string, string]>([
  ['2026-08-03T06:00:00Z', 'true: It is Mon 08:00 in Europe/Paris, within Mon..Fri 08:00..18:00.'],
  [
    '2026-08-03T05:59:59.999Z',
    'false: It is Mon 07:59 in Europe/Paris, outside Mon..Fri 08:00..18:00.',
  ],
  [
    '2026-08-07T16:00:00Z',
    'false: It is Fri 18:00 in Europe/Paris, outside Mon..Fri 08:00..18:00.',
  ],
])('the time of the week is that of the zone: %s', (now, answer) => {
  const window = {
    days: new Set([1, 2, 3, 4, 5] as const),
    from: 480,
    until: 1_080,
    zone: 'Europe/Paris',
  };
  expect(ask({ kind: 'within', window }, {}, { now: parseInstant(now) })).toBe(answer);
});

test('a contract call is worth its native value', () => {
  const activity: Activity = 'contract-call';
  const eth = 'ETH@ethereum' as AssetId;
  const prices = new Map([[eth, [quote('100')]]]);
  const call = { asset: eth, call: { value: 2n * 10n ** 18n } };
  expect(ask(isLarge, call, { activity, prices })).toBe(
    'true: 2 ETH is worth 200.00 USD, above 100.00 USD.',
  );
  expect(ask(isLarge, { asset: eth, call: {} }, { activity, prices })).toBe(
    'missing: Not known: the value of the call.',
  );
});
