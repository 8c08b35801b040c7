import fc from 'fast-check';
import { expect, test } from 'vitest';
import { base64url, concat, equalBytes, hex, parseBase64url, parseHex } from './bytes.ts';

const bytes = fc.uint8Array({ maxLength: 70 });

test('hex and base64url give the same bytes back', () => {
  fc.assert(
    fc.property(bytes, (value) => {
      expect(parseHex(hex(value))).toEqual(value);
      expect(parseBase64url(base64url(value))).toEqual(value);
      expect(base64url(value)).toBe(Buffer.from(value).toString('base64url'));
    }),
  );
});

test.each(['0', '0G', 'AB', ' 00', '0x00'])('parseHex refuses %j', (text) => {
  expect(() => parseHex(text)).toThrow(/INVALID|lower-case/);
});

test.each(['A', 'AA==', 'A+', 'A/', 'AB', 'AAB'])('parseBase64url refuses %j', (text) => {
  expect(() => parseBase64url(text)).toThrow(/base64url/);
});

test('equalBytes compares length and content', () => {
  expect(equalBytes(Uint8Array.of(1, 2), Uint8Array.of(1, 2))).toBe(true);
  expect(equalBytes(Uint8Array.of(1, 2), Uint8Array.of(1, 3))).toBe(false);
  expect(equalBytes(Uint8Array.of(1), Uint8Array.of(1, 0))).toBe(false);
  expect(concat(Uint8Array.of(1), Uint8Array.of(), Uint8Array.of(2, 3))).toEqual(
    Uint8Array.of(1, 2, 3),
  );
});
