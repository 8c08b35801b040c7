/** How each entry of the authority log is chained to the one before it. Safe in a browser. */
import { sha256 } from '@noble/hashes/sha2.js';
import { hex, utf8 } from '#core/bytes.ts';
import { hashOf } from '#core/canonical.ts';

/** `sequence` of the genesis is 0; `hash` covers everything up to the entry, 64 hex digits. */
export type AuthorityHead = { readonly sequence: number; readonly hash: string };

const AUTHORITY_DOMAIN = 'countersign/authority/v1';

/** Of an entry's canonical text: SHA-256 in hex. */
export const entryHash = (content: string): string => hex(sha256(utf8(content)));

/** The head after one more entry, of which only the hash is known: each head covers the one before it. */
export function headWith(previous: AuthorityHead, entry: string): AuthorityHead {
  const sequence = previous.sequence + 1;
  const hash = hashOf({ domain: AUTHORITY_DOMAIN, sequence, previous: previous.hash, entry });
  return { sequence, hash: hex(hash) };
}
