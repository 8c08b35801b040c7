/** A node's sealing key under a passphrase: scrypt (RFC 7914), then AES-256-GCM. */
import { createCipheriv, createDecipheriv, randomBytes, scrypt } from 'node:crypto';
import { promisify } from 'node:util';
import { type Bytes, concat, hex, parseHex } from '#core/bytes.ts';
import { canonicalBytes } from '#core/canonical.ts';
import type { KeyOwner } from './sealing-key.ts';
import { StartRefused } from './sealing.ts';

/** What a key of 32 bytes under a passphrase looks like on the disk; all in hex. */
type WrappedKey = { readonly format: typeof FORMAT; readonly salt: string; readonly box: string };

const FORMAT = 'countersign/wrapped-key/v1';
/** 128 MiB and some tenths of a second (OWASP, Password Storage Cheat Sheet). */
const COST = { N: 2 ** 17, r: 8, p: 1, maxmem: 2 ** 28 };
const SALT_BYTES = 32;
const TAG_BYTES = 16;
/** Twelve random characters of 64 are 72 bits; scrypt adds seventeen. */
const PASSPHRASE_MIN = 12;

const stretch = promisify<string, Bytes, number, object, Buffer>(scrypt);

/** @throws StartRefused where it is too short to protect anything */
function requireStrong(passphrase: string): void {
  if (passphrase.length >= PASSPHRASE_MIN) return;
  throw new StartRefused(`the passphrase must have at least ${PASSPHRASE_MIN} characters`);
}

const associated = ({ committee, party }: KeyOwner): Bytes =>
  canonicalBytes({ domain: FORMAT, committee: hex(committee.hash), party });

const keyFrom = (passphrase: string, salt: Bytes): Promise<Buffer> =>
  stretch(passphrase.normalize('NFC'), salt, 32, COST);

/** The text of the file; its salt is fresh, so the nonce can be constant. @throws StartRefused */
export async function wrapWithPassphrase(
  key: Bytes,
  passphrase: string,
  owner: KeyOwner,
): Promise<string> {
  requireStrong(passphrase);
  const salt = new Uint8Array(randomBytes(SALT_BYTES));
  const cipher = createCipheriv('aes-256-gcm', await keyFrom(passphrase, salt), new Uint8Array(12));
  cipher.setAAD(associated(owner));
  const box = concat(cipher.update(key), cipher.final(), cipher.getAuthTag());
  const file: WrappedKey = { format: FORMAT, salt: hex(salt), box: hex(box) };
  return `${JSON.stringify(file)}\n`;
}

/** @throws StartRefused where the file is no wrapped key, or the passphrase is another one */
export async function openWithPassphrase(
  text: string,
  passphrase: string,
  owner: KeyOwner,
): Promise<Bytes> {
  requireStrong(passphrase);
  const { salt, box } = parseWrapped(text);
  const key = await keyFrom(passphrase, salt);
  const decipher = createDecipheriv('aes-256-gcm', key, new Uint8Array(12));
  decipher.setAAD(associated(owner));
  decipher.setAuthTag(box.subarray(box.length - TAG_BYTES));
  try {
    const body = box.subarray(0, box.length - TAG_BYTES);
    return concat(decipher.update(body), decipher.final());
  } catch {
    throw new StartRefused(
      'the wrapped sealing key does not open: wrong passphrase, or it is the key of another node',
    );
  }
}

function parseWrapped(text: string): { readonly salt: Bytes; readonly box: Bytes } {
  try {
    const { format, salt, box } = JSON.parse(text) as WrappedKey;
    const opened = { salt: parseHex(salt), box: parseHex(box) };
    const isWhole = opened.salt.length === SALT_BYTES && opened.box.length === 32 + TAG_BYTES;
    if (format === FORMAT && isWhole) return opened;
  } catch {
    // Not JSON, or not hex: the same answer.
  }
  throw new StartRefused('the file of the wrapped sealing key is not one');
}
