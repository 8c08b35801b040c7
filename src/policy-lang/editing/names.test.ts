import { expect, test } from 'vitest';
import { SourceText } from '#policy-lang/syntax/source-text.ts';
import { definitionsOf, namesIn } from './names.ts';

const POLICY = `
import list  vendors from "lists/vendors.csv"
import group managers from "groups.yaml"
let large = value > 10,000 USD
rule vendor-list "Vendors" {
  when recipient in vendors and not large
  then allow with approval by 1 of managers and by 2 of managers
}
table matrix { columns | recipient in | then | row | vendors | allow | }
test "a" {
  given list vendors = []
  given group managers = ["bob"]
  given transfer { recipient = 0x1; }
  expect matched vendor-list, matrix
  expect not matched vendor-list
  expect block by vendor-list
  expect block by otherwise
  expect require approval by 1 of managers
}
prove "p" { this version at least as strict as version 1 except rule matrix }
`;

const read = (text: string): string[] => {
  const source = new SourceText('main.policy', text);
  return namesIn(source, definitionsOf([source])).map(
    ({ kind, name, defines, span }) =>
      `${span.start.line} ${defines ? 'def' : 'use'} ${kind} ${name}`,
  );
};

test('every place that makes or uses a name is found, and no other', () => {
  expect(read(POLICY)).toEqual([
    '2 def list vendors',
    '3 def group managers',
    '4 def let large',
    '5 def rule vendor-list',
    '6 use list vendors',
    '6 use let large',
    '7 use group managers',
    '7 use group managers',
    '9 def rule matrix',
    '9 use list vendors',
    '11 use list vendors',
    '12 use group managers',
    '14 use rule vendor-list',
    '14 use rule matrix',
    '15 use rule vendor-list',
    '16 use rule vendor-list',
    '18 use group managers',
    '20 use rule matrix',
  ]);
});

test('a half-written line hides only itself', () => {
  expect(read('rule a { when recipient in\nrule b { then allow }\nlet c = always')).toEqual([
    '1 def rule a',
    '2 def rule b',
    '3 def let c',
  ]);
});

test('a field that is called as a let is inside a longer path is not a use of it', () => {
  expect(read('let screening = always\nrule r { when screening.alert-level > LOW }')).toEqual([
    '1 def let screening',
    '2 def rule r',
  ]);
});
