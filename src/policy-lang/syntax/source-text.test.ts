import { expect, test } from 'vitest';
import { parse } from './parse.ts';
import { SourceText } from './source-text.ts';

const TEXT = 'rule one {\r\n  when always\n  then allow\n}\n';
const SOURCE = new SourceText('a.policy', TEXT);

test.each<[string, number, number, number]>([
  ['the first character', 0, 1, 1],
  ['a line break', 11, 1, 12],
  ['the first character of a line', 12, 2, 1],
  ['the end', TEXT.length, 5, 1],
])('the position of %s', (_, offset, line, column) => {
  expect(SOURCE.position(offset)).toEqual({ offset, line, column });
});

test.each([
  [-1, 0],
  [1_000, TEXT.length],
])('the offset %i counts as %i', (offset, counted) => {
  expect(SOURCE.position(offset)).toEqual(SOURCE.position(counted));
});

test('a part of the tree stands from its first character to behind its last', () => {
  const [rule] = parse(SOURCE).items;
  const span = {
    path: 'a.policy',
    start: { offset: 0, line: 1, column: 1 },
    end: { offset: TEXT.length - 1, line: 4, column: 2 },
  };
  expect(rule && JSON.parse(JSON.stringify(rule.span))).toEqual(span);
  expect(rule).toMatchObject({ span, name: { span: { end: { offset: 8, line: 1, column: 9 } } } });
});
