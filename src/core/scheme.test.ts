import { expect, test } from 'vitest';
import { SCHEMES, parseScheme } from './scheme.ts';

test('every scheme is parsed as itself', () => {
  expect(SCHEMES.map((scheme) => parseScheme(scheme))).toEqual(SCHEMES);
});

test.each(['', 'ecdsa', 'ECDSA-secp256k1', 'frost', '__proto__'])('%j is no scheme', (text) => {
  expect(() => parseScheme(text)).toThrow(expect.objectContaining({ code: 'INVALID_INPUT' }));
});
