import { expect, test } from 'vitest';
import { didYouMean, nearestName } from './nearest-name.ts';

const known = ['approved-vendors', 'banned', 'managers', 'value'];

test.each([
  ['aproved-vendors', 'approved-vendors'],
  ['approved-venders', 'approved-vendors'],
  ['vlaue', 'value'],
  ['manager', 'managers'],
  ['xyz', undefined],
  ['v', undefined],
  ['x'.repeat(100), undefined],
])('%s is closest to %s', (name, nearest) => {
  expect(nearestName(name, known)).toBe(nearest);
});

test('without a close name, a short list of the known ones helps', () => {
  expect(didYouMean('aproved-vendors', known)).toEqual({
    hint: 'Did you mean approved-vendors?',
    before: 'aproved-vendors',
    text: 'approved-vendors',
  });
  expect(didYouMean('xyz', known)).toBe(`Known are: ${known.join(', ')}.`);
  expect(didYouMean('xyz', [])).toBeUndefined();
});
