import { schnorr } from '@noble/curves/secp256k1.js';
import { describe, expect, test } from 'vitest';
import { hex, parseHex, utf8 } from '#core/bytes.ts';
import { sha256 } from '#core/hashing.ts';
import { readVectors, vectorsMissing } from '#testing/vectors.ts';
import { hasEvenY, liftX, taggedHash, verify340, xOnly } from './bip340.ts';
import { ORDER, type Point, encodeScalar, multiplyBasePublic } from './curve.ts';
import { flipBit } from './simulator.ts';

const upperHex = (text: string) => parseHex(text.toLowerCase());

describe.skipIf(vectorsMissing !== '')(`vectors of BIP-340${vectorsMissing}`, () => {
  test('every published signature is judged as its line says', () => {
    const [, ...lines] = readVectors('bip/bip-0340/test-vectors.csv').trim().split(/\r?\n/);
    const judged = lines.map((line) => {
      const [index = '', , key = '', , message = '', signature = '', result = ''] = line.split(',');
      const isValid = verify340(upperHex(key), upperHex(message), upperHex(signature));
      expect(`${index}: ${isValid}`).toBe(`${index}: ${result.toLowerCase()}`);
      return isValid;
    });
    expect(judged.filter(Boolean)).toHaveLength(9);
    expect(judged).toHaveLength(19);
  });
});

const SECRET = sha256(utf8('bip340.test'));
const MESSAGE = sha256(utf8('a message'));
const KEY = schnorr.getPublicKey(SECRET);
const SIGNATURE = schnorr.sign(MESSAGE, SECRET, new Uint8Array(32));

test('a signature of noble verifies, and no bit of it or of the message may be turned', () => {
  expect(verify340(KEY, MESSAGE, SIGNATURE)).toBe(true);
  for (const bit of [0, 77, 255, 256, 300, 511]) {
    expect(verify340(KEY, MESSAGE, flipBit(SIGNATURE, bit))).toBe(false);
  }
  expect(verify340(KEY, flipBit(MESSAGE), SIGNATURE)).toBe(false);
});

test.each([
  ['63 bytes', SIGNATURE.subarray(1)],
  ['65 bytes', Uint8Array.of(...SIGNATURE, 0)],
  ['s = q', Uint8Array.of(...SIGNATURE.subarray(0, 32), ...encodeScalar(ORDER))],
  ['r without a point', Uint8Array.of(...new Uint8Array(32), ...SIGNATURE.subarray(32))],
  ['r above p', Uint8Array.of(...new Uint8Array(32).fill(255), ...SIGNATURE.subarray(32))],
])('a signature with %s is invalid', (_, signature) => {
  expect(verify340(KEY, MESSAGE, signature)).toBe(false);
});

test('a nonce that cancels out is invalid', () => {
  // With P = G, s = e makes s G - e P the identity, for whatever r went into e.
  const generator = multiplyBasePublic(1n);
  const e = taggedHash('BIP0340/challenge', new Uint8Array(32), xOnly(generator), MESSAGE);
  const forged = Uint8Array.of(...new Uint8Array(32), ...e);
  expect(verify340(xOnly(generator), MESSAGE, forged)).toBe(false);
});

test('lifting an x-coordinate gives the point with an even y', () => {
  for (let k = 1n; k < 9n; k++) {
    const point = multiplyBasePublic(k);
    const lifted = liftX(xOnly(point)) as Point;
    expect(hasEvenY(lifted)).toBe(true);
    expect(lifted.equals(hasEvenY(point) ? point : point.negate())).toBe(true);
  }
  expect(liftX(new Uint8Array(32))).toBeUndefined();
  expect(liftX(new Uint8Array(31))).toBeUndefined();
  expect(hex(xOnly(multiplyBasePublic(1n)))).toMatch(/^79be667ef9dcbbac/);
});
