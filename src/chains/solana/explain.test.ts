import fc from 'fast-check';
import { expect, test } from 'vitest';
import { hex } from '#core/bytes.ts';
import { explain, explainSetUp } from './explain.ts';
import { ALICE, LOCAL, SOL, SOL_PAYMENT, USDC, USDC_PAYMENT, VENDOR } from './fixtures.ts';
import { type Payment, encodePayment } from './payment.ts';
import { encodeSetUp } from './set-up.ts';

const explained = (payment: Payment, from = ALICE.address) =>
  explain(LOCAL, encodePayment(payment), from);

test('a payment of SOL is one effect, and its fee is what the bytes bound', () => {
  expect(explained(SOL_PAYMENT)).toEqual({
    network: LOCAL.id,
    effects: [
      {
        kind: 'transfer',
        asset: SOL.id,
        from: ALICE.address,
        to: VENDOR.address,
        units: 1_234_567_890n,
      },
    ],
    // 5,000 for the signature; 1,500 units at 0.007 lamports are 10.5, and the chain rounds up.
    feeMax: { asset: SOL.id, units: 5_011n },
    nonce: BigInt(`0x${hex(SOL_PAYMENT.nonce)}`),
    memo: '',
    parameters: { computeUnits: 1_500n, unitPrice: 7_000n, createsAccount: 0n },
  });
});

test('the recipient of a token is the wallet, and the account that is made for him is a fee', () => {
  const { effects, feeMax, memo } = explained(USDC_PAYMENT);
  expect(effects).toMatchObject([{ asset: USDC.id, to: VENDOR.address, units: 50_000_000_000n }]);
  expect(feeMax.units).toBe(5_000n + 560n + 2_039_280n);
  expect(memo).toBe(USDC_PAYMENT.memo);
});

test('the recipient of a token is known also where his account is there already', () => {
  const token = { mint: USDC.contract as string, decimals: 6, createsAccount: false };
  const { effects, feeMax } = explained({ ...USDC_PAYMENT, token });
  expect(effects).toMatchObject([{ to: VENDOR.address }]);
  expect(feeMax.units).toBe(5_560n);
});

const token = { mint: VENDOR.address, decimals: 6, createsAccount: true };
const coarse = { mint: USDC.contract as string, decimals: 5, createsAccount: true };

test.each<[string, Payment, string, RegExp]>([
  ['another sender', SOL_PAYMENT, VENDOR.address, /sent by/],
  ['a token of no registry', { ...USDC_PAYMENT, token }, ALICE.address, /no registered token/],
  ['other decimals', { ...USDC_PAYMENT, token: coarse }, ALICE.address, /decimals/],
])('%s is refused', (_, payment, from, reason) => {
  expect(() => explained(payment, from)).toThrow(
    expect.objectContaining({
      code: 'EVIDENCE_REJECTED',
      context: { reason: expect.stringMatching(reason) },
    }),
  );
});

test('an explanation determines the bytes: every other field makes another explanation', () => {
  const changes: readonly Partial<Payment>[] = [
    { nonce: VENDOR.seed },
    { computeUnits: 1_501 },
    { unitPrice: 7_001n },
    { to: ALICE.address },
    { units: 1n },
    { memo: 'x' },
    { token: { mint: USDC.contract as string, decimals: 6, createsAccount: true } },
  ];
  const texts = [{}, ...changes].map((change) => {
    const explanation = explained({ ...SOL_PAYMENT, ...change });
    return JSON.stringify(explanation, (_, each: unknown) =>
      typeof each === 'bigint' ? `${each}` : each,
    );
  });
  expect(new Set(texts).size).toBe(texts.length);
});

test('the fee cap of any payment is at least what the chain can take', () => {
  fc.assert(
    fc.property(
      fc.integer({ min: 0, max: 1_400_000 }),
      fc.bigInt({ min: 0n, max: 2n ** 64n - 1n }),
      (computeUnits, unitPrice) => {
        const { feeMax } = explained({ ...SOL_PAYMENT, computeUnits, unitPrice });
        const micro = BigInt(computeUnits) * unitPrice;
        expect((feeMax.units - 5_000n) * 1_000_000n).toBeGreaterThanOrEqual(micro);
        expect((feeMax.units - 5_001n) * 1_000_000n).toBeLessThan(micro);
      },
    ),
  );
});

test('a set-up is no payment, and a payment is no set-up', () => {
  const setUp = encodeSetUp(ALICE.address, SOL_PAYMENT.nonce);
  expect(explainSetUp(LOCAL, setUp, ALICE.address)).toEqual({ asset: SOL.id, units: 1_452_680n });
  const rejected = expect.objectContaining({ code: 'EVIDENCE_REJECTED' });
  expect(() => explainSetUp(LOCAL, setUp, VENDOR.address)).toThrow(rejected);
  expect(() => explain(LOCAL, setUp, ALICE.address)).toThrow(rejected);
  expect(() => explainSetUp(LOCAL, encodePayment(SOL_PAYMENT), ALICE.address)).toThrow(rejected);
});
