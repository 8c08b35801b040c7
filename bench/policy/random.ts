/** Numbers that look random and are the same in every run. */
import { utf8 } from '#core/bytes.ts';
import { sha256 } from '@noble/hashes/sha2.js';

/** A whole number from 0 up to and without `limit`. */
export type Random = (limit: number) => number;

/** Marsaglia's xorshift with 32 bits, seeded by the hash of a text. */
export function randomOf(seed: string): Random {
  let state = new DataView(sha256(utf8(seed)).buffer).getUint32(0) | 1;
  return (limit) => {
    state ^= state << 13;
    state ^= state >>> 17;
    state ^= state << 5;
    return (state >>> 0) % limit;
  };
}
