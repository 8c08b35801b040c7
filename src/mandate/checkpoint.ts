/**
 * Checkpoints of a transparency log (c2sp.org/tlog-checkpoint): its name, its size and the root of its
 * Merkle tree, under cosignatures of nodes (c2sp.org/tlog-cosignature, Ed25519) that saw it grow from
 * all they had cosigned before. The log does not sign: its keeper is who it is kept from.
 */
import { type Bytes, base64, concat, parseBase64, utf8 } from '#core/bytes.ts';
import { invalidInput, PlatformError } from '#core/errors.ts';
import { HASH_SIZE } from '#core/merkle.ts';
import type { TreeHead } from '#core/merkle-proof.ts';
import type { OrganizationId } from '#core/ids.ts';
import {
  keyIdOf,
  type NoteSignature,
  parseNote,
  SIGNATURE_TYPES,
  type SignedNote,
  signaturesOf,
} from './signed-note.ts';
import { isEd25519Signed } from './verified-signature.ts';

/** `origin` names the log; there is one for each organisation. */
export type Checkpoint = TreeHead & { readonly origin: string };

/** Who cosigns: the name in its signature lines, and its Ed25519 key, 32 bytes. */
export type Cosigner = { readonly name: string; readonly publicKey: Bytes };

/** The cosigners that a reader knows, and how many of them a checkpoint needs. */
export type Witnesses = { readonly cosigners: readonly Cosigner[]; readonly quorum: number };

const TIMESTAMP_SIZE = 8;
const SIGNATURE_SIZE = 64;
const SIZE = /^(?:0|[1-9]\d{0,18})$/;
const ORIGIN = /^[!-*,-~]{1,255}$/;

/** The name of the audit log of an organisation. */
export const auditOrigin = (organization: OrganizationId): string =>
  `countersign.internal/audit/${organization}`;

/** The name under which a party of a committee cosigns. */
export const cosignerName = (party: number): string => `signer-${party}.countersign.internal`;

/** The text of the note: three lines. @throws INVALID_INPUT for an origin that is no name */
export function printCheckpoint({ origin, size, root }: Checkpoint): string {
  if (!ORIGIN.test(origin)) throw notACheckpoint('the origin is no name');
  return `${origin}\n${size}\n${base64(root)}\n`;
}

/** Takes no extension lines: they would say what nobody checks. @throws INVALID_INPUT */
export function parseCheckpoint(text: string, field = 'checkpoint'): Checkpoint {
  const [origin = '', size = '', hash = '', ...rest] = text.split('\n');
  if (rest.length !== 1 || rest[0] !== '') throw notACheckpoint('not three lines', field);
  if (!ORIGIN.test(origin)) throw notACheckpoint('the origin is no name', field);
  if (!SIZE.test(size)) throw notACheckpoint('the size is no number', field);
  const root = parseBase64(hash, field);
  if (root.length !== HASH_SIZE) throw notACheckpoint('the root is no SHA-256 hash', field);
  return { origin, size: BigInt(size), root };
}

const notACheckpoint = (reason: string, field = 'checkpoint') =>
  invalidInput(field, reason, 'Send a checkpoint as c2sp.org/tlog-checkpoint describes it.');

/** What a cosigner signs of a checkpoint's text, at a time in seconds since 1970. */
export const cosignedBytes = (text: string, seconds: bigint): Bytes =>
  utf8(`cosignature/v1\ntime ${seconds}\n${text}`);

/** The signature line of a cosigner that signs with `sign`. */
export function cosign(
  text: string,
  seconds: bigint,
  { name, publicKey }: Cosigner,
  sign: (message: Bytes) => Bytes,
): NoteSignature {
  const timestamp = new Uint8Array(TIMESTAMP_SIZE);
  new DataView(timestamp.buffer).setBigUint64(0, seconds);
  const signature = concat(timestamp, sign(cosignedBytes(text, seconds)));
  return { name, keyId: keyIdOf(name, SIGNATURE_TYPES.cosignature, publicKey), signature };
}

/**
 * The names of the cosigners whose signature the note has. Other lines are passed over, also one of a
 * known key that does not hold: the note is gathered from many, and none of them can spoil it.
 */
export function cosignersOf(note: SignedNote, cosigners: readonly Cosigner[]): Set<string> {
  const names = new Set<string>();
  for (const cosigner of cosigners) {
    const { name, publicKey } = cosigner;
    const keyId = keyIdOf(name, SIGNATURE_TYPES.cosignature, publicKey);
    for (const { signature } of signaturesOf(note, name, keyId)) {
      if (isCosigned(note.text, cosigner, signature)) names.add(name);
    }
  }
  return names;
}

function isCosigned(text: string, { publicKey }: Cosigner, timestamped: Bytes): boolean {
  if (timestamped.length !== TIMESTAMP_SIZE + SIGNATURE_SIZE) return false;
  const { buffer, byteOffset } = timestamped;
  const seconds = new DataView(buffer, byteOffset).getBigUint64(0);
  if (seconds > SECONDS_MAX) return false;
  const message = cosignedBytes(text, seconds);
  return isEd25519Signed(publicKey, message, timestamped.subarray(TIMESTAMP_SIZE));
}

const SECONDS_MAX = 2n ** 63n - 1n;

/**
 * The checkpoint of a log that enough nodes cosigned.
 * @throws INVALID_INPUT, EVIDENCE_REJECTED with the reason
 */
export function requireCosigned(
  text: string,
  origin: string,
  { cosigners, quorum }: Witnesses,
): Checkpoint {
  const note = parseNote(text, 'checkpoint');
  const checkpoint = parseCheckpoint(note.text);
  requireEvidence(checkpoint.origin === origin, 'it is of another log');
  const count = cosignersOf(note, cosigners).size;
  requireEvidence(count >= quorum, `${count} nodes cosigned it, and ${quorum} must`);
  return checkpoint;
}

function requireEvidence(condition: boolean, reason: string): asserts condition {
  if (!condition) throw new PlatformError('EVIDENCE_REJECTED', { field: 'checkpoint', reason });
}
