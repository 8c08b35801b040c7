import fc from 'fast-check';
import { expect, test } from 'vitest';
import {
  MAX_UNITS,
  formatDecimal,
  networkOf,
  parseAssetId,
  parseDecimal,
  parsePrice,
  parseUnits,
  symbolOf,
} from './money.ts';

test.each([
  ['50,000', 6, 50_000_000_000n],
  ['50000.25', 6, 50_000_250_000n],
  ['0.000001', 6, 1n],
  ['0', 18, 0n],
  ['1,234,567.8', 2, 123_456_780n],
])('%s with %i decimals is %s base units', (text, decimals, units) => {
  expect(parseDecimal(text, decimals)).toBe(units);
});

test.each(['-1', '+1', '1e3', '１００', '1_000', '', ' 1', '1 ', '01', '1.', '.5', '1,00', '0x10'])(
  'the decimal amount %j is refused with a hint',
  (text) => {
    expect(() => parseDecimal(text, 6)).toThrow(/INVALID|not a decimal amount.*Write digits/);
  },
);

test('too many decimals are refused with the number that is allowed', () => {
  expect(() => parseDecimal('1.0000001', 6)).toThrow(/at most 6 digits after the point/);
});

test.each(['-1', '1.0', '1e3', '１', '', '00', '0x1', '1,000'])(
  'the base units %j are refused with a hint',
  (text) => {
    expect(() => parseUnits(text)).toThrow(/not a whole number of base units.*Write digits/);
  },
);

test('base units end at 2^256 - 1', () => {
  expect(parseUnits(MAX_UNITS.toString())).toBe(MAX_UNITS);
  expect(() => parseUnits((MAX_UNITS + 1n).toString())).toThrow(/larger than/);
  expect(() => parseUnits('9'.repeat(1_000))).toThrow(/larger than/);
});

test('printing and parsing a decimal gives the same units', () => {
  fc.assert(
    fc.property(fc.bigInt(0n, MAX_UNITS), fc.nat(30), (units, decimals) => {
      expect(parseDecimal(formatDecimal(units, decimals), decimals)).toBe(units);
    }),
  );
});

test('an asset id names its symbol and its network', () => {
  const asset = parseAssetId('USDC@local-evm');
  expect([symbolOf(asset), networkOf(asset)]).toEqual(['USDC', 'local-evm']);
  for (const bad of ['USDC', '@x', 'USDC@', 'US DC@x', 'USDC@X', 'A@b@c']) {
    expect(() => parseAssetId(bad)).toThrow(/not the id of an asset/);
  }
});

test('a price is exact', () => {
  expect(parsePrice('1.0005', 'USD')).toEqual({ currency: 'USD', scaled: 10_005n, scale: 4 });
  expect(() => parsePrice('-1', 'USD')).toThrow(/not a price/);
});
