import fc from 'fast-check';
import { expect, test } from 'vitest';
import { MAX_UNITS, formatDecimal, parseDecimal } from '#core/money.ts';
import { readCount, readDecimal } from './numbers.ts';

test.each([
  ['0', 2, 0n],
  ['10,000', 2, 10_000_00n],
  ['10000', 2, 10_000_00n],
  ['1,234,567.89', 2, 1_234_567_89n],
  ['2.5', 18, 2_500_000_000_000_000_000n],
  ['0.000001', 6, 1n],
])('%s with %i decimals is %s', (text, decimals, value) => {
  expect(readDecimal(text, decimals, 'USD')).toEqual({ ok: true, value });
});

test.each([
  ['1e3', 'BAD_NUMBER', /without an exponent/],
  ['1E3', 'BAD_NUMBER', /without an exponent/],
  ['1_000', 'BAD_NUMBER', /not grouped with "_"/],
  ['1,00', 'BAD_NUMBER', /exactly three/],
  ['1000,000', 'BAD_NUMBER', /exactly three/],
  ['0,100', 'BAD_NUMBER', /exactly three|superfluous/],
  ['01', 'BAD_NUMBER', /superfluous zero/],
  ['1.2.3', 'BAD_NUMBER', /not a number/],
  ['10k', 'BAD_NUMBER', /not a number/],
  ['0.001', 'TOO_MANY_DECIMALS', /at most 2 digits after the point/],
  ['9'.repeat(80), 'POLICY_OVERFLOW', /2\^256/],
  ['9'.repeat(60_000), 'POLICY_OVERFLOW', /2\^256/],
])('%s is refused', (text, code, message) => {
  expect(readDecimal(text, 2, 'USD')).toMatchObject({
    ok: false,
    code,
    message: expect.stringMatching(message),
  });
});

test('the largest number is 2^256 - 1 of the smallest unit', () => {
  expect(readDecimal(`${MAX_UNITS}`, 0, 'X')).toEqual({ ok: true, value: MAX_UNITS });
  expect(readDecimal(`${MAX_UNITS + 1n}`, 0, 'X')).toMatchObject({ code: 'POLICY_OVERFLOW' });
});

test('every printed amount is read back', () => {
  fc.assert(
    fc.property(fc.bigInt(0n, MAX_UNITS), fc.nat(30), (units, decimals) => {
      const text = formatDecimal(units, decimals);
      expect(readDecimal(text, decimals, 'X')).toEqual({ ok: true, value: units });
    }),
  );
});

function platform(written: string): bigint | undefined {
  try {
    return parseDecimal(written, 6);
  } catch {
    return undefined;
  }
}

test('a number is read as the platform reads amounts, or refused by both', () => {
  const text = fc.stringMatching(/^[0-9][0-9.,]{0,12}$/);
  fc.assert(
    fc.property(text, (written) => {
      const read = readDecimal(written, 6, 'X');
      expect(read.ok ? read.value : undefined).toBe(platform(written));
    }),
    { numRuns: 2_000 },
  );
});

test.each([
  ['1', 1n],
  ['64', 64n],
])('the count %s is read', (text, value) => {
  expect(readCount(text, 1, 64)).toEqual({ ok: true, value });
});

test.each([
  ['0', 'BAD_NUMBER'],
  ['65', 'POLICY_OVERFLOW'],
  ['1.5', 'TOO_MANY_DECIMALS'],
])('the count %s is refused', (text, code) => {
  expect(readCount(text, 1, 64)).toMatchObject({ ok: false, code });
});
