import { expect, test } from 'vitest';
import { REPLACEMENTS_MAX, type Terms, withReplacement, withTold } from './replacement.ts';

const first: Terms = {
  digests: ['a0'],
  nonce: 7n,
  feeMax: 100n,
  parameters: { gasLimit: 10n, maxFeePerGas: 10n, maxPriorityFeePerGas: 1n },
};
const raised = (by: bigint, change: Partial<Terms> = {}): Terms => ({
  ...first,
  digests: [`a${by}`],
  feeMax: 100n + 10n * by,
  parameters: { ...first.parameters, maxFeePerGas: 10n + by },
  ...change,
});

test('the same bytes again are no other transaction', () => {
  const signed = withReplacement([], first);
  expect(withReplacement(signed, first)).toBe(signed);
  const two = withReplacement(signed, raised(1n));
  expect(withReplacement(two, first)).toBe(two);
});

test(`a higher fee takes the place of a lower one, ${REPLACEMENTS_MAX} times`, () => {
  let signed = withReplacement([], first);
  for (let by = 1n; by <= REPLACEMENTS_MAX; by++) signed = withReplacement(signed, raised(by));
  expect(signed).toHaveLength(1 + REPLACEMENTS_MAX);
  expect(() => withReplacement(signed, raised(9n))).toThrow(/raised 5 times already/);
});

test.each<[string, Terms, RegExp]>([
  ['another sequence number', raised(1n, { nonce: 8n }), /another sequence number/],
  ['the same fee', raised(1n, { feeMax: 100n }), /must pay more/],
  ['a lower fee', raised(1n, { feeMax: 99n }), /must pay more/],
  [
    'one fee raised and another lowered',
    raised(1n, {
      parameters: { ...first.parameters, maxFeePerGas: 11n, maxPriorityFeePerGas: 0n },
    }),
    /nothing less/,
  ],
  ['a parameter that is gone', raised(1n, { parameters: { maxFeePerGas: 20n } }), /nothing less/],
])('%s takes nobody’s place', (_, next, reason) => {
  expect(() => withReplacement([first], next)).toThrow(reason);
});

test('what another node has in writing takes its place by its fee, before or after what is known', () => {
  const three = [first, raised(1n), raised(2n)];
  expect(
    three.toReversed().reduce<readonly Terms[]>((known, one) => withTold(known, one), []),
  ).toEqual(three);
  expect(withTold(three, raised(1n))).toBe(three);
  const elsewhere = raised(3n, { nonce: 8n });
  expect(() => withTold(three, elsewhere)).toThrow(/another sequence number/);
  expect(() => withTold([elsewhere], first)).toThrow(/another sequence number/);
  expect(() => withTold(three, raised(9n, { feeMax: 105n }))).toThrow(/nothing less/);
});
