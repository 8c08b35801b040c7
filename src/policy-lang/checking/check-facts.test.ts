import { expect, test } from 'vitest';
import { VENDOR } from '#testing/policy-fixtures.ts';
import { POOL, errorsEverywhere, policyEverywhere } from '#testing/policy-everywhere.ts';

const RULE = `rule r { applies to transfer
  when sum(value) over last 1h by wallet > 5 USD or count(distinct recipient) over last 1h > 5
    or (asset is USDC@ethereum and sum(amount) over last 1h by wallet > 5 USDC) then block "x" }`;
const given = (text: string) => `${RULE} test "t" { ${text} expect not matched r }`;
const testOf = (text: string) => policyEverywhere(given(text)).program.tests[0];

test('a transfer has its asset, its network and its people', () => {
  const facts = testOf(`given transfer {
    initiator = user "alice@acme.example" role "a" role "b"; wallet = "w" tags ["ops"];
    wallet.address = ${VENDOR}; asset = USDC@ethereum; amount = 5 USDC; recipient = ${VENDOR};
  }`)?.facts;
  expect(facts).toEqual({
    network: 'ethereum',
    wallet: { id: 'w', tags: ['ops'], address: VENDOR },
    initiator: { id: 'alice@acme.example', email: 'alice@acme.example', roles: ['a', 'b'] },
    asset: 'USDC@ethereum',
    units: 5_000_000n,
    recipient: VENDOR,
  });
});

test('a call takes its network from the contract, and its units from the network', () => {
  const facts = testOf(`given contract-call {
    call.contract = ${POOL}; call.function = "supply"; call.value = 0.5 ETH;
    call.arg "amount" = 5 USDC; call.arg "plain" = 7; call.arg "to" = ${VENDOR};
    call.arg "name" = "x"; call.arg "on" = true;
  }`)?.facts;
  expect(facts).toEqual({
    network: 'ethereum',
    asset: 'ETH@ethereum',
    call: {
      contract: POOL,
      function: 'supply',
      value: 500_000_000_000_000_000n,
      args: new Map<string, unknown>([
        ['amount', { type: 'number', number: 5_000_000n }],
        ['plain', { type: 'number', number: 7n }],
        ['to', { type: 'address', address: VENDOR }],
        ['name', { type: 'text', text: 'x' }],
        ['on', { type: 'boolean', value: true }],
      ]),
    },
  });
});

test('typed data counts its deadlines from the time of the test', () => {
  const text = `given now = 2026-08-01T12:00 UTC
    given sign-message { message.kind = "typed-data"; typed-data.primary-type = "Permit";
      typed-data.field "deadline" = now + 1h; network = "polygon"; }`;
  const found = testOf(text);
  expect(found?.now).toBe(Date.UTC(2026, 7, 1, 12));
  expect(found?.facts.typedData?.fields?.get('deadline')).toEqual({
    type: 'number',
    number: BigInt(Date.UTC(2026, 7, 1, 13) / 1000),
  });
});

test('screening and changes are given as rules name them', () => {
  const { facts } =
    testOf(`given incoming { screening.alert-level = HIGH;
    screening.risk-score = 70.5; screening.direct-exposure = ["mixer"]; sender = ${VENDOR}; }`) ??
    {};
  expect(facts).toEqual({
    sender: VENDOR,
    screening: {
      alertLevel: 'HIGH',
      riskScore: { scaled: 705n, scale: 1 },
      directExposure: ['mixer'],
    },
  });
  expect(testOf('given policy-change { change.kind = "publish"; }')?.facts).toEqual({
    change: { kind: 'publish' },
  });
});

test('totals are given in the unit in which a rule compares them', () => {
  const found = testOf(`given transfer { }
    given history sum(value) over last 1h by wallet = 4.50 USD
    given history sum(amount) over last 1h by wallet = 3 USDC
    given history count(distinct recipient) over last 1h = 2 with this one seen`);
  expect([...(found?.aggregates.values() ?? [])]).toEqual([
    { total: 450n },
    { total: 3_000_000n },
    { total: 2n, seen: true },
  ]);
});

test.each([
  ['given transfer { sender = 0x1; }', 'A test gives no field "sender" of a transfer.'],
  ['given transfer { value = 5 USD; }', 'A test gives no field "value" of a transfer.'],
  ['given transfr { }', 'There is no activity "transfr".'],
  [
    'given transfer { wallet.address = 0x52908400098527886E0F7030069857D2E4169EE7; }',
    'but not the wallet',
  ],
  ['given contract-call { call.arg = 5; }', 'Behind "call.arg" stands its name in quotes.'],
  ['given contract-call { call.arg "a" = 5 USDC; }', 'depends on the network'],
  ['given contract-call { call.arg "a" = ["x"]; }', 'An argument is a number'],
  ['given contract-call { call.arg "a" = 1; call.arg "a" = 2; }', 'gives call.arg "a" twice'],
  ['given incoming { screening.alert-level = BAD; }', 'There is no level "BAD".'],
  ['given incoming { screening.failure = "x"; }', 'The field "screening.failure" is never "x".'],
  ['given incoming { screening.categories = [5]; }', 'A text must stand here.'],
  ['given transfer { } given now = 2026-03-29T02:30 Europe/Paris', 'is skipped'],
  [
    'given transfer { } given now = 2026-03-29T02:30 UTC given now = 2026-03-29T02:30 UTC',
    'its time twice',
  ],
  [
    'given transfer { } given history sum(value) over last 1h by wallet = 1 EUR',
    'No rule compares',
  ],
  [
    'given transfer { } given history sum(value) over last 1h by wallet = 1 USD with this one seen',
    'Only a count of different things',
  ],
])('%s is refused', (text, message) => {
  expect(errorsEverywhere(given(text))).toEqual([expect.stringContaining(message)]);
});
