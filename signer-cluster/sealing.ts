/**
 * Sealing: how secrets lie on a node's disk. A sealed record opens only with the node's sealing key
 * (`sealing-key.ts`), for the same committee, party, kind and name.
 */
import { createCipheriv, createDecipheriv, hkdfSync, randomBytes } from 'node:crypto';
import { type Bytes, concat, hex, utf8 } from '#core/bytes.ts';
import { canonicalBytes } from '#core/canonical.ts';
import type { PartyId } from '#signing/kernel.ts';

/** What a sealed record is bound to: moved to another place, node or committee, it does not open. */
export type SealedPlace = {
  readonly committee: Bytes;
  readonly party: PartyId;
  readonly kind: 'identity' | 'pairs' | 'key';
  readonly name: string;
};

/** The node must not start: its configuration or its disk is not as it left them. */
export class StartRefused extends Error {
  override readonly name = 'StartRefused';
}

/**
 * What is read from the disk at start: whatever the disk does not give is a reason not to start. @throws
 * StartRefused with the path and the system's word for it
 */
export async function readAtStart<T>(reading: Promise<T>): Promise<T> {
  try {
    return await reading;
  } catch (cause) {
    const { code, path, syscall } = cause as NodeJS.ErrnoException;
    if (syscall === undefined || code === undefined) throw cause;
    throw new StartRefused(`${path ?? 'the data directory'} cannot be opened (${code})`, { cause });
  }
}

const MAGIC = utf8('CSSEAL1\n');
const SALT_BYTES = 32;
const TAG_BYTES = 16;

/** A key for one purpose, from the sealing key (HKDF-SHA256, RFC 5869). */
export const derivedKey = (sealingKey: Bytes, salt: Bytes, purpose: string): Bytes =>
  new Uint8Array(hkdfSync('sha256', sealingKey, salt, utf8(purpose), 32));

/**
 * `magic | salt | ciphertext | tag`. Each record has its own AES-256-GCM key, derived with a fresh
 * salt, so the nonce can be constant: no key ever encrypts twice.
 */
export function seal(sealingKey: Bytes, place: SealedPlace, plain: Bytes): Bytes {
  const salt = new Uint8Array(randomBytes(SALT_BYTES));
  const cipher = createCipheriv('aes-256-gcm', recordKey(sealingKey, salt), new Uint8Array(12));
  cipher.setAAD(associated(place));
  const sealed = concat(cipher.update(plain), cipher.final());
  return concat(MAGIC, salt, sealed, cipher.getAuthTag());
}

/** @throws StartRefused when the record is cut, changed, sealed by another key, or belongs elsewhere. */
export function unseal(sealingKey: Bytes, place: SealedPlace, record: Bytes): Bytes {
  const what = `the sealed ${place.kind} ${place.name}`;
  const head = MAGIC.length + SALT_BYTES;
  if (record.length < head + TAG_BYTES) throw new StartRefused(`${what} is cut short`);
  if (hex(record.subarray(0, MAGIC.length)) !== hex(MAGIC)) {
    throw new StartRefused(`${what} is not a sealed record`);
  }
  const key = recordKey(sealingKey, record.subarray(MAGIC.length, head));
  const cipher = createDecipheriv('aes-256-gcm', key, new Uint8Array(12));
  cipher.setAAD(associated(place));
  cipher.setAuthTag(record.subarray(record.length - TAG_BYTES));
  try {
    const body = record.subarray(head, record.length - TAG_BYTES);
    return concat(cipher.update(body), cipher.final());
  } catch {
    throw new StartRefused(`${what} does not open: wrong sealing key, or the file was changed`);
  }
}

const recordKey = (sealingKey: Bytes, salt: Bytes): Bytes =>
  derivedKey(sealingKey, salt, 'countersign/sealed-record/v1');

const associated = ({ committee, party, kind, name }: SealedPlace): Bytes =>
  canonicalBytes({
    domain: 'countersign/sealed/v1',
    committee: hex(committee),
    party,
    kind,
    name,
  });
