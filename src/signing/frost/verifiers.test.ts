/** What the Ed25519 verifiers accept, against Wycheproof and the cases where verifiers disagree. */
import { ed25519 } from '@noble/curves/ed25519.js';
import { hash } from 'node:crypto';
import { describe, expect, test } from 'vitest';
import { type Bytes, concat, hex, parseHex, utf8 } from '#core/bytes.ts';
import { ED25519, type EdwardsPoint, type Scalar, reduce } from '#signing/prime-group.ts';
import { readVectors, vectorsMissing } from '#testing/vectors.ts';
import { verifyEd25519 } from './suite.ts';

type Group = {
  readonly publicKey: { readonly pk: string };
  readonly tests: readonly {
    readonly tcId: number;
    readonly msg: string;
    readonly sig: string;
    readonly result: string;
  }[];
};

/** As `chains/solana` and `mandate` call it: what throws is no signature. */
function strictly(key: Bytes, message: Bytes, signature: Bytes): boolean {
  try {
    return ed25519.verify(signature, message, key, { zip215: false });
  } catch {
    // A signature of another length.
    return false;
  }
}

describe.skipIf(vectorsMissing !== '')(`vectors of Wycheproof, Ed25519${vectorsMissing}`, () => {
  // OpenSSL judges what FROST makes and what is released; noble passkeys and sealed transactions.
  test.each<[string, (key: Bytes, message: Bytes, signature: Bytes) => boolean]>([
    ['OpenSSL', verifyEd25519],
    ['noble', strictly],
  ])('%s judges every signature as published', (_, verify) => {
    const { testGroups } = JSON.parse(readVectors('wycheproof/ed25519_test.json')) as {
      testGroups: readonly Group[];
    };
    let judged = 0;
    for (const { publicKey, tests } of testGroups) {
      for (const { tcId, msg, sig, result } of tests) {
        const isValid = verify(parseHex(publicKey.pk), parseHex(msg), parseHex(sig));
        expect(`${tcId}: ${isValid ? 'valid' : 'invalid'}`).toBe(`${tcId}: ${result}`);
        judged += 1;
      }
    }
    expect(judged).toBe(151);
  });
});

const MESSAGE = utf8('where verifiers disagree');
const SECRET = 123_456_789n;
const KEY = ED25519.multiplyBase(SECRET);
const NONCE = 987_654_321n;
/** y of a point of order 8. */
const TORSION_Y = '26e8958fc2b227b045c3f489f2ef98f0d5dfac05d3c63339b13802886d53fc05';
const TORSION = ed25519.Point.fromHex(TORSION_Y);

const challenge = (r: Bytes, key: Bytes): Scalar =>
  ED25519.scalarOf(Uint8Array.from(hash('sha512', concat(r, key, MESSAGE), 'buffer')));

/** A signature by someone who knows the secret and chooses the points' torsion or their spelling. */
function crafted(p: {
  readonly key?: EdwardsPoint;
  readonly secret?: Scalar;
  readonly nonce?: Scalar;
  readonly r?: Bytes;
}) {
  const key = (p.key ?? KEY).toBytes();
  const r = p.r ?? ED25519.multiplyBase(p.nonce ?? NONCE).toBytes();
  const s = reduce(ED25519, (p.nonce ?? NONCE) + challenge(r, key) * (p.secret ?? SECRET));
  return { key, signature: concat(r, ED25519.encodeScalar(s)) };
}

const cofactored = (key: Bytes, signature: Bytes): boolean =>
  ed25519.verify(signature, MESSAGE, key, { zip215: true });

test('an honest signature satisfies the strict and the cofactored verifier', () => {
  const { key, signature } = crafted({});
  expect(verifyEd25519(key, MESSAGE, signature)).toBe(true);
  expect(ed25519.verify(signature, MESSAGE, key, { zip215: false })).toBe(true);
  expect(cofactored(key, signature)).toBe(true);
});

test('a nonce of mixed order passes only where the cofactor is cleared, and is refused here', () => {
  const r = ED25519.multiplyBase(NONCE).add(TORSION).toBytes();
  const { key, signature } = crafted({ r });
  expect(cofactored(key, signature)).toBe(true);
  expect(verifyEd25519(key, MESSAGE, signature)).toBe(false);
});

test('a key of mixed order passes only where the cofactor is cleared, and is refused here', () => {
  const mixed = KEY.add(TORSION);
  const { key, signature } = crafted({ key: mixed });
  expect(cofactored(key, signature)).toBe(true);
  expect(verifyEd25519(key, MESSAGE, signature)).toBe(false);
  expect(ED25519.decodePoint(key)).toBeUndefined();
});

test('a nonce with a second spelling is refused', () => {
  // y = p + 1 is the identity, which ZIP-215 reads and RFC 8032 does not.
  const r = parseHex('eeffffffffffffffffffffffffffffffffffffffffffffffffffffffffffff7f');
  const { key, signature } = crafted({ nonce: 0n, r });
  expect(cofactored(key, signature)).toBe(true);
  expect(verifyEd25519(key, MESSAGE, signature)).toBe(false);
});

test('s + q is refused', () => {
  const { key, signature } = crafted({});
  const again = ED25519.encodeScalar(ED25519.scalarOf(signature.slice(32)) + ED25519.order);
  expect(verifyEd25519(key, MESSAGE, concat(signature.subarray(0, 32), again))).toBe(false);
});

/** All spellings of the eight points of small order, canonical or not (ZIP-215, appendix). */
const SMALL_ORDER = [
  '0100000000000000000000000000000000000000000000000000000000000000',
  '0100000000000000000000000000000000000000000000000000000000000080',
  'ecffffffffffffffffffffffffffffffffffffffffffffffffffffffffffff7f',
  'ecffffffffffffffffffffffffffffffffffffffffffffffffffffffffffffff',
  'eeffffffffffffffffffffffffffffffffffffffffffffffffffffffffffff7f',
  'eeffffffffffffffffffffffffffffffffffffffffffffffffffffffffffffff',
  '0000000000000000000000000000000000000000000000000000000000000000',
  '0000000000000000000000000000000000000000000000000000000000000080',
  'edffffffffffffffffffffffffffffffffffffffffffffffffffffffffffff7f',
  'edffffffffffffffffffffffffffffffffffffffffffffffffffffffffffffff',
  TORSION_Y,
  '26e8958fc2b227b045c3f489f2ef98f0d5dfac05d3c63339b13802886d53fc85',
  'c7176a703d4dd84fba3c0b760d10670f2a2053fa2c39ccc64ec7fd7792ac037a',
  'c7176a703d4dd84fba3c0b760d10670f2a2053fa2c39ccc64ec7fd7792ac03fa',
];

test.each(SMALL_ORDER)('no message can carry the point of small order %s', (text) => {
  expect(ED25519.decodePoint(parseHex(text))).toBeUndefined();
});

test('no message can carry a point of mixed order', () => {
  let torsion = TORSION;
  for (let order = 1; order < 8; order++) {
    expect(ED25519.decodePoint(KEY.add(torsion).toBytes())).toBeUndefined();
    torsion = torsion.add(TORSION);
  }
  expect(torsion.is0()).toBe(true);
  expect(hex(KEY.toBytes())).toBe(
    hex((ED25519.decodePoint(KEY.toBytes()) as EdwardsPoint).toBytes()),
  );
});

test.each([
  ['y = p + 3', 'f0ffffffffffffffffffffffffffffffffffffffffffffffffffffffffffff7f'],
  ['y = 2^255 - 1', 'ffffffffffffffffffffffffffffffffffffffffffffffffffffffffffffff7f'],
  ['a y without a point', '0200000000000000000000000000000000000000000000000000000000000000'],
  ['31 bytes', '00'.repeat(31)],
  ['33 bytes', '00'.repeat(33)],
])('no message can carry %s', (_, text) => {
  expect(ED25519.decodePoint(parseHex(text))).toBeUndefined();
});
