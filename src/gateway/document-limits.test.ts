import fc from 'fast-check';
import { buildSchema, getIntrospectionQuery, parse, validate } from 'graphql';
import { expect, test } from 'vitest';
import { PlatformError } from '#core/errors.ts';
import { DOCUMENT_LIMITS, parseWithinLimits, requireWithinLimits } from './document-limits.ts';

const limitOf = (text: string): unknown => {
  try {
    parseWithinLimits(text);
    return 'accepted';
  } catch (error) {
    return error instanceof PlatformError ? error.context['limit'] : (error as Error).message;
  }
};

/** `fragment f0 {a a} fragment f1 {...f0 ...f0} ...`: 2^n fields from n short fragments. */
const bomb = (n: number): string =>
  `{...f${n}} fragment f0 on Query {a b} ` +
  Array.from({ length: n }, (_, i) => `fragment f${i + 1} on Query {...f${i} ...f${i}}`).join(' ');

test.each<[string, string, unknown]>([
  ['introspection as tools send it', getIntrospectionQuery(), 'accepted'],
  ['a selection at the greatest depth', `${'{a'.repeat(16)}${'}'.repeat(16)}`, 'accepted'],
  ['a selection one deeper', `${'{a'.repeat(17)}${'}'.repeat(17)}`, 'depth'],
  [
    'a depth hidden in fragments',
    `{a{a{a{a{a{a{a{a{...f}}}}}}}}} fragment f on T {a{a{a{a{a{a{a{a{a}}}}}}}}}`,
    'depth',
  ],
  ['an alias bomb', `{${Array.from({ length: 31 }, (_, i) => `x${i}:a`).join(' ')}}`, 'aliases'],
  [
    'an alias bomb hidden in fragments',
    `{...f a{...f}} fragment f on T {${Array.from({ length: 16 }, (_, i) => `x${i}:a`).join(' ')}}`,
    'aliases',
  ],
  ['a field with five directives', '{a @x @x @x @x @x}', 'directivesAtOnce'],
  [
    'many fields with directives',
    `{${Array.from({ length: 31 }, (_, i) => `a${i} @x`).join(' ')}}`,
    'directives',
  ],
  ['a field repeated 101 times', `{${'a '.repeat(101)}}`, 'width'],
  ['a fragment bomb', bomb(18), 'cost'],
  ['pages of pages', '{a(first:100){b(first:100){c(first:100){d}}}}', 'cost'],
  ['pages of pages through variables', '{a(first:$n){b(first:$n){c(last:$n){d}}}}', 'cost'],
  ['pages of pages by default', '{a{edges{a{edges{a{edges{a{edges{c}}}}}}}}}', 'cost'],
  [
    'two drafts of a policy',
    '{a:simulateTransfer{outcome} b:simulateTransfer{outcome}}',
    'accepted',
  ],
  [
    'three drafts of a policy',
    '{...s b:simulateTransfer{x} c:simulateTransfer{x}} fragment s on Query {simulateTransfer{x}}',
    'cost',
  ],
  ['a flood of logins', `mutation {${'x:beginLogin{id} '.repeat(11)}}`, 'cost'],
  [
    'the balances of a page of wallets',
    '{wallets(first:100){edges{node{balances{id}}}}}',
    'accepted',
  ],
  [
    'the balances of many pages of wallets',
    `{${Array.from({ length: 10 }, (_, i) => `w${i}:wallets(first:100){edges{node{balances{id}}}}`).join(' ')}}`,
    'cost',
  ],
  [
    'eleven operations',
    Array.from({ length: 11 }, (_, i) => `query q${i}{a}`).join(' '),
    'operations',
  ],
  ['two thousand tokens', `{a(x:[${'1 '.repeat(2000)}])}`, expect.stringMatching(/tokens/)],
  ['a fragment that contains itself', '{...f} fragment f on Query {a ...f}', 'accepted'],
  ['a fragment that nobody wrote', '{...f}', 'accepted'],
])('%s', (_name, text, expected) => {
  expect(limitOf(text)).toEqual(expected);
});

test('a fragment that contains itself is refused by validation, which runs next', () => {
  const schema = buildSchema('type Query { a: Int }');
  const document = parseWithinLimits('{...f} fragment f on Query {a ...f}');
  expect(validate(schema, document).map((error) => error.message)).toEqual([
    'Cannot spread fragment "f" within itself.',
  ]);
});

test('the depth of a document is that of its expansion', () => {
  fc.assert(
    fc.property(
      fc.integer({ min: 1, max: 14 }),
      fc.integer({ min: 1, max: 14 }),
      (above, below) => {
        const text =
          `${'{a'.repeat(above)}{...f}${'}'.repeat(above)} ` +
          `fragment f on T ${'{a'.repeat(below)}${'}'.repeat(below)}`;
        const within = above + below <= DOCUMENT_LIMITS.depth;
        const check = (): void => requireWithinLimits(parse(text));
        if (within) expect(check).not.toThrow();
        else expect(check).toThrow(/depth/);
      },
    ),
  );
});
