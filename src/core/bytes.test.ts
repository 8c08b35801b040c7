import fc from 'fast-check';
import { expect, test } from 'vitest';
import {
  base64,
  base64url,
  concat,
  equalBytes,
  hex,
  parseBase64,
  parseBase64url,
  parseHex,
} from './bytes.ts';

const bytes = fc.uint8Array({ maxLength: 70 });

test('hex, base64 and base64url give the same bytes back', () => {
  fc.assert(
    fc.property(bytes, (value) => {
      expect(parseHex(hex(value))).toEqual(value);
      expect(parseBase64url(base64url(value))).toEqual(value);
      expect(parseBase64(base64(value))).toEqual(value);
      expect(base64(value)).toBe(Buffer.from(value).toString('base64'));
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

test.each(['A', 'AA', 'AA=', 'AAA', 'A-==', 'AB==', '=AAA', 'AAAA=', 'AAA=\n', '===='])(
  'parseBase64 refuses %j',
  (text) => {
    expect(() => parseBase64(text)).toThrow(/base64/);
  },
);

test('equalBytes compares length and content', () => {
  expect(equalBytes(Uint8Array.of(1, 2), Uint8Array.of(1, 2))).toBe(true);
  expect(equalBytes(Uint8Array.of(1, 2), Uint8Array.of(1, 3))).toBe(false);
  expect(equalBytes(Uint8Array.of(1), Uint8Array.of(1, 0))).toBe(false);
  expect(concat(Uint8Array.of(1), Uint8Array.of(), Uint8Array.of(2, 3))).toEqual(
    Uint8Array.of(1, 2, 3),
  );
});
