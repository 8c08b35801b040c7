import { expect, test } from 'vitest';
import { errorsEverywhere, foundEverywhere, policyEverywhere } from '#testing/policy-everywhere.ts';

const RULE = 'rule r { when a then block "x" }';

test('a definition may use others, in whatever order they are written', () => {
  const text = `let a = b and not c let b = c or value > 2 USD let c = value > 1 USD ${RULE}`;
  expect(errorsEverywhere(text)).toEqual([]);
});

test('a definition says what the asset is where it is used', () => {
  const text = `let stable = asset in [USDC@ethereum, USDC@polygon]
    rule r { when stable and amount > 5 USDC then block "x" }`;
  const condition = policyEverywhere(text).program.rules[0]?.condition;
  expect(condition).toMatchObject({ parts: [{ kind: 'asset-in' }, { kind: 'amount' }] });
});

test('what is wrong in a definition is said once, where it stands', () => {
  const text = `let a = vlue > 1 USD ${RULE} rule s { when a and not a then block "x" }`;
  expect(errorsEverywhere(text)).toHaveLength(1);
});

test.each([
  ['let a = not a', 'The definition a uses itself: a uses a.'],
  ['let a = b let b = c let c = b', 'The definition b uses itself: b uses c uses b.'],
])('%s is a cycle', (lets, message) => {
  expect(foundEverywhere('CYCLE', `${lets} ${RULE}`)).toEqual([message]);
});

const chain = (length: number) =>
  Array.from({ length }, (_, i) => `let l${i} = not l${i + 1}`).join('\n');

const end = (length: number) => `let l${length} = value > 1 USD let a = l0 ${RULE}`;

test('a chain of definitions has the depth of what it stands for', () => {
  expect(errorsEverywhere(`${chain(50)} ${end(50)}`)).toEqual([]);
  expect(foundEverywhere('POLICY_TOO_DEEP', `${chain(80)} ${end(80)}`)).not.toEqual([]);
});

test('definitions that double reach the limit of comparisons', () => {
  const double = Array.from({ length: 12 }, (_, i) => `let l${i} = l${i + 1} and l${i + 1}`);
  const text = `${double.join('\n')} let l12 = value > 1 USD let a = l0 ${RULE}`;
  expect(foundEverywhere('POLICY_TOO_LARGE', text)).toEqual([
    'With its definitions written out, it compares 1024 times.',
  ]);
});

test('a word that a condition cannot begin with names no definition', () => {
  expect(foundEverywhere('TYPE_MISMATCH', 'let when = always')).toEqual([
    'A condition cannot begin with the word "when".',
  ]);
});

test('an unused definition is named', () => {
  expect(foundEverywhere('UNUSED', `let a = always let b = always ${RULE}`)).toContain(
    'No rule uses the definition b.',
  );
});
