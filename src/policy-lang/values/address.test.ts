import { base58 } from '@scure/base';
import { getAddress } from 'ethers';
import fc from 'fast-check';
import { expect, test } from 'vitest';
import { addressKey, checksummed, readAddress } from './address.ts';

/** EIP-55, "Test Cases". */
const PUBLISHED = [
  '0x52908400098527886E0F7030069857D2E4169EE7',
  '0x8617E340B3D01FA5F11F306F4090FD50E238070D',
  '0xde709f2102306220921060314715629080e2fb77',
  '0x27b1fdb04752bbc536007a920d24acb045561c26',
  '0x5aAeb6053F3E94C9b9A09f33669435E7Ef1BeAed',
  '0xfB6916095ca1df60bB79Ce92cE3Ea74c37c5d359',
  '0xdbF03B407c01E7cD3CBea99509d93f8DDDC8C6FB',
  '0xD1220A0cf47c7B9Be7A2E6BA89F429762e7b9aDb',
];

test.each(PUBLISHED)('%s carries its checksum', (address) => {
  expect(readAddress(address)).toEqual({ ok: true, key: `evm:${address.slice(2).toLowerCase()}` });
});

test('the checksum is the one that ethers computes', () => {
  fc.assert(
    fc.property(fc.uint8Array({ minLength: 20, maxLength: 20 }), (bytes) => {
      const address = `0x${[...bytes].map((byte) => byte.toString(16).padStart(2, '0')).join('')}`;
      expect(checksummed(address)).toBe(getAddress(address));
    }),
  );
});

const GOOD = '0x5aAeb6053F3E94C9b9A09f33669435E7Ef1BeAed';

test.each([
  ['a wrong capital', GOOD.replace('aA', 'AA'), /checksum of the address is wrong/],
  ['a wrong digit', GOOD.replace('6053', '6054'), /checksum of the address is wrong/],
  ['no capitals', GOOD.toLowerCase(), /without its checksum/],
  ['capitals only', `0x${GOOD.slice(2).toUpperCase()}`, /without its checksum/],
  ['a capital X', GOOD.replace('0x', '0X'), /begins with "0X"/],
  ['a missing digit', GOOD.slice(0, -1), /has 39 digits/],
  ['a digit too many', `${GOOD}a`, /has 41 digits/],
  ['a trailing space', `${GOOD} `, /contains " "/],
  ['a leading space', ` ${GOOD}`, /does not begin with "0x"/],
  ['a Cyrillic letter', GOOD.replace('E', '\u0415'), /contains "\u0415"/],
  ['a zero-width space', GOOD.replace('E', 'E\u200b'), /contains/],
  ['an ICAP address', 'XE7338O073KYGTWWZN0F2WZ0R8PX5ZPPZS', /does not begin/],
  ['a name', 'vendor.eth', /does not begin/],
  ['nothing', '', /does not begin/],
])('%s is refused with a reason', (_, text, message) => {
  expect(readAddress(text)).toMatchObject({ ok: false, message: expect.stringMatching(message) });
});

test('a wrong checksum is not answered with the right one: that would bless the mistyped digit', () => {
  const read = readAddress(GOOD.replace('aA', 'AA'));
  expect(read.ok ? '' : read.hint).not.toMatch(/0x[0-9a-fA-F]{40}/);
});

test('every single change of letter case is refused', () => {
  const letters = [...GOOD].flatMap((letter, index) => (/[a-fA-F]/.test(letter) ? index : []));
  for (const index of letters) {
    const letter = GOOD.charAt(index);
    const other = letter === letter.toLowerCase() ? letter.toUpperCase() : letter.toLowerCase();
    expect(readAddress(GOOD.slice(0, index) + other + GOOD.slice(index + 1)).ok).toBe(false);
  }
});

test('addresses compare by their bytes', () => {
  expect(addressKey(GOOD)).toBe(addressKey(GOOD.toLowerCase()));
  expect(addressKey('vendor')).toBeUndefined();
});

test('a Solana address is base58 of 32 bytes, as the wallets of that network write it', () => {
  fc.assert(
    fc.property(fc.uint8Array({ minLength: 32, maxLength: 32 }), (bytes) => {
      const address = base58.encode(bytes);
      expect(readAddress(address)).toEqual({ ok: true, key: `solana:${address}` });
    }),
  );
});

const WALLET = '7S3P4HxJpyyigGzodYwHtCxZyUQe9JiBMHyRWXArAaKv';

test.each([
  ['31 bytes', base58.encode(new Uint8Array(31).fill(7)), /does not stand for 32 bytes/],
  ['33 bytes', base58.encode(new Uint8Array(33).fill(7)), /does not stand for 32 bytes/],
  ['a leading 1 too many', `1${WALLET}`, /does not stand for 32 bytes/],
  ['a letter of no base58 address', WALLET.replace('7', '0'), /contains "0"/],
  ['a trailing space', `${WALLET} `, /contains " "/],
  ['an address of another family', GOOD, /contains "0"/],
])('%s is refused in a row of a Solana network', (_, text, message) => {
  const reading = readAddress(text, 'solana');
  expect(reading).toMatchObject({ ok: false, message: expect.stringMatching(message) });
});

test('a Solana address is none of an EVM network', () => {
  expect(readAddress(WALLET, 'evm').ok).toBe(false);
});
