import fc from 'fast-check';
import { expect, test } from 'vitest';
import { parsePrice } from '#core/money.ts';
import { add, compare, fiat, formatValue, ledgerValue, worth } from './exact.ts';

const scale = fc.nat(30);
const exact = fc.record({ scaled: fc.bigInt(0n, 2n ** 200n), scale });

test('comparing is comparing the fractions', () => {
  fc.assert(
    fc.property(exact, exact, (a, b) => {
      const left = a.scaled * 10n ** BigInt(b.scale);
      const right = b.scaled * 10n ** BigInt(a.scale);
      expect(compare(a, b)).toBe(left < right ? -1 : left > right ? 1 : 0);
    }),
  );
});

test('a sum exceeds a limit exactly if the limit less one part is below the other', () => {
  fc.assert(
    fc.property(exact, exact, (a, b) => {
      expect(compare(add(a, b), a)).toBe(b.scaled === 0n ? 0 : 1);
      expect(compare(add(a, b), add(b, a))).toBe(0);
    }),
  );
});

test.each([
  [5_000_000n, 6, '1.00', '5.00 USD', 500n],
  [1n, 6, '1.00', '0.000001 USD', 1n],
  [10_000_001n, 6, '1.00', '10.000001 USD', 1_001n],
  [10n ** 18n, 18, '2500.5', '2,500.50 USD', 250_050n],
  [3n, 0, '2', '6.00 USD', 600n],
])(
  '%i units with %i decimals at %s are worth %s, %i minor units',
  (units, decimals, price, text, minor) => {
    const quote = parsePrice(price, 'USD');
    expect(formatValue(worth(units, decimals, quote), 'USD')).toBe(text);
    expect(ledgerValue(units, decimals, quote)).toBe(minor);
  },
);

test('the value that a ledger keeps is the smallest that is not below the exact one', () => {
  fc.assert(
    fc.property(
      fc.bigInt(0n, 10n ** 30n),
      scale,
      fc.bigInt(0n, 10n ** 12n),
      fc.nat(18),
      (units, decimals, scaled, priceScale) => {
        const price = { currency: 'USD', scaled, scale: priceScale };
        const kept = ledgerValue(units, decimals, price);
        const value = worth(units, decimals, price);
        expect(compare(fiat(kept), value)).not.toBe(-1);
        if (kept > 0n) expect(compare(fiat(kept - 1n), value)).toBe(-1);
      },
    ),
  );
});
