import { expect, test } from 'vitest';
import { foundEverywhere } from '#testing/policy-everywhere.ts';

const found = (condition: string) =>
  foundEverywhere('CONFUSABLE', `rule r { when ${condition} then block "x" }`);

test.each([
  'wallet tagged "payments"',
  'wallet tagged "зарплата"',
  'wallet tagged "支払い"',
  'wallet tagged "größe"',
  'wallet tagged "πληρωμές"',
  'initiator has role "treasurer"',
])('%s can be told from others', (condition) => {
  expect(found(condition)).toEqual([]);
});

test.each([
  [
    'wallet tagged "p\u0430yments"',
    'The word "p\u0430yments" mixes letters of two scripts that look alike.',
  ],
  [
    'wallet tags has any of ["\u03bfps"]',
    'The word "\u03bfps" mixes letters of two scripts that look alike.',
  ],
  [
    'initiator has role "\u0430\u0441\u0435"',
    'The word "\u0430\u0441\u0435" looks like "ace", and is written in other letters.',
  ],
  [
    'change.role is "\u0391\u0392"',
    'The word "\u0391\u0392" looks like "AB", and is written in other letters.',
  ],
  ['wallet tagged "o\u0585"', 'The word "o\u0585" mixes letters of two scripts that look alike.'],
  [
    'wallet tagged "c\u0251sh"',
    'The word "c\u0251sh" mixes letters of two scripts that look alike.',
  ],
  [
    'wallet tagged "\u217dold"',
    'The text "\u217dold" is a second spelling of "cold", and compares unequal to it.',
  ],
  [
    'wallet tagged "pa\uff59ments"',
    'The text "pa\uff59ments" is a second spelling of "payments", and compares unequal to it.',
  ],
  [
    'initiator has role "cafe\u0301"',
    'The text "cafe\u0301" is a second spelling of "caf\u00e9", and compares unequal to it.',
  ],
  [
    'wallet tagged "cold\u00a0store"',
    'The text "cold\u00a0store" is a second spelling of "cold store", and compares unequal to it.',
  ],
  ['v\u0430lue > 1 USD', '"\u0430" (U+0430) only looks like the letter "a". => a'],
])('%s cannot', (condition, message) => {
  expect(found(condition)).toEqual([message]);
});
