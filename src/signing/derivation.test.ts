import { HDKey } from '@scure/bip32';
import { createBase58check } from '@scure/base';
import fc from 'fast-check';
import { describe, expect, test } from 'vitest';
import { type Bytes, hex, parseHex } from '#core/bytes.ts';
import { isPlatformError } from '#core/errors.ts';
import { sha256 } from '#core/hashing.ts';
import { readVectors, vectorsMissing } from '#testing/vectors.ts';
import {
  ORDER,
  encodePoint,
  encodeScalar,
  mod,
  multiplyBase,
  multiplyBasePublic,
  parseInteger,
} from './curve.ts';
import { childPoint, derive, parsePath, xpub } from './derivation.ts';

const SEED = parseHex('000102030405060708090a0b0c0d0e0f');
const ROOT = HDKey.fromMasterSeed(SEED);
const KEY = ROOT.publicKey as Bytes;
const CODE = ROOT.chainCode as Bytes;

/** The fields of an extended public key, read with no code of the project's. */
function open(text: string) {
  const bytes = createBase58check(sha256).decode(text);
  return { depth: bytes[4], chainCode: bytes.slice(13, 45), publicKey: bytes.slice(45) };
}

/** Chains of the BIP's text: each path with the extended public key that it prints. */
function publishedChains(): { path: string; pub: string; seed: string }[] {
  const text = readVectors('bip/bip-0032.mediawiki');
  return text
    .split(/===Test vector [1-4]===/)
    .slice(1)
    .flatMap((section) => {
      const seed = (section.match(/Seed \(hex\): ([0-9a-f]+)/) as RegExpMatchArray)[1] as string;
      const chains = section.matchAll(/\* Chain (\S+)\n\*\* ext pub: (\w+)/g);
      return [...chains].map((match) => ({
        path: (match[1] as string).replaceAll('<sub>H</sub>', "'"),
        pub: match[2] as string,
        seed,
      }));
    });
}

describe.skipIf(vectorsMissing !== '')(`vectors of BIP-32${vectorsMissing}`, () => {
  test('every step of the published chains that is not hardened is derived', () => {
    const chains = publishedChains();
    expect(chains).toHaveLength(17);
    let derived = 0;
    for (const { path, pub, seed } of chains) {
      const cut = path.lastIndexOf('/');
      const parent = chains.find((one) => one.seed === seed && one.path === path.slice(0, cut));
      if (parent === undefined || path.endsWith("'")) continue;
      derived += 1;
      const from = open(parent.pub);
      const child = derive(from.publicKey, from.chainCode, `m${path.slice(cut)}`);
      expect(child.publicKey).toEqual(open(pub).publicKey);
      expect(child.chainCode).toEqual(open(pub).chainCode);
    }
    expect(derived).toBe(6);
  });

  test('the published masters and the chain m/0 are spelled as extended public keys', () => {
    for (const { path, pub, seed } of publishedChains()) {
      if (path !== 'm' && path !== 'm/0') continue;
      const master = HDKey.fromMasterSeed(parseHex(seed));
      expect(xpub(master.publicKey as Bytes, master.chainCode as Bytes, path)).toBe(pub);
    }
  });
});

test('any path gives the key, chain code and extended key of @scure/bip32', () => {
  const index = fc.oneof(fc.nat({ max: 20 }), fc.nat({ max: 2 ** 31 - 1 }));
  fc.assert(
    fc.property(fc.array(index, { maxLength: 6 }), (indexes) => {
      const path = ['m', ...indexes].join('/');
      const oracle = ROOT.derive(path);
      const mine = derive(KEY, CODE, path);
      expect(mine.publicKey).toEqual(oracle.publicKey);
      expect(mine.chainCode).toEqual(oracle.chainCode);
      expect(xpub(KEY, CODE, path)).toBe(oracle.publicExtendedKey);
      const child = mod(parseInteger(ROOT.privateKey as Bytes) + mine.tweak);
      expect(hex(encodeScalar(child))).toBe(hex(oracle.privateKey as Bytes));
    }),
    { numRuns: 30 },
  );
});

test('the root adds nothing to the key', () => {
  expect(derive(KEY, CODE, 'm')).toEqual({ publicKey: KEY, tweak: 0n, chainCode: CODE });
});

test.each([
  ['', /does not begin with "m"/],
  ['M/0', /does not begin with "m"/],
  ['0/1', /does not begin with "m"/],
  ['m/', /empty step/],
  ['/m', /does not begin with "m"/],
  ['m//1', /empty step/],
  ['m/1/', /empty step/],
  ["m/44'", /step 44' is hardened/],
  ['m/0h', /step 0h is hardened/],
  ['m/0H/1', /step 0H is hardened/],
  ['m/-1', /not a plain index/],
  ['m/+1', /not a plain index/],
  ['m/01', /not a plain index/],
  ['m/00', /not a plain index/],
  ['m/1.0', /not a plain index/],
  ['m/1e3', /not a plain index/],
  ['m/0x1', /not a plain index/],
  ['m/ 1', /not a plain index/],
  ['m/1 ', /not a plain index/],
  ['m/1\n', /not a plain index/],
  ['m/١', /not a plain index/],
  ['m/2147483648', /not below 2147483648/],
  ['m/4294967296', /not below 2147483648/],
  ['m/99999999999999999999', /not a plain index/],
  [`m${'/1'.repeat(256)}`, /more than 255 steps/],
])('the path %j is refused with a hint', (path, reason) => {
  expect(() => derive(KEY, CODE, path)).toThrow(reason);
  const refusal = (): unknown => {
    try {
      return parsePath(path);
    } catch (error) {
      return error;
    }
  };
  const error = refusal();
  expect(isPlatformError(error, 'INVALID_INPUT') && error.context['hint']).toMatch(/Write "m"/);
});

test('the largest index and the deepest path have keys', () => {
  expect(parsePath('m/2147483647')).toEqual([2_147_483_647]);
  expect(parsePath(`m${'/0'.repeat(255)}`)).toHaveLength(255);
});

test.each([
  ['q', encodeScalar(ORDER)],
  ['2^256 - 1', new Uint8Array(32).fill(0xff)],
  ['minus the parent', encodeScalar(ORDER - 5n)],
])('an index whose IL is %s has no key', (_, left) => {
  expect(() => childPoint(multiplyBasePublic(5n), left)).toThrow(/this index has no key/);
});

test('the largest IL that is a scalar still has a key', () => {
  const { child, tweak } = childPoint(multiplyBasePublic(5n), encodeScalar(ORDER - 1n));
  expect(tweak).toBe(ORDER - 1n);
  expect(encodePoint(child)).toEqual(encodePoint(multiplyBase(4n)));
});

test.each([
  ['32 bytes', KEY.subarray(1), CODE],
  ['the identity', new Uint8Array(33), CODE],
  ['an uncompressed point', new Uint8Array(65).fill(4), CODE],
  ['a chain code of 31 bytes', KEY, CODE.subarray(1)],
  ['a chain code of 33 bytes', KEY, new Uint8Array(33)],
])('%s as the root is refused', (_, key, code) => {
  expect(() => derive(key, code, 'm/0')).toThrow(/Give/);
});
