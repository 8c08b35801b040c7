import { p256 } from '@noble/curves/nist.js';
import fc from 'fast-check';
import { expect, test } from 'vitest';
import { type Bytes, concat, hex, parseHex } from '#core/bytes.ts';
import { endOfItem } from './cbor.ts';
import { isSignedBy, parseCredentialKey } from './credential-key.ts';
import { parseEcdsaSignature } from './ecdsa-signature.ts';

const secret = new Uint8Array(32).fill(5);
const point = p256.getPublicKey(secret, false);
const x = point.slice(1, 33);
const y = point.slice(33);
const cose = (...parts: string[]) => parseHex(parts.join(''));
const ES256 = cose('a5010203262001215820', hex(x), '225820', hex(y));
const ED25519 = cose('a4010103272006215820', hex(x));

test('the two kinds of key are read', () => {
  expect(parseCredentialKey(ES256)).toEqual({ algorithm: -7, x, y });
  expect(parseCredentialKey(ED25519)).toEqual({ algorithm: -8, x });
});

test.each<[string, Bytes]>([
  ['nothing', new Uint8Array()],
  ['RS256', cose('a401030339010020430100012145', '0102030405')],
  ['ES256K', cose('a5010203382e2008215820', hex(x), '225820', hex(y))],
  ['an ES256 key on another curve', cose('a5010203262002215820', hex(x), '225820', hex(y))],
  ['keys in another order', cose('a5032601022001215820', hex(x), '225820', hex(y))],
  ['a compressed point', cose('a5010203262001215820', hex(x), '22f5')],
  ['bytes behind the key', concat(ES256, Uint8Array.of(0))],
  ['a short key', ES256.slice(0, -1)],
  ['a short Ed25519 key', ED25519.slice(0, -1)],
])('%s is refused as a key', (_, bytes) => {
  expect(() => parseCredentialKey(bytes)).toThrow(/neither ES256 nor Ed25519/);
});

test('a key that is not on the curve is refused', () => {
  const key = parseCredentialKey(ES256.with(ES256.length - 1, ES256.at(-1)! ^ 1));
  const signature = p256.sign(new Uint8Array(3), secret, { format: 'der' });
  expect(() => isSignedBy(key, new Uint8Array(3), signature)).toThrow(/not a point/);
});

test('an Ed25519 key of small order signs nothing', () => {
  const neutral = new Uint8Array(32).with(0, 1);
  const key = parseCredentialKey(concat(ED25519.slice(0, 10), neutral));
  const signature = concat(neutral, new Uint8Array(32));
  expect(isSignedBy(key, new Uint8Array(3), signature)).toBe(false);
});

test('both halves of an ECDSA signature may be high or low, and zero is refused', () => {
  const key = parseCredentialKey(ES256);
  const message = new Uint8Array(8);
  const { r, s } = p256.Signature.fromBytes(p256.sign(message, secret, { lowS: false }));
  for (const half of [s, p256.Point.Fn.ORDER - s]) {
    const der = new p256.Signature(r, half).toBytes('der');
    expect(isSignedBy(key, message, der)).toBe(true);
  }
  expect(isSignedBy(key, message, cose('3006020100020100'))).toBe(false);
});

test('a DER signature is read as its two numbers', () => {
  fc.assert(
    fc.property(fc.bigInt(1n, 2n ** 256n - 1n), fc.bigInt(1n, 2n ** 256n - 1n), (r, s) => {
      fc.pre(r < p256.Point.Fn.ORDER && s < p256.Point.Fn.ORDER);
      const signature = new p256.Signature(r, s);
      const found = parseEcdsaSignature(signature.toBytes('der'));
      expect(hex(found!)).toBe(hex(signature.toBytes('compact')));
    }),
  );
});

test.each([
  ['', 'nothing'],
  ['3006020101020101ff', 'bytes behind the end'],
  ['3007020101020101', 'another outer length'],
  ['308106020101020101', 'a long length'],
  ['300702020001020101', 'a spare leading zero'],
  ['3006020181020101', 'a negative number'],
  ['3005020002020101', 'an empty number'],
  ['3006030101020101', 'another type'],
  ['3106020101020101', 'a set'],
  ['3007020101020101ff', 'bytes behind the numbers'],
  ['3006020101020201', 'a number that is cut off'],
  ['3003020101', 'one number'],
  [`3026022101${'00'.repeat(32)}020101`, 'a number of 33 bytes'],
])('DER %s is refused: %s', (der) => {
  expect(parseEcdsaSignature(parseHex(der))).toBeUndefined();
});

test.each([
  ['a0', 1],
  ['a1616101', 4],
  ['83010203ff', 4],
  ['5803010203', 5],
  ['5903', undefined],
  ['58', undefined],
  ['43', undefined],
  ['a161', undefined],
  ['bf616101ff', undefined],
  ['c001', undefined],
  ['1b0000000000000001', undefined],
  ['8181818101', 5],
  ['818181818101', undefined],
  ['1c', undefined],
  ['18', undefined],
  ['f5', 1],
  ['3863', 2],
  ['', undefined],
])('the CBOR item in %s ends at %s', (item, end) => {
  expect(endOfItem(parseHex(item), 0)).toBe(end);
});
