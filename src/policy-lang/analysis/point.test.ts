import { expect, test } from 'vitest';
import { priceFor } from './point.ts';

const E18 = 10n ** 18n;

test.each([
  ['ten half cents for one token', 10n, 1_000_000n, E18 / 20n],
  ['nothing for nothing, at any price', 0n, 0n, E18],
  ['something for nothing', 1n, 0n, undefined],
  ['nothing for something, as a price is above zero', 0n, 1_000_000n, undefined],
  ['less than a cent for more than any price can divide', 1n, 10n ** 30n, undefined],
])('%s', (_, value, units, price) => {
  expect(priceFor(value, units, 6)).toBe(price);
});
