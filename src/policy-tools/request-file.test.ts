import { expect, test } from 'vitest';
import { snapshotText } from '#policy-lang/snapshot-text.ts';
import { VENDOR, WORLD, policyOf } from '#testing/policy-fixtures.ts';
import { readRequestFile } from './request-file.ts';

const POLICY = policyOf('rule a { when sum(value) over last 24h by wallet > 100 USD then block }');
const KEY = POLICY.aggregates[0]?.key ?? '';

const read = (value: unknown) => readRequestFile(JSON.stringify(value), POLICY, WORLD);
const request = (fields: unknown) => read({ request: fields }).request;

test('a request is read with its prices and totals, at its own time', () => {
  const snapshot = read({
    at: '2026-07-02T10:00:00Z',
    request: { wallet: { id: 'wa-1', tags: ['a'] }, asset: 'USDC@ethereum', amount: '1,000.5' },
    prices: { 'USDC@ethereum': { USD: '1.0005' } },
    totals: { [KEY]: '99.50' },
  });
  expect(snapshot).toMatchObject({
    now: Date.UTC(2026, 6, 2, 10),
    activity: 'transfer',
    request: { wallet: { id: 'wa-1', tags: ['a'] }, units: 1_000_500_000n },
  });
  expect(snapshot.aggregates).toEqual(new Map([[KEY, { total: 9950n }]]));
  const [quote] = [...snapshot.prices.values()].flat();
  expect(quote?.price).toEqual({ currency: 'USD', scaled: 10005n, scale: 4 });
});

test('without a time it is made when the policy comes into force', () => {
  expect(read({ request: {} }).now).toBe(POLICY.effective.from);
});

test('every activity has its facts', () => {
  expect(
    request({
      network: 'ethereum',
      initiator: { id: 'alice', email: 'a@b.example', roles: ['x'], groups: ['managers'] },
      sender: VENDOR.toLowerCase(),
      call: {
        contract: VENDOR,
        function: 'supply',
        value: '5',
        args: { amount: 7, big: '#-12', onBehalfOf: VENDOR, note: 'hi', yes: true },
      },
      message: { kind: 'raw' },
      typedData: { primaryType: 'Permit', fields: { value: 1 } },
      screening: { alertLevel: 'HIGH', riskScore: 70.5, categories: ['x'] },
      change: { kind: 'assign', role: 'admin' },
    }),
  ).toEqual({
    network: 'ethereum',
    initiator: { id: 'alice', email: 'a@b.example', roles: ['x'], groups: ['managers'] },
    sender: VENDOR,
    call: {
      contract: VENDOR,
      function: 'supply',
      value: 5n,
      args: new Map<string, unknown>([
        ['amount', { type: 'number', number: 7n }],
        ['big', { type: 'number', number: -12n }],
        ['onBehalfOf', { type: 'address', address: VENDOR }],
        ['note', { type: 'text', text: 'hi' }],
        ['yes', { type: 'boolean', value: true }],
      ]),
    },
    message: { kind: 'raw' },
    typedData: {
      primaryType: 'Permit',
      fields: new Map([['value', { type: 'number', number: 1n }]]),
    },
    screening: { alertLevel: 'HIGH', riskScore: { scaled: 705n, scale: 1 }, categories: ['x'] },
    change: { kind: 'assign', role: 'admin' },
  });
});

test('the text of a stored snapshot is a request, too', () => {
  const snapshot = read({ request: { wallet: { id: 'wa-1' } } });
  expect(readRequestFile(`${snapshotText(snapshot)}\n`, POLICY, WORLD)).toEqual({
    ...snapshot,
    causes: new Map(),
  });
});

test.each([
  ['{', /not JSON/],
  ['[]', /not an object/],
  ['{"request":{"units":"1","units":"2"}}', /names "units" twice/],
  [{ requst: {} }, /requst: not a known field/],
  [{ activity: 'transfr' }, /not one of transfer, allowance, unlimited-allowance, contract-call/],
  [{ request: { amont: '1' } }, /request\.amont: not a known field/],
  [{ request: { amount: '1' } }, /asset that is not known/],
  [{ request: { asset: 'USDC@ethereum', amount: '1e3' } }, /not a decimal amount/],
  [{ request: { units: '-5' } }, /units/],
  [{ request: { recipient: '0x12' } }, /recipient: not an address/],
  [{ request: { wallet: { id: 'a', tags: 'b' } } }, /tags: not a list/],
  [{ request: { call: { args: { x: 1.5 } } } }, /not a text, a whole number or a truth/],
  [{ request: { screening: { alertLevel: 'high' } } }, /not one of NONE/],
  [{ request: { change: { kind: 'asign' } } }, /kind: not one of assign/],
  [{ request: { message: { kind: 'signed' } } }, /kind: not one of raw/],
  [
    { totals: { 'sum(value)': '1' } },
    /not a total of the policy; it has sum\(value\) over last 24h/,
  ],
  [{ totals: { [KEY]: '1.005' } }, /more than 2 decimals/],
  [{ prices: { USDC: { USD: '1' } } }, /not the id of an asset/],
])('%j is refused with its place', (value, message) => {
  const text = typeof value === 'string' ? value : JSON.stringify(value);
  expect(() => readRequestFile(text, POLICY, WORLD)).toThrow(message);
});
