import { expect, test } from 'vitest';
import { HEADER, SUPPORT, compile, policyFile } from '#testing/policy-fixtures.ts';
import { applyFixes } from './apply-fixes.ts';

/** The text of a policy after the fixes that its diagnostics propose. */
function fixed(text: string): string {
  const file = policyFile(text);
  const { files } = applyFixes([file, ...SUPPORT], compile(text).diagnostics);
  return files.find(({ path }) => path === file.path)?.content ?? text;
}

const rule = (condition: string) => `${HEADER}rule a { when ${condition} then block }`;

test.each([
  ['a mistyped list', 'recipient in aproved-vendors', 'recipient in approved-vendors'],
  ['a mistyped currency', 'value > 1 UDS', 'value > 1 USD'],
  ['a mistyped asset', 'asset is USDC@etherum', 'asset is USDC@ethereum'],
  ['a letter of another script', 'v\u0430lue > 1 USD', 'value > 1 USD'],
  ['an invisible character', 'value\u200b > 1 USD', 'value > 1 USD'],
])('%s is corrected', (_, before, after) => {
  expect(fixed(rule(before))).toBe(rule(after));
});

test.each([
  'asset is USDT@ethereum',
  'asset is WETH@ethereum',
  'asset is USDCe@ethereum',
  'value > 1 USX',
  'recipient in approved-vendorz',
])('a name that may be another one is not changed by itself: %s', (condition) => {
  expect(compile(rule(condition)).diagnostics[0]?.fix).toMatchObject({ isGuess: true });
  expect(fixed(rule(condition))).toBe(rule(condition));
});

test('a name that nothing is close to is left alone', () => {
  expect(fixed(rule('recipient in qqqqqq'))).toBe(rule('recipient in qqqqqq'));
});

test('a change is made only where its place holds what it expects, and once', () => {
  const start = { offset: 2, line: 1, column: 3 };
  const span = { path: 'a.policy', start, end: { offset: 4, line: 1, column: 5 } };
  const propose = (before: string, text: string) => ({
    code: 'SYNTAX' as const,
    severity: 'error' as const,
    message: '',
    span,
    fix: { span, before, text },
  });
  const file = { path: 'a.policy', content: 'abcdef' };
  expect(applyFixes([file], [propose('xx', 'Z')])).toEqual({ files: [], count: 0 });
  expect(applyFixes([file], [propose('cd', 'Y'), propose('cd', 'Z')])).toEqual({
    files: [{ path: 'a.policy', content: 'abYef' }],
    count: 1,
  });
});
