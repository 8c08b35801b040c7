/**
 * Addresses that are computed from others: the account that a wallet reserves under a seed, and the
 * token account that belongs to a wallet and a mint (Solana docs, "Program Derived Address").
 */
import { sha256 } from '@noble/hashes/sha2.js';
import { type Bytes, concat, utf8 } from '#core/bytes.ts';
import { addressBytes, formatAddress, isOnCurve } from './address.ts';
import { ASSOCIATED_TOKEN_PROGRAM, SYSTEM_PROGRAM, TOKEN_PROGRAM } from './programs.ts';

/** Names the durable nonce's account among those that the wallet could have. */
export const NONCE_SEED = 'countersign';
const MARKER = utf8('ProgramDerivedAddress');
const BUMP_MAX = 255;

/** The account of this wallet's durable nonce; the wallet's signature alone can set it up. */
export const nonceAccountOf = (wallet: string): string =>
  formatAddress(
    sha256(concat(addressBytes(wallet), utf8(NONCE_SEED), addressBytes(SYSTEM_PROGRAM))),
  );

/** The first address, from bump 255 downwards, of which nobody can have a key. */
export function programAddress(seeds: readonly Bytes[], program: string): string {
  for (let bump = BUMP_MAX; bump >= 0; bump--) {
    const bytes = sha256(concat(...seeds, Uint8Array.of(bump), addressBytes(program), MARKER));
    if (!isOnCurve(bytes)) return formatAddress(bytes);
  }
  throw new Error('no bump gives an address: this has probability 2^-256');
}

/** Where the wallet holds the tokens of this mint. */
export const tokenAccountOf = (wallet: string, mint: string): string =>
  programAddress([wallet, TOKEN_PROGRAM, mint].map(addressBytes), ASSOCIATED_TOKEN_PROGRAM);
