import { expect, test } from 'vitest';
import { parseAmount } from './amount.ts';

const USDC = { symbol: 'USDC', decimals: 6 };

test.each([
  ['50,000 USDC', '50000000000'],
  ['0.000001 USDC', '1'],
  [' 1.5 USDC ', '1500000'],
  ['50,000.25 USDC', '50000250000'],
])('%s is %s base units', (text, units) => {
  expect(parseAmount(text, USDC)).toBe(units);
});

test.each([
  '50000',
  '50000USDC',
  '50000 ETH',
  'USDC 50000',
  '-1 USDC',
  '+1 USDC',
  '1e6 USDC',
  '１００ USDC',
  '1.0000001 USDC',
  '5,00 USDC',
  '1.5.2 USDC',
  '0x10 USDC',
  '',
])('%j is refused with what to write', (text) => {
  expect(() => parseAmount(text, USDC)).toThrow(
    expect.objectContaining({ name: 'CountersignError', code: 'INVALID_INPUT' }),
  );
});
