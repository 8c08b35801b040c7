/** Hash functions by the names that the standards use; both take and return bytes (32). */
import { sha256 as noble256 } from '@noble/hashes/sha2.js';
import { keccak_256 } from '@noble/hashes/sha3.js';
import type { Bytes } from './bytes.ts';

/** FIPS 180-4. */
export const sha256 = (bytes: Bytes): Bytes => noble256(bytes);

/** Keccak with the original padding, as Ethereum uses it; not SHA3-256 of FIPS 202. */
export const keccak256 = (bytes: Bytes): Bytes => keccak_256(bytes);
