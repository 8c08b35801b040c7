import { encodeRlp as encodeByEthers } from 'ethers';
import fc from 'fast-check';
import { expect, test } from 'vitest';
import { hex, parseHex } from '#core/bytes.ts';
import { type RlpItem, decodeRlp, encodeRlp, integerBytes, integerOf } from './rlp.ts';

const bytes = fc.oneof(
  fc.uint8Array({ maxLength: 3 }),
  fc.uint8Array({ minLength: 54, maxLength: 58 }),
  fc.uint8Array({ minLength: 250, maxLength: 260 }),
);
const flat = fc.array(bytes, { maxLength: 4 });
const item: fc.Arbitrary<RlpItem> = fc.oneof(bytes, flat, fc.array(flat, { maxLength: 3 }));

test('the encoding is that of ethers, and decoding gives the item back', () => {
  fc.assert(
    fc.property(item, (any) => {
      const encoded = encodeRlp(any);
      expect(`0x${hex(encoded)}`).toBe(encodeByEthers(any as Uint8Array));
      expect(decodeRlp(encoded)).toEqual(any);
    }),
  );
});

test('whatever bytes the decoder takes are the only encoding of their item', () => {
  const mutated = fc.tuple(item, fc.nat(), fc.integer({ min: 1, max: 255 })).map(([any, at, x]) => {
    const encoded = Uint8Array.from(encodeRlp(any));
    encoded[at % encoded.length]! ^= x;
    return encoded;
  });
  fc.assert(
    fc.property(fc.oneof(mutated, fc.uint8Array({ maxLength: 80 })), (any) => {
      let decoded: RlpItem;
      try {
        decoded = decodeRlp(any);
      } catch (error) {
        expect(error).toMatchObject({ code: 'EVIDENCE_REJECTED' });
        return;
      }
      expect(encodeRlp(decoded)).toEqual(any);
    }),
    { numRuns: 2_000 },
  );
});

test.each([
  ['nothing', '', /an item is missing/],
  ['a single byte in the long form', '817f', /single byte/],
  ['a zero byte in the long form', '8100', /single byte/],
  ['a short string in the long form', `b837${'aa'.repeat(55)}`, /short item in the long form/],
  ['a short list in the long form', 'f800', /short item|leading zero/],
  ['a length with a leading zero', `b90038${'aa'.repeat(56)}`, /leading zero/],
  ['a length that is cut short', 'b9', /cut short/],
  ['a string that is cut short', '83aabb', /longer than the bytes/],
  ['a list that is cut short', 'c2aa', /longer than the bytes/],
  ['an item that leaves its list', 'c281', /longer than the bytes/],
  ['a length of 2^64 - 1', 'bfffffffffffffffff', /longer than the bytes/],
  ['trailing bytes', '8000', /1 bytes follow/],
  ['five nested lists', 'c4c3c2c1c0', /nested deeper/],
])('refuses %s', (_, text, reason) => {
  expect(() => decodeRlp(parseHex(text))).toThrow(reason);
});

test('a scalar has no leading zero', () => {
  fc.assert(
    fc.property(fc.bigInt(0n, 2n ** 256n - 1n), (value) => {
      expect(integerOf(integerBytes(value), 'n')).toBe(value);
    }),
  );
  expect(integerBytes(0n)).toEqual(new Uint8Array(0));
  expect(() => integerOf(Uint8Array.of(0), 'n')).toThrow(/leading zero/);
  expect(() => integerBytes(-1n)).toThrow(RangeError);
});
