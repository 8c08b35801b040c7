import { expect, test } from 'vitest';
import { foundEverywhere } from '#testing/policy-everywhere.ts';

const found = (condition: string) =>
  foundEverywhere('MIXED_LOGIC', `rule r { when ${condition} then block "x" }`);

test.each([
  'value > 1 USD and value > 2 USD and value > 3 USD',
  'value > 1 USD or value > 2 USD or value > 3 USD',
  'value > 1 USD and (value > 2 USD or value > 3 USD)',
  'not (value > 1 USD and value > 2 USD) or value > 3 USD',
])('%s can be read in one way', (condition) => {
  expect(found(condition)).toEqual([]);
});

test.each([
  'value > 1 USD and value > 2 USD or value > 3 USD',
  'value > 1 USD or value > 2 USD and value > 3 USD',
  '(value > 1 USD or value > 2 USD and value > 3 USD) and value > 4 USD',
])('%s cannot', (condition) => {
  expect(found(condition)).toEqual([
    '"and" and "or" stand together, and readers disagree which binds first.',
  ]);
});
