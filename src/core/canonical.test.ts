import canonicalize from 'canonicalize';
import fc from 'fast-check';
import { expect, test } from 'vitest';
import { hex } from './bytes.ts';
import { type Canonical, canonicalText, hashOf } from './canonical.ts';

const text = fc.string({ unit: 'grapheme' });
const { value } = fc.letrec((tie) => ({
  value: fc.oneof(
    { maxDepth: 4 },
    text,
    fc.maxSafeInteger(),
    fc.boolean(),
    fc.constant(null),
    fc.array(tie('value'), { maxLength: 4 }),
    fc.dictionary(text, tie('value'), { maxKeys: 4 }),
  ),
}));

test('the canonical text is that of the RFC 8785 library', () => {
  fc.assert(
    fc.property(value, (any) => {
      expect(canonicalText(any as Canonical)).toBe(canonicalize(any));
    }),
  );
});

test('the order of keys does not change the hash, another value does', () => {
  const hash = hex(hashOf({ domain: 'd', a: '1', b: 2 }));
  expect(hex(hashOf({ b: 2, a: '1', domain: 'd' }))).toBe(hash);
  expect(hex(hashOf({ b: 2, a: 1, domain: 'd' }))).not.toBe(hash);
});

test.each([[0.5], [Number.NaN], [2 ** 53], ['\ud800']])('refuses %j', (bad) => {
  expect(() => canonicalText(bad)).toThrow(TypeError);
});
