import { expect, test } from 'vitest';
import type { AssetId, NetworkId } from '#core/money.ts';
import { parseInstant } from '#core/time.ts';
import { BANNED, NOW, STRANGER, VENDOR, quote } from '#testing/policy-fixtures.ts';
import { USDC, ask, key } from '#testing/policy-questions.ts';
import type { Atom, Condition, FieldRef } from '#policy-lang/checking/condition.ts';
import { whole } from '#policy-lang/values/exact.ts';
import type { Activity, FactValue, RequestFacts } from '#policy-lang/snapshot.ts';

const number = (value: bigint): FactValue => ({ type: 'number', number: value });
const address = (value: string): FactValue => ({ type: 'address', address: value });
const args = (name: string, value: FactValue): RequestFacts => ({
  call: { args: new Map([[name, value]]) },
});
const fields = (name: string, value: FactValue): RequestFacts => ({
  typedData: { fields: new Map([[name, value]]) },
});
const arg = (argument: string): FieldRef => ({ path: 'call.arg', argument });

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

const isLarge: Condition = {
  kind: 'value',
  order: '>',
  currency: 'USD',
  limit: whole(100n),
};

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
