import fc from 'fast-check';
import { expect, test } from 'vitest';
import { type ChainFacts, draftPayment, draftSetUp } from './draft.ts';
import { feeMaxOf } from './explain.ts';
import { ALICE, LOCAL, SOL, USDC, VENDOR } from './fixtures.ts';
import { decodePayment } from './payment.ts';

const FACTS: ChainFacts = {
  unitPrice: 0n,
  nativeBalance: 10n ** 9n,
  assetBalance: 10n ** 9n,
  recipient: { lamports: 0n, isWallet: true, tokenAccount: 'absent' },
  rent: { wallet: 890_880n, tokenAccount: 2_039_280n },
};
const REQUEST = { from: ALICE.address, to: VENDOR.address, asset: USDC, units: 5n, nonce: 7n };

const drafted = (facts: Partial<ChainFacts>, feeMax?: bigint) =>
  decodePayment(
    draftPayment(LOCAL, feeMax === undefined ? REQUEST : { ...REQUEST, feeMax }, {
      ...FACTS,
      ...facts,
    }),
  );

test('a payment offers what others pay for priority, or what the cap leaves, and never more', () => {
  fc.assert(
    fc.property(
      fc.bigInt({ min: 0n, max: 10n ** 12n }),
      fc.bigInt({ min: 2_044_280n, max: 10n ** 8n }),
      (unitPrice, feeMax) => {
        const payment = drafted({ unitPrice }, feeMax);
        expect(feeMaxOf(payment)).toBeLessThanOrEqual(feeMax);
        expect(payment.unitPrice).toBeLessThanOrEqual(unitPrice);
        const oneMore = { ...payment, unitPrice: payment.unitPrice + 1n };
        if (payment.unitPrice < unitPrice) expect(feeMaxOf(oneMore)).toBeGreaterThan(feeMax);
      },
    ),
  );
});

test('the account of a recipient is created only where it is absent', () => {
  const absent = { ...FACTS.recipient, tokenAccount: 'absent' } as const;
  expect(drafted({ recipient: absent }).token?.createsAccount).toBe(true);
  const open = { ...FACTS.recipient, tokenAccount: 'open' } as const;
  expect(drafted({ recipient: open }).token?.createsAccount).toBe(false);
});

const DEAR = expect.objectContaining({
  code: 'NOT_CONFIGURED',
  message: expect.stringMatching(/more than this version knows/),
});

test('a chain that asks more for an account than the bytes are read as is refused', () => {
  const rent = { ...FACTS.rent, tokenAccount: 2_039_281n };
  expect(() => drafted({ rent })).toThrow(DEAR);
  const facts = { nativeBalance: 10n ** 9n, deposit: 1_447_681n, rent: 890_880n };
  expect(() => draftSetUp(LOCAL, ALICE.address, new Uint8Array(32), facts)).toThrow(DEAR);
});

test('a wallet that sends all of its SOL is left with nothing, not with too little', () => {
  const recipient = { lamports: 10n ** 9n, isWallet: true };
  const all = { ...REQUEST, asset: SOL, units: 10n ** 9n - 5_000n };
  const facts = { ...FACTS, recipient };
  expect(decodePayment(draftPayment(LOCAL, all, facts)).units).toBe(999_995_000n);
  const less = { ...all, units: all.units - 1n };
  expect(() => draftPayment(LOCAL, less, facts)).toThrow(/would keep 0\.000000001 SOL/);
});
