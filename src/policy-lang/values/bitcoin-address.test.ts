import { base58, bech32, bech32m, createBase58check } from '@scure/base';
import fc from 'fast-check';
import { expect, test } from 'vitest';
import { sha256 } from '#core/hashing.ts';
import { addressKey, readAddress } from './address.ts';
import { bitcoinFault } from './bitcoin-address.ts';

/** BIP-173 and BIP-350, "Test vectors"; the first outputs of the main network. */
const SOUND = [
  'bc1qw508d6qejxtdg4y5r3zarvary0c5xw7kv8f3t4',
  'BC1QW508D6QEJXTDG4Y5R3ZARVARY0C5XW7KV8F3T4',
  'tb1qrp33g0q5c5txsp9arysrx4k6zdkfs4nce4xj0gdcccefvpysxf3q0sl5k7',
  'bc1pw508d6qejxtdg4y5r3zarvary0c5xw7kw508d6qejxtdg4y5r3zarvary0c5xw7kt5nd6y',
  'bc1p0xlxvlhemja6c4dqv22uapctqupfhlxm9h8z3k2e72q4k9hcz7vqzk5jj0',
  '1A1zP1eP5QGefi2DMPTfTL5SLmv7DivfNa',
  '3P14159f73E4gFr7JterCCQh9QjiTjiZrG',
];

test.each(SOUND)('%s is sound', (address) => {
  expect(bitcoinFault(address)).toBeUndefined();
  expect(readAddress(address, 'bitcoin').ok).toBe(true);
  expect(addressKey(address)).toMatch(/^bitcoin:/);
});

test('the two ways to write a Bech32 address are one address', () => {
  expect(addressKey(SOUND[1] ?? '')).toBe(addressKey(SOUND[0] ?? ''));
});

test.each([
  ['bc1qw508d6qejxtdg4y5r3zarvary0c5xw7kv8f3t5', 'wrong checksum'],
  ['bc1Qw508d6qejxtdg4y5r3zarvary0c5xw7kv8f3t4', 'mixes small letters'],
  ['bc1p0xlxvlhemja6c4dqv22uapctqupfhlxm9h8z3k2e72q4k9hcz7vqh2y7hd', 'wrong checksum'],
  ['bc1gmk9yu', 'neither'],
  ['1A1zP1eP5QGefi2DMPTfTL5SLmv7DivfNb', 'wrong checksum'],
  ['1A1zP1eP5QGefi2DMPTfTL5SLmv7Divf', '25 bytes'],
  ['hello', 'neither'],
])('%s is refused: %s', (address, fault) => {
  expect(bitcoinFault(address)).toContain(fault);
  expect(addressKey(address)).toBeUndefined();
});

const runs = { numRuns: 200, seed: 20_260_701 };

test('what @scure/base writes is sound, and with one letter changed it is not', () => {
  const programs = fc.record({
    version: fc.integer({ min: 0, max: 16 }),
    program: fc.constantFrom(20, 32).chain((n) => fc.uint8Array({ minLength: n, maxLength: n })),
    at: fc.nat(30),
  });
  fc.assert(
    fc.property(programs, ({ version, program, at }) => {
      const coder = version === 0 ? bech32 : bech32m;
      const address = coder.encode('bc', [version, ...coder.toWords(program)]);
      expect(bitcoinFault(address)).toBeUndefined();
      const place = 5 + at;
      const other = address[place] === 'q' ? 'p' : 'q';
      const changed = address.slice(0, place) + other + address.slice(place + 1);
      expect(bitcoinFault(changed)).toBeDefined();
    }),
    runs,
  );
  const check = createBase58check(sha256);
  fc.assert(
    fc.property(fc.uint8Array({ minLength: 20, maxLength: 20 }), (hash) => {
      const address = check.encode(Uint8Array.from([5, ...hash]));
      expect(bitcoinFault(address)).toBeUndefined();
      const bytes = base58.decode(address);
      bytes[24] = (bytes[24] ?? 0) ^ 1;
      expect(bitcoinFault(base58.encode(bytes))).toContain('wrong checksum');
    }),
    runs,
  );
});
