import fc from 'fast-check';
import { expect, test } from 'vitest';
import { findNetwork } from '#chains/registry.ts';
import type { Bytes } from '#core/bytes.ts';
import { termsOf, withReplacement } from '#mandate/replacement.ts';
import { explain } from './explain.ts';
import { type FeeFacts, raisedFee, raiseFee } from './raise-fee.ts';
import { decodeUnsigned, encodeUnsigned, type Transaction } from './transaction.ts';

const local = findNetwork('local-evm');
const WALLET = '0x5aAeb6053F3E94C9b9A09f33669435E7Ef1BeAed';
const VENDOR = '0xfB6916095ca1df60bB79Ce92cE3Ea74c37c5d359';
const ETHER = 10n ** 18n;
const GWEI = 10n ** 9n;

const stuck: Transaction = {
  chainId: local.chainId,
  nonce: 4n,
  maxPriorityFeePerGas: GWEI,
  maxFeePerGas: 20n * GWEI,
  gasLimit: 21_000n,
  to: VENDOR,
  value: 7n,
  data: new Uint8Array(0),
};
const facts: FeeFacts = {
  baseFeePerGas: 40n * GWEI,
  tipPerGas: 2n * GWEI,
  nativeBalance: ETHER,
};
const feeMax = ETHER / 10n;

function raised(change: Partial<FeeFacts> = {}, cap = feeMax, from: Partial<Transaction> = {}) {
  const unsigned = encodeUnsigned({ ...stuck, ...from });
  const request = { from: WALLET, unsigned, feeMax: cap };
  const answer = raiseFee(local, request, { ...facts, ...change });
  return { ...answer, transaction: decodeUnsigned(answer.unsigned, local.chainId) };
}

test('the market’s offer takes the place of a lower one, and nothing but the fees differs', () => {
  const { transaction, isOutbid } = raised();
  const fees = { maxFeePerGas: 82n * GWEI, maxPriorityFeePerGas: 2n * GWEI };
  expect(transaction).toEqual({ ...stuck, ...fees });
  expect(isOutbid).toBe(true);
});

test('where the market asks for less, both fees rise by a tenth', () => {
  const calm = { baseFeePerGas: GWEI, tipPerGas: 1n };
  const { transaction, isOutbid } = raised(calm);
  expect(transaction).toMatchObject({
    maxFeePerGas: 22n * GWEI,
    maxPriorityFeePerGas: (11n * GWEI) / 10n,
  });
  expect(isOutbid).toBe(false);
});

test.each([
  [0n, 1n],
  [1n, 2n],
  [9n, 10n],
  [10n, 11n],
  [11n, 13n],
  [100n, 110n],
])('the fee %s is raised to %s', (fee, least) => {
  expect(raisedFee(fee)).toBe(least);
});

test('the cap is never exceeded, and below what takes the other’s place it is refused', () => {
  const least = 45n * GWEI + (11n * GWEI) / 10n;
  const cap = least * stuck.gasLimit;
  expect(raised({}, cap).transaction).toMatchObject({
    maxFeePerGas: least,
    maxPriorityFeePerGas: 2n * GWEI,
  });
  expect(() => raised({}, cap - 1n)).toThrow(
    expect.objectContaining({ code: 'INVALID_INPUT' }) as Error,
  );
});

test('a wallet that cannot pay amount and raised fee is told so', () => {
  const total = stuck.value + stuck.gasLimit * 82n * GWEI;
  expect(raised({ nativeBalance: total }).transaction.maxFeePerGas).toBe(82n * GWEI);
  expect(() => raised({ nativeBalance: total - 1n })).toThrow(
    expect.objectContaining({ code: 'INSUFFICIENT_FUNDS' }) as Error,
  );
});

const terms = (unsigned: Bytes, name: string) => termsOf(explain(local, unsigned, WALLET), [name]);

test('whatever the market, five raises are each what nodes allow and nodes of the chain take', () => {
  const fee = fc.bigInt(0n, 500n * GWEI);
  const market = fc.record({ baseFeePerGas: fee, tipPerGas: fee });
  const days = fc.array(market, { minLength: 5, maxLength: 5 });
  fc.assert(
    fc.property(fee, fee, days, (tip, more, markets) => {
      let unsigned = encodeUnsigned({
        ...stuck,
        maxPriorityFeePerGas: tip,
        maxFeePerGas: tip + more,
      });
      let signed = withReplacement([], terms(unsigned, 'first'));
      for (const [index, now] of markets.entries()) {
        const before = decodeUnsigned(unsigned, local.chainId);
        const request = { from: WALLET, unsigned, feeMax: ETHER };
        ({ unsigned } = raiseFee(local, request, { ...now, nativeBalance: 2n * ETHER }));
        const after = decodeUnsigned(unsigned, local.chainId);
        expect(after.maxFeePerGas * 10n).toBeGreaterThanOrEqual(before.maxFeePerGas * 11n);
        expect(after.maxPriorityFeePerGas * 10n).toBeGreaterThanOrEqual(
          before.maxPriorityFeePerGas * 11n,
        );
        signed = withReplacement(signed, terms(unsigned, `raise ${index}`));
      }
      expect(signed).toHaveLength(6);
    }),
  );
});
