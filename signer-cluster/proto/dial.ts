/**
 * The first bytes of a node that dials out: which party it says it is. Whether it is that one, the
 * handshake shows that follows at once: in it the worker is TLS's client and the node its server, as
 * where the node listens, so no certificate serves in a role that it was not issued for.
 */
import type { Bytes } from '#core/bytes.ts';
import type { PartyId } from '#signing/kernel.ts';

/** `CSD1`: the format's name and version. */
const MAGIC = [0x43, 0x53, 0x44, 0x31] as const;

/** The magic, then the party, u16. */
export const GREETING_BYTES = MAGIC.length + 2;

/** What HTTP/2 calls itself in a TLS handshake (RFC 9113 section 3.2). */
export const ALPN = 'h2';

export const encodeGreeting = (party: PartyId): Bytes =>
  Uint8Array.of(...MAGIC, party >> 8, party & 0xff);

/** The party, or undefined where these are not the bytes of a greeting. */
export function decodeGreeting(bytes: Bytes): PartyId | undefined {
  if (bytes.length !== GREETING_BYTES || MAGIC.some((byte, at) => bytes[at] !== byte)) {
    return undefined;
  }
  return ((bytes[MAGIC.length] as number) << 8) | (bytes[MAGIC.length + 1] as number);
}
