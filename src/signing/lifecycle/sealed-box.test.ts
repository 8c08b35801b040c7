import { expect, test } from 'vitest';
import { utf8 } from '#core/bytes.ts';
import { flipBit, seededRandom } from '#signing/simulator.ts';
import { openSealed, recipientOf, sealTo } from './sealed-box.ts';

const random = seededRandom('sealed-box.test');
const secret = random(32);
const purpose = utf8('a test');
const plain = utf8('a share');
const box = sealTo(recipientOf(secret), purpose, plain, random);

test('a box opens for its recipient and its purpose only', () => {
  expect(openSealed(secret, purpose, box)).toEqual(plain);
  expect(openSealed(random(32), purpose, box)).toBeUndefined();
  expect(openSealed(secret, utf8('another'), box)).toBeUndefined();
});

test('a box with any bit turned, cut or with something behind it does not open', () => {
  for (let bit = 0; bit < 8 * box.length; bit += 7) {
    // X25519 ignores the top bit of a point (RFC 7748 section 5), but the key is derived from all.
    expect(openSealed(secret, purpose, flipBit(box, bit))).toBeUndefined();
  }
  expect(openSealed(secret, purpose, flipBit(box, 255))).toBeUndefined();
  for (const length of [0, 47, box.length - 1]) {
    expect(openSealed(secret, purpose, box.subarray(0, length))).toBeUndefined();
  }
  expect(openSealed(secret, purpose, Uint8Array.from([...box, 0]))).toBeUndefined();
});

test('two boxes of the same content share no byte of key or text', () => {
  const other = sealTo(recipientOf(secret), purpose, plain, random);
  expect(other.subarray(0, 32)).not.toEqual(box.subarray(0, 32));
  expect(other.subarray(32)).not.toEqual(box.subarray(32));
});

test('a recipient of small order is refused', () => {
  expect(() => sealTo(new Uint8Array(32), purpose, plain, random)).toThrow(/invalid/);
});
