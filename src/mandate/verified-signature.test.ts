import { generateKeyPairSync, type KeyObject, sign } from 'node:crypto';
import { ed25519 } from '@noble/curves/ed25519.js';
import { p256 } from '@noble/curves/nist.js';
import fc from 'fast-check';
import { expect, test } from 'vitest';
import { type Bytes, concat, parseHex, utf8 } from '#core/bytes.ts';
import { Facts, isEd25519Signed, isEs256Signed, p256Key } from './verified-signature.ts';

const flipped = (bytes: Bytes, at: number): Bytes => bytes.with(at, (bytes[at] ?? 0) ^ 1);

test('what held is not checked again, and what did not hold is', () => {
  const facts = new Facts(10);
  const parts = [utf8('key'), utf8('message')];
  let asked = 0;
  const answering = (answer: boolean) => () => {
    asked += 1;
    return answer;
  };
  expect(facts.holds('check', parts, answering(false))).toBe(false);
  expect(facts.holds('check', parts, answering(false))).toBe(false);
  expect(asked).toBe(2);
  expect(facts.holds('check', parts, answering(true))).toBe(true);
  expect(facts.holds('check', parts, answering(false))).toBe(true);
  expect(asked).toBe(3);
});

const thrown = (): never => {
  throw new TypeError('no key');
};

test('a check that throws leaves nothing behind', () => {
  const facts = new Facts(10);
  expect(() => facts.holds('check', [], thrown)).toThrow('no key');
  expect(facts.size).toBe(0);
});

test('no other name, and no other division of the same bytes, is the same fact', () => {
  const facts = new Facts(10);
  facts.holds('check', [utf8('ab'), utf8('c')], () => true);
  const others: readonly (readonly [string, readonly Bytes[]])[] = [
    ['other', [utf8('ab'), utf8('c')]],
    ['check', [utf8('a'), utf8('bc')]],
    ['check', [utf8('abc')]],
    ['check', [utf8('ab'), utf8('c'), utf8('')]],
    ['check', [utf8('ab'), utf8('d')]],
  ];
  for (const [name, parts] of others) expect(facts.holds(name, parts, () => false)).toBe(false);
});

test('however many facts are brought, no more are known than the bound says', () => {
  const facts = new Facts(8);
  for (let number = 0; number < 1_000; number++) {
    facts.holds('check', [utf8(String(number))], () => true);
    expect(facts.size).toBeLessThanOrEqual(8);
  }
  expect(facts.holds('check', [utf8('999')], () => false)).toBe(true);
  expect(facts.holds('check', [utf8('0')], () => false)).toBe(false);
});

const raw = (key: KeyObject, ...fields: readonly ('x' | 'y')[]): Bytes => {
  const jwk = key.export({ format: 'jwk' });
  return concat(
    ...fields.map((field) => new Uint8Array(Buffer.from(jwk[field] ?? '', 'base64url'))),
  );
};

function ed25519Signed(message: Bytes) {
  const { publicKey, privateKey } = generateKeyPairSync('ed25519');
  return { key: raw(publicKey, 'x'), signature: new Uint8Array(sign(null, message, privateKey)) };
}

function es256Signed(message: Bytes) {
  const { publicKey, privateKey } = generateKeyPairSync('ec', { namedCurve: 'P-256' });
  const compact = sign('sha256', message, { key: privateKey, dsaEncoding: 'ieee-p1363' });
  return { key: raw(publicKey, 'x', 'y'), signature: new Uint8Array(compact) };
}

test.each([
  ['Ed25519', ed25519Signed, isEd25519Signed],
  ['ES256', es256Signed, isEs256Signed],
] as const)('after %s held, no bit of message or signature may differ', (_, signed, isSigned) => {
  const message = utf8('{"domain":"countersign/transfer/v1"}');
  const { key, signature } = signed(message);
  expect(isSigned(key, message, signature)).toBe(true);
  for (let at = 0; at < message.length; at++) {
    expect(isSigned(key, flipped(message, at), signature)).toBe(false);
  }
  for (let at = 0; at < signature.length; at++) {
    expect(isSigned(key, message, flipped(signature, at))).toBe(false);
  }
  const other = signed(message);
  expect(isSigned(other.key, message, signature)).toBe(false);
  expect(isSigned(key, message, concat(signature, Uint8Array.of(0)))).toBe(false);
  expect(isSigned(key, message, signature)).toBe(true);
});

test('signatures of the strict verifier and of this one are the same ones', () => {
  const bytes = fc.uint8Array({ minLength: 32, maxLength: 32 });
  fc.assert(
    fc.property(bytes, fc.uint8Array(), fc.nat(63), fc.boolean(), (secret, message, at, isBad) => {
      const whole = ed25519.sign(message, secret);
      const signature = isBad ? flipped(whole, at) : whole;
      const key = ed25519.getPublicKey(secret);
      const expected = ed25519.verify(signature, message, key, { zip215: false });
      expect(isEd25519Signed(key, message, signature)).toBe(expected);
    }),
    { numRuns: 40 },
  );
});

// The eight points of small order, and two spellings that are not canonical (RFC 8032 section 5.1.3).
test.each([
  '0100000000000000000000000000000000000000000000000000000000000000',
  'ecffffffffffffffffffffffffffffffffffffffffffffffffffffffffffff7f',
  '0000000000000000000000000000000000000000000000000000000000000000',
  '0000000000000000000000000000000000000000000000000000000000000080',
  'c7176a703d4dd84fba3c0b760d10670f2a2053fa2c39ccc64ec7fd7792ac037a',
  'c7176a703d4dd84fba3c0b760d10670f2a2053fa2c39ccc64ec7fd7792ac03fa',
  '26e8958fc2b227b045c3f489f2ef98f0d5dfac05d3c63339b13802886d53fc05',
  '26e8958fc2b227b045c3f489f2ef98f0d5dfac05d3c63339b13802886d53fc85',
  'eeffffffffffffffffffffffffffffffffffffffffffffffffffffffffffff7f',
  '0100000000000000000000000000000000000000000000000000000000000080',
])('under the key %s nothing holds', (key) => {
  const neutral = new Uint8Array(32).with(0, 1);
  const signature = concat(neutral, new Uint8Array(32));
  expect(isEd25519Signed(parseHex(key), utf8('anything'), signature)).toBe(false);
});

test('a point that is not on P-256 is no key', () => {
  const point = p256.getPublicKey(new Uint8Array(32).fill(5), false).slice(1);
  expect(() => p256Key(flipped(point, 63))).toThrow();
  expect(() => isEs256Signed(flipped(point, 63), utf8('m'), new Uint8Array(64))).toThrow();
});
