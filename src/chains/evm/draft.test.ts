import fc from 'fast-check';
import { expect, test } from 'vitest';
import type { DraftRequest } from '#chains/adapter.ts';
import { findAsset, findNetwork } from '#chains/registry.ts';
import { PlatformError } from '#core/errors.ts';
import { type ChainFacts, draftCall } from './draft.ts';
import { explain } from './explain.ts';

const local = findNetwork('local-evm');
const USDC = findAsset('USDC@local-evm');
const ETH = findAsset('ETH@local-evm');
const WALLET = '0x5aAeb6053F3E94C9b9A09f33669435E7Ef1BeAed';
const VENDOR = '0xfB6916095ca1df60bB79Ce92cE3Ea74c37c5d359';
const ETHER = 10n ** 18n;
const GWEI = 10n ** 9n;

const request: DraftRequest = { from: WALLET, to: VENDOR, asset: USDC, units: 50n, nonce: 4n };
const facts: ChainFacts = {
  baseFeePerGas: 8n * GWEI,
  tipPerGas: GWEI,
  gas: 40_000n,
  nativeBalance: ETHER,
  assetBalance: 50n,
};

/** The draft's explanation, or the error that there is instead. */
function drafted(changes: Partial<DraftRequest>, known: Partial<ChainFacts> = {}) {
  const bytes = draftCall(local, { ...request, ...changes }, { ...facts, ...known });
  return explain(local, bytes, WALLET);
}

test('a token transfer gets a quarter more gas than estimated, and twice the base fee', () => {
  const { effects, nonce, parameters } = drafted({});
  expect(effects).toEqual([
    { kind: 'transfer', asset: USDC.id, from: WALLET, to: VENDOR, units: 50n },
  ]);
  expect(nonce).toBe(4n);
  expect(parameters).toEqual({
    gasLimit: 50_000n,
    maxFeePerGas: 17n * GWEI,
    maxPriorityFeePerGas: GWEI,
  });
});

test('a plain native transfer gets exactly its gas, a payment to a contract more', () => {
  const known = { gas: 21_000n, assetBalance: ETHER };
  expect(drafted({ asset: ETH }, known).parameters['gasLimit']).toBe(21_000n);
  const contract = { ...known, gas: 24_000n };
  expect(drafted({ asset: ETH }, contract).parameters['gasLimit']).toBe(30_000n);
});

const fee = (feeMax: bigint) => drafted({ feeMax }).parameters['maxFeePerGas'];

test('a cap below the usual offer lowers the offer, down to what the next block may ask', () => {
  expect(fee(50_000n * 17n * GWEI)).toBe(17n * GWEI);
  expect(fee(50_000n * 12n * GWEI)).toBe(12n * GWEI);
  expect(fee(50_000n * 10n * GWEI)).toBe(10n * GWEI);
  expect(() => fee(50_000n * 10n * GWEI - 1n)).toThrow(/asks 0.0005 ETH, the cap is 0.000499/);
});

test('without a cap of its own a transfer obeys the cap of the network', () => {
  const busy = { baseFeePerGas: 1_000_000n * GWEI, nativeBalance: 1_000n * ETHER };
  expect(() => drafted({}, busy)).toThrow(/maxFee:.*the cap is 0.05\. Raise the cap, or wait/);
  expect(drafted({ feeMax: 100n * ETHER }, busy).feeMax.units).toBeGreaterThan(ETHER);
});

test.each([
  [
    'too few tokens',
    {},
    { assetBalance: 49n },
    /takes 0.00005 USDC, and the wallet holds 0.000049/,
  ],
  ['no gas money', {}, { nativeBalance: 0n }, /with its fee takes 0.00085 ETH.*holds 0 ETH/],
  ['too few tokens, though the call reverts', {}, { assetBalance: 0n, gas: 'reverts' }, /holds 0/],
  [
    'enough for the amount but not for the fee',
    { asset: ETH, units: ETHER },
    { gas: 21_000n, assetBalance: ETHER },
    /with its fee takes 1.000357 ETH, and the wallet holds 1 ETH/,
  ],
] as const)('%s is INSUFFICIENT_FUNDS with both amounts', (_, changes, known, message) => {
  const draft = () => drafted(changes, known);
  expect(draft).toThrow(expect.objectContaining({ code: 'INSUFFICIENT_FUNDS' }));
  expect(draft).toThrow(message);
});

test.each([
  ['an amount of zero', { units: 0n }, {}, /amount: not above zero/],
  ['a negative amount', { units: -1n }, {}, /amount: not above zero/],
  ['a lower-case recipient', { to: VENDOR.toLowerCase() }, {}, /to: has no checksum/],
  ['the token itself as recipient', { to: USDC.contract! }, {}, /the contract of USDC itself/],
  ['a call that reverts', {}, { gas: 'reverts' }, /chain refuses the transfer of USDC/],
] as const)('%s is INVALID_INPUT with what to change', (_, changes, known, message) => {
  const draft = () => drafted(changes, known);
  expect(draft).toThrow(expect.objectContaining({ code: 'INVALID_INPUT' }));
  expect(draft).toThrow(message);
});

const some = (max: bigint) => fc.bigInt(0n, max);

test('no draft costs more than its cap or than the wallet holds', () => {
  const known = fc.record({
    baseFeePerGas: some(50n * GWEI),
    tipPerGas: some(5n * GWEI),
    gas: fc.bigInt(21_000n, 200_000n),
    nativeBalance: some(ETHER / 10n),
    assetBalance: some(ETHER / 10n),
  });
  fc.assert(
    fc.property(
      known,
      some(ETHER / 20n),
      some(ETHER / 10n),
      fc.boolean(),
      (k, cap, units, token) => {
        const asset = token ? USDC : ETH;
        const known = token ? k : { ...k, assetBalance: k.nativeBalance };
        try {
          const { feeMax, parameters } = drafted({ asset, units, feeMax: cap }, known);
          expect(feeMax.units).toBeLessThanOrEqual(cap);
          expect(feeMax.units + (token ? 0n : units)).toBeLessThanOrEqual(known.nativeBalance);
          const next = (known.baseFeePerGas * 9n) / 8n + known.tipPerGas;
          expect(parameters['maxFeePerGas']).toBeGreaterThanOrEqual(next);
        } catch (error) {
          if (!(error instanceof PlatformError)) throw error;
          expect(['INVALID_INPUT', 'INSUFFICIENT_FUNDS']).toContain(error.code);
        }
      },
    ),
    // Six coupled amounts shrink for many minutes, one wei at a time.
    { endOnFailure: true },
  );
});
