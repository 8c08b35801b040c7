import { createHash, hash } from 'node:crypto';
import { expect, test } from 'vitest';
import { concat, utf8 } from '#core/bytes.ts';
import { ORDER } from './curve.ts';
import { type Part, digest, digest512, hashToScalar, template } from './transcript.ts';

const some = Uint8Array.of(1, 2);

const part = (type: number, length: number, body: Uint8Array) =>
  concat(Uint8Array.of(type, 0, 0, 0, length), body);

test('a digest is SHA-512 over typed and length-prefixed parts behind the domain', () => {
  const input = concat(
    part(3, 21, utf8('countersign/dkls23/v1')),
    part(3, 3, utf8('tag')),
    part(1, 2, some),
    part(2, 7, new Uint8Array(0)),
    part(4, 1, part(1, 0, new Uint8Array(0))),
  );
  const expected = createHash('sha512').update(input).digest();
  expect(Buffer.from(digest512('tag', some, 7, [new Uint8Array(0)]))).toEqual(expected);
  expect(digest('tag', some, 7, [new Uint8Array(0)])).toEqual(
    Uint8Array.from(expected.subarray(0, 32)),
  );
  const integer = BigInt(`0x${expected.toString('hex')}`);
  expect(hashToScalar('tag', some, 7, [new Uint8Array(0)])).toBe(integer % ORDER);
});

const LISTS: readonly (readonly [string, readonly Part[]])[] = [
  ['tag', []],
  ['ta', ['g']],
  ['tag', [some]],
  ['tag', [Uint8Array.of(1), Uint8Array.of(2)]],
  ['tag', [[some]]],
  ['tag', [[Uint8Array.of(1), Uint8Array.of(2)]]],
  ['tag', [[Uint8Array.of(1)], Uint8Array.of(2)]],
  ['tag', ['\u0001\u0002']],
  ['tag', [258]],
  ['tag', [some, new Uint8Array(0)]],
  ['tag', [some, []]],
  ['tag', [some, '']],
  ['tag', [some, 0]],
];

test('no two different lists of parts share a digest', () => {
  const digests = LISTS.map(([tag, parts]) => Buffer.from(digest(tag, ...parts)).toString('hex'));
  expect(new Set(digests).size).toBe(LISTS.length);
});

test('a template hashes the digest of its fixed parts and its slots', () => {
  const oracle = template('tag', [some, 9], [1, 3]);
  const [first, second] = oracle.slots as [Uint8Array, Uint8Array];
  first[0] = 5;
  second.set([6, 7, 8]);
  const input = Uint8Array.of(...digest('tag', some, 9), 5, 6, 7, 8);
  const expected = hash('sha512', input, 'buffer');
  expect(oracle.digits()).toBe(expected.toString('hex'));
  const whole = Buffer.alloc(70);
  expect(oracle.write(whole, 5)).toBe(64);
  expect(whole.subarray(5, 69)).toEqual(expected);
  const cut = Buffer.alloc(66);
  expect(oracle.write(cut, 62)).toBe(4);
  expect(cut.subarray(62)).toEqual(expected.subarray(0, 4));
});

test.each([-1, 0.5, 2 ** 32, Number.NaN])('%j is no number of a transcript', (number) => {
  expect(() => digest('tag', number)).toThrow(RangeError);
});
