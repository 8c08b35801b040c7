import { secp256k1 } from '@noble/curves/secp256k1.js';
import { Transaction as EthersTransaction, Wallet } from 'ethers';
import fc from 'fast-check';
import { expect, test } from 'vitest';
import type { EcdsaSignature } from '#chains/adapter.ts';
import { findNetwork } from '#chains/registry.ts';
import { type Bytes, hex, parseHex } from '#core/bytes.ts';
import { payloads, seal } from './seal.ts';
import { encodeUnsigned } from './transaction.ts';

const local = findNetwork('local-evm');
const wallet = Wallet.createRandom();
const ORDER = secp256k1.Point.Fn.ORDER;

const unsignedOf = (nonce: bigint): Bytes =>
  encodeUnsigned({
    chainId: 31_337n,
    nonce,
    maxPriorityFeePerGas: 1n,
    maxFeePerGas: 2n,
    gasLimit: 21_000n,
    to: '0x5aAeb6053F3E94C9b9A09f33669435E7Ef1BeAed',
    value: 5n,
    data: new Uint8Array(0),
  });

const bytesOf = (text: string): Bytes => parseHex(text.slice(2));
const word = (value: bigint): Bytes => parseHex(value.toString(16).padStart(64, '0'));

function sign(unsigned: Bytes): EcdsaSignature {
  const digest = payloads(local, unsigned)[0]!.digest;
  const { r, s, yParity } = wallet.signingKey.sign(digest);
  return { r: bytesOf(r), s: bytesOf(s), recovery: yParity };
}

test('the digest and the sealed bytes are those of ethers', () => {
  fc.assert(
    fc.property(fc.bigInt(0n, 2n ** 53n - 1n), (nonce) => {
      const unsigned = unsignedOf(nonce);
      const expected = EthersTransaction.from(`0x${hex(unsigned)}`);
      expect(`0x${hex(payloads(local, unsigned)[0]!.digest)}`).toBe(expected.unsignedHash);
      const signature = sign(unsigned);
      const sealed = seal(local, unsigned, [signature], wallet.address);
      const read = EthersTransaction.from(`0x${hex(sealed.raw)}`);
      expect(read.hash).toBe(sealed.hash);
      expect(read.from).toBe(wallet.address);
      expect(read.nonce).toBe(Number(nonce));
    }),
    { numRuns: 30 },
  );
});

const unsigned = unsignedOf(0n);
const good = sign(unsigned);
const s = BigInt(`0x${hex(good.s)}`);
const flip = { ...good, s: word(ORDER - s), recovery: 1 - good.recovery };

test.each([
  ['no signature', [], /not exactly one/],
  ['two signatures', [good, good], /not exactly one/],
  ['a high s', [flip], /high s/],
  [
    'the wrong recovery number',
    [{ ...good, recovery: 1 - good.recovery }],
    /signed by 0x\S+, not by/,
  ],
  ['recovery 2', [{ ...good, recovery: 2 }], /neither 0 nor 1/],
  ['recovery 27', [{ ...good, recovery: 27 }], /neither 0 nor 1/],
  ['r of zero', [{ ...good, r: word(0n) }], /out of range/],
  ['s of zero', [{ ...good, s: word(0n) }], /out of range/],
  ['r of the order', [{ ...good, r: word(ORDER) }], /out of range/],
  ['r that is no point', [{ ...good, r: word(5n) }], /signed by|belongs to no key/],
  ['31 bytes of r', [{ ...good, r: good.r.subarray(1) }], /32 bytes/],
  ['a signature of another transaction', [sign(unsignedOf(1n))], /signed by 0x\S+, not by/],
])('seal refuses %s', (_, signatures, reason) => {
  const attempt = () => seal(local, unsigned, signatures, wallet.address);
  expect(attempt).toThrow(expect.objectContaining({ code: 'EVIDENCE_REJECTED' }));
  expect(attempt).toThrow(reason);
});

test('neither digest nor seal exists for bytes that do not decode, or of another chain', () => {
  expect(() => payloads(local, Uint8Array.of(...unsigned, 0))).toThrow(/follow/);
  expect(() => payloads(findNetwork('ethereum'), unsigned)).toThrow(/for chain 31337, not 1/);
  expect(() => seal(findNetwork('ethereum'), unsigned, [good], wallet.address)).toThrow(
    /for chain/,
  );
});
