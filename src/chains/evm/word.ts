/** What the contract ABI and EIP-712 encode alike: every value in 32 bytes. */
import { type Bytes, concat } from '#core/bytes.ts';
import { addressBytes } from './address.ts';
import { integerBytes } from './rlp.ts';

export const WORD_BYTES = 32;

/** An unsigned integer of at most 256 bits, big-endian. */
export function word(value: bigint): Bytes {
  const bytes = integerBytes(value);
  return concat(new Uint8Array(WORD_BYTES - bytes.length), bytes);
}

/** An address in its canonical spelling, after twelve zeros. */
export const addressWord = (address: string): Bytes =>
  concat(new Uint8Array(WORD_BYTES - 20), addressBytes(address));
