import { expect, test } from 'vitest';
import { messagesOf } from '#testing/policy-fixtures.ts';

const rule = (name: string, when = 'always') => `rule ${name} { when ${when} then block }`;
const found = (text: string) => messagesOf('LOOK_ALIKE', text);

test.each([
  [rule('limit-1') + rule('limit-2')],
  [rule('limit-1') + rule('limit-i')],
  [rule('modern') + rule('modem-2')],
  [`let limit-1 = value > 1 USD ${rule('limit-l', 'limit-1')}`],
])('%s can be told apart', (text) => {
  expect(found(text)).toEqual([]);
});

test.each([
  [rule('limit-1') + rule('limit-l'), '"limit-l" looks like "limit-1".'],
  [rule('modern') + rule('modem'), '"modem" looks like "modern".'],
  [rule('vvire') + rule('wire'), '"wire" looks like "vvire".'],
  [rule('o1') + rule('ol'), '"ol" looks like "o1".'],
  [
    `let cap-1 = value > 1 USD let cap-l = value > 2 USD ${rule('r', '(cap-1 or cap-l)')}`,
    '"cap-l" looks like "cap-1".',
  ],
])('%s cannot', (text, message) => {
  expect(found(text)).toEqual([message]);
});
