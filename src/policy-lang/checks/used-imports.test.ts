import { expect, test } from 'vitest';
import { compile, HEADER } from '#testing/policy-fixtures.ts';

const unused = (rules: string) =>
  compile(HEADER + rules)
    .diagnostics.filter(({ code }) => code === 'UNUSED')
    .map(({ message }) => message);

test('everything that is used is fine', () => {
  const rules = `rule a { when recipient in approved-vendors unless recipient in banned
      then require approval by 1 of managers if missing data then allow with approval by 1 of directors because "x" }`;
  expect(unused(rules)).toEqual([]);
});

test('a list or a group that no rule uses is named', () => {
  const rules = `rule a { when recipient in approved-vendors then require approval by 1 of managers because "x" }
    test "t" { given transfer { } given list banned = [] expect not matched a }`;
  expect(unused(rules)).toEqual([
    'No rule uses the list banned.',
    'No rule uses the group directors.',
  ]);
});
