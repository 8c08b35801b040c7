import { SigningKey, computeAddress, getAddress, hexlify } from 'ethers';
import fc from 'fast-check';
import { expect, test } from 'vitest';
import { hex, parseHex } from '#core/bytes.ts';
import { readAddress } from '#policy-lang/values/address.ts';
import { addressBytes, addressOf, formatAddress, parseAddress } from './address.ts';

const VALID = '0x5aAeb6053F3E94C9b9A09f33669435E7Ef1BeAed';

// The examples of EIP-55.
test.each([
  '0x52908400098527886E0F7030069857D2E4169EE7',
  '0x8617E340B3D01FA5F11F306F4090FD50E238070D',
  '0xde709f2102306220921060314715629080e2fb77',
  '0x27b1fdb04752bbc536007a920d24acb045561c26',
  VALID,
  '0xfB6916095ca1df60bB79Ce92cE3Ea74c37c5d359',
  '0xdbF03B407c01E7cD3CBea99509d93f8DDDC8C6FB',
  '0xD1220A0cf47c7B9Be7A2E6BA89F429762e7b9aDb',
])('%s is canonical', (text) => {
  expect(parseAddress(text)).toBe(text);
});

test('formatting is that of ethers, and parsing gives the same bytes back', () => {
  fc.assert(
    fc.property(fc.uint8Array({ minLength: 20, maxLength: 20 }), (bytes) => {
      const text = formatAddress(bytes);
      expect(text).toBe(getAddress(`0x${hex(bytes)}`));
      fc.pre(bytes.some((byte) => byte !== 0));
      expect(addressBytes(parseAddress(text))).toEqual(bytes);
    }),
  );
});

test('the address of a public key is that of ethers', () => {
  const scalar = fc.bigInt(1n, 2n ** 250n).map((n) => `0x${n.toString(16).padStart(64, '0')}`);
  fc.assert(
    fc.property(scalar, (secret) => {
      const key = new SigningKey(secret).compressedPublicKey;
      expect(addressOf(parseHex(key.slice(2)))).toBe(computeAddress(key));
    }),
    { numRuns: 30 },
  );
});

test.each([
  ['32 bytes', '02'.repeat(32)],
  ['an uncompressed point', new SigningKey(`0x${'11'.repeat(32)}`).publicKey.slice(2)],
  ['an x that is on no point', `02${'00'.repeat(31)}05`],
  ['a foreign prefix', `05${'11'.repeat(32)}`],
])('a public key that is %s is refused', (_, text) => {
  expect(() => addressOf(parseHex(text))).toThrow(/publicKey: not a public key/);
});

test.each([
  ['all in lower case', VALID.toLowerCase(), /no checksum.*write 0x5aAeb6053F3E94C9b9A09f33/],
  ['all in upper case', `0x${VALID.slice(2).toUpperCase()}`, /no checksum.*write 0x5aAeb6/],
  ['one letter in the wrong case', VALID.replace('aAe', 'AAe'), /wrong checksum.*copy the address/],
  ['one digit wrong', VALID.replace('6053', '6054'), /wrong checksum/],
  ['too short', VALID.slice(0, -1), /has 39 digits.*whole address/],
  ['too long', `${VALID}0`, /has 41 digits/],
  ['the prefix alone', '0x', /has 0 digits/],
  ['without prefix', VALID.slice(2), /does not begin with 0x.*Write it like/],
  ['an upper-case prefix', `0X${VALID.slice(2)}`, /does not begin with 0x/],
  ['empty', '', /does not begin with 0x/],
  ['a trailing space', `${VALID} `, /space or a character that is not ASCII.*Paste it again/],
  ['a trailing line end', `${VALID}\n`, /space or a character/],
  ['a zero-width space', `0x\u200b${VALID.slice(2)}`, /space or a character/],
  ['a Cyrillic letter', VALID.replace('aA', '\u0430A'), /space or a character/],
  ['full-width digits', VALID.replace('6053', '６０５３'), /space or a character/],
  ['a right-to-left mark', `${VALID}\u200f`, /space or a character/],
  ['a letter that is no digit', VALID.replace('aAe', 'gAe'), /not a hexadecimal digit/],
  ['ICAP', 'XE7338O073KYGTWWZN0F2WZ0R8PX5ZPPZS', /an ICAP address.*plain address/],
  ['a name', 'vendor.eth', /does not begin with 0x/],
  ['the zero address', `0x${'0'.repeat(40)}`, /zero address.*lost/],
])('an address that is %s is refused with what to change', (_, text, message) => {
  const parse = (): string => parseAddress(text, 'to');
  expect(parse).toThrow(expect.objectContaining({ code: 'INVALID_INPUT' }));
  expect(parse).toThrow(/ to: /);
  expect(parse).toThrow(message);
});

test('of all the ways to write an address in upper and lower case one is accepted', () => {
  const masks = fc.array(fc.boolean(), { minLength: 40, maxLength: 40 });
  fc.assert(
    fc.property(fc.uint8Array({ minLength: 20, maxLength: 20 }), masks, (bytes, upper) => {
      fc.pre(bytes.some((byte) => byte !== 0));
      const digits = Array.from(hexlify(bytes).slice(2));
      const text = `0x${digits.map((d, i) => (upper[i] ? d.toUpperCase() : d)).join('')}`;
      fc.pre(text !== formatAddress(bytes));
      expect(() => parseAddress(text)).toThrow(/checksum/);
    }),
  );
});

test('the policy language accepts the same spellings', () => {
  const text = fc.oneof(
    fc.uint8Array({ minLength: 20, maxLength: 20 }).map((bytes) => hexlify(bytes)),
    fc.uint8Array({ minLength: 19, maxLength: 21 }).map((bytes) => safeFormat(bytes)),
    fc.string({ maxLength: 44 }).map((rest) => `0x${rest}`),
  );
  fc.assert(
    fc.property(text, (any) => {
      expect(readAddress(any).ok).toBe(accepts(any));
    }),
  );
});

const safeFormat = (bytes: Uint8Array): string =>
  bytes.length === 20 ? formatAddress(bytes) : hexlify(bytes);

function accepts(text: string): boolean {
  try {
    return parseAddress(text) === text;
  } catch {
    return false;
  }
}
