import { expect, test } from 'vitest';
import { hex, utf8 } from './bytes.ts';
import { keccak256, sha256 } from './hashing.ts';

test('the empty message hashes to the published values', () => {
  expect(hex(sha256(utf8('')))).toBe(
    'e3b0c44298fc1c149afbf4c8996fb92427ae41e4649b934ca495991b7852b855',
  );
  expect(hex(keccak256(utf8('')))).toBe(
    'c5d2460186f7233c927e7db2dcc703c0e500b653ca82273b7bfad8045d85a470',
  );
});
