/**
 * Signed notes (c2sp.org/signed-note): a text, and below it lines that each name a key and carry its
 * signature. Strict: what is read prints again as the same bytes.
 */
import { type Bytes, base64, concat, hex, parseBase64, utf8 } from '#core/bytes.ts';
import { sha256 } from '#core/hashing.ts';
import { invalidInput, isPlatformError } from '#core/errors.ts';

export type NoteSignature = {
  /** Not empty, without spaces and plus signs. */
  readonly name: string;
  /** 4 bytes that tell keys of one name apart. */
  readonly keyId: Bytes;
  readonly signature: Bytes;
};

export type SignedNote = {
  /** Ends with a newline, and is what the signatures are about. */
  readonly text: string;
  readonly signatures: readonly NoteSignature[];
};

/** The algorithms by their bytes in the specification. */
export const SIGNATURE_TYPES = { ed25519: 1, cosignature: 4 } as const;

const SIGNATURES_MAX = 64;
const NOTE_LENGTH_MAX = 64 * 1024;
const KEY_ID_SIZE = 4;
const LINE = /^\u2014 ([^\s+]+) (\S+)$/u;
const KEY_NAME = /^[^\s+\p{C}]+$/u;
/** Control characters other than the newline have no place in a note. */
const FORBIDDEN = /(?!\n)\p{Cc}/u;

/** SHA-256(name || newline || type || public key), its first 4 bytes. */
export const keyIdOf = (name: string, type: number, publicKey: Bytes): Bytes =>
  sha256(concat(utf8(`${name}\n`), Uint8Array.of(type), publicKey)).slice(0, KEY_ID_SIZE);

/** @throws INVALID_INPUT for a name that no key can have */
export function printNote({ text, signatures }: SignedNote): string {
  const lines = signatures.map(({ name, keyId, signature }) => {
    if (!KEY_NAME.test(name)) throw notANote('a key has an impossible name');
    return `\u2014 ${name} ${base64(concat(keyId, signature))}\n`;
  });
  return `${text}\n${lines.join('')}`;
}

/** @throws INVALID_INPUT for anything that `printNote` does not write */
export function parseNote(note: string, field = 'note'): SignedNote {
  if (note.length > NOTE_LENGTH_MAX) throw notANote('longer than the limit', field);
  if (!note.isWellFormed() || FORBIDDEN.test(note)) throw notANote('has control characters', field);
  // The text may have empty lines: the last one parts it from the signatures.
  const parting = note.lastIndexOf('\n\n');
  if (parting < 0 || !note.endsWith('\n')) throw notANote('has no signature lines', field);
  const lines = note.slice(parting + 2, -1).split('\n');
  if (lines.length > SIGNATURES_MAX) throw notANote('has too many signatures', field);
  const signatures = lines.map((line) => parseLine(line, field));
  return { text: note.slice(0, parting + 1), signatures };
}

function parseLine(line: string, field: string): NoteSignature {
  const [, name = '', encoded = ''] = LINE.exec(line) ?? [];
  const bytes = bytesOf(encoded);
  if (!KEY_NAME.test(name) || bytes === undefined || bytes.length <= KEY_ID_SIZE) {
    throw notANote('has a line that is no signature', field);
  }
  return { name, keyId: bytes.slice(0, KEY_ID_SIZE), signature: bytes.slice(KEY_ID_SIZE) };
}

function bytesOf(encoded: string): Bytes | undefined {
  try {
    return parseBase64(encoded);
  } catch (error) {
    if (isPlatformError(error)) return undefined;
    throw error;
  }
}

/** The signatures that claim to be of this key. */
export const signaturesOf = (
  { signatures }: SignedNote,
  name: string,
  keyId: Bytes,
): readonly NoteSignature[] =>
  signatures.filter((line) => line.name === name && hex(line.keyId) === hex(keyId));

const notANote = (reason: string, field = 'note') =>
  invalidInput(field, reason, 'Send a signed note as c2sp.org/signed-note describes it.');
