import { expect, test } from 'vitest';
import type { Effect, Explanation, Network } from '#chains/adapter.ts';
import { UNLIMITED_UNITS } from '#core/allowance.ts';
import { assetId, parseNetworkId } from '#core/money.ts';
import { PAYMENT } from './fixtures.ts';
import { differencesOf, requireIntended } from './intent-match.ts';
import { allowanceIntent, permitIntent, transferIntent } from './intent.ts';

const LOCAL = parseNetworkId('local-evm');
const ETH = assetId('ETH', LOCAL);
const network: Network = {
  id: LOCAL,
  name: 'Local EVM',
  family: 'evm',
  curve: 'secp256k1',
  chainId: 31337n,
  confirmations: 1,
  native: ETH,
  assets: [],
  feeMaxDefault: 10n ** 17n,
  local: true,
};
const intent = transferIntent(PAYMENT);
const from = '0xf39Fd6e51aad88F6F4ce6aB8827279cffFb92266';
const wallet = { network, from };
const effect: Effect = {
  kind: 'transfer',
  asset: PAYMENT.asset,
  from,
  to: PAYMENT.recipient,
  units: PAYMENT.units,
};
const honest: Explanation = {
  network: LOCAL,
  effects: [effect],
  feeMax: { asset: ETH, units: 10n ** 16n },
  nonce: 0n,
  parameters: {},
};

test('bytes that do what the intent says are accepted', () => {
  expect(differencesOf(intent, honest, wallet)).toEqual([]);
  requireIntended(intent, honest, wallet);
});

const allowance: Effect = { ...effect, kind: 'allowance', unlimited: false };

test('an allowance is signed for the intent of an allowance, and for no other', () => {
  const intended = allowanceIntent(PAYMENT);
  const given = { ...honest, effects: [allowance] };
  requireIntended(intended, given, wallet);
  const paid = { intended: 'allowance', found: 'transfer', field: 'kind' };
  expect(differencesOf(intended, honest, wallet)).toEqual([paid]);
  const lent = { intended: 'transfer', found: 'allowance', field: 'kind' };
  expect(differencesOf(intent, given, wallet)).toEqual([lent]);
});

const unbounded = (units: bigint): Explanation => ({
  ...honest,
  effects: [{ ...effect, kind: 'allowance', units, unlimited: true }],
});

test('an allowance without a bound is signed where the intent says so, and in one spelling', () => {
  const intended = allowanceIntent({ ...PAYMENT, units: UNLIMITED_UNITS });
  requireIntended(intended, unbounded(UNLIMITED_UNITS), wallet);
  const other = differencesOf(intended, unbounded(UNLIMITED_UNITS - 1n), wallet);
  const fields = other.map(({ field }) => field);
  expect(fields).toEqual(['units']);
});

const other = parseNetworkId('ethereum');

test.each<[string, Partial<Explanation>]>([
  ['network', { network: other }],
  ['effects', { effects: [] }],
  ['effects', { effects: [effect, effect] }],
  ['asset', { effects: [{ ...effect, asset: ETH }] }],
  ['from', { effects: [{ ...effect, from: PAYMENT.recipient }] }],
  ['recipient', { effects: [{ ...effect, to: from }] }],
  ['recipient', { effects: [{ ...effect, to: PAYMENT.recipient.toLowerCase() }] }],
  ['units', { effects: [{ ...effect, units: PAYMENT.units + 1n }] }],
  ['units', { effects: [{ ...effect, units: PAYMENT.units - 1n }] }],
  ['memo', { memo: 'another' }],
  ['memo', { memo: '' }],
  ['fee', { feeMax: { asset: ETH, units: 10n ** 16n + 1n } }],
  ['fee', { feeMax: { asset: PAYMENT.asset, units: 1n } }],
])('bytes with another %s are refused by that name', (field, change) => {
  const check = () => requireIntended(intent, { ...honest, ...change }, wallet);
  expect(check).toThrow(
    expect.objectContaining({
      code: 'EVIDENCE_REJECTED',
      context: expect.objectContaining({ field, fields: [field] }),
    }),
  );
});

test('a published memo is the intent’s', () => {
  requireIntended(intent, { ...honest, memo: intent.memo }, wallet);
  expect(intent.memo).not.toBe('');
});

test("the node's own network must be the intent's", () => {
  const elsewhere = { from, network: { ...network, id: other } };
  expect(() => requireIntended(intent, honest, elsewhere)).toThrow(/network/);
});

test('every difference is named, in order', () => {
  const change = { effects: [{ ...effect, to: from, units: 1n }] };
  const fields = differencesOf(intent, { ...honest, ...change }, wallet).map((d) => d.field);
  expect(fields).toEqual(['recipient', 'units']);
});

const fee = (units: bigint): Explanation => ({ ...honest, feeMax: { asset: ETH, units } });

test("an intent without a fee cap has the network's", () => {
  const uncapped = transferIntent({ ...PAYMENT, feeMax: undefined });
  expect(differencesOf(uncapped, fee(10n ** 17n), wallet)).toEqual([]);
  expect(differencesOf(uncapped, fee(10n ** 17n + 1n), wallet)).toMatchObject([{ field: 'fee' }]);
});

const DEADLINE = BigInt(Math.floor(PAYMENT.expires / 1_000));
const permit = permitIntent({ ...PAYMENT, nonce: 3n, deadline: DEADLINE });
const given: Explanation = {
  ...honest,
  effects: [{ ...effect, kind: 'permit', unlimited: false, deadline: DEADLINE }],
  feeMax: { asset: ETH, units: 0n },
  nonce: 3n,
};

test.each<[string, readonly string[], Explanation]>([
  ['what the intent says', [], given],
  ['another number', ['nonce'], { ...given, nonce: 4n }],
  [
    'another deadline',
    ['deadline'],
    { ...given, effects: [{ ...effect, kind: 'permit', unlimited: false, deadline: 1n }] },
  ],
  ['a fee', ['fee'], { ...given, feeMax: { asset: ETH, units: 1n } }],
  ['an allowance by a transaction', ['kind', 'deadline'], { ...given, effects: [allowance] }],
])('a permit with %s differs in %j', (_, fields, explanation) => {
  const differences = differencesOf(permit, explanation, wallet);
  expect(differences.map(({ field }) => field)).toEqual(fields);
});

test('no other intent signs a permit', () => {
  for (const other of [intent, allowanceIntent(PAYMENT)]) {
    const [first] = differencesOf(other, given, wallet);
    expect(first).toMatchObject({ field: 'kind', found: 'permit' });
  }
});
