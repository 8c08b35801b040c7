/**
 * Hashing. Every input is a list of typed, length-prefixed parts behind a domain tag, so that two
 * different lists never share their bytes. The function is SHA-512, cut to 32 bytes for digests and
 * reduced modulo q for scalars.
 */
import { hash } from 'node:crypto';
import { type Bytes, utf8 } from '#core/bytes.ts';
import { type Scalar, mod } from './curve.ts';

export type Part = Bytes | number | string | readonly Part[];

/** Bytes of a digest. */
export const DIGEST_BYTES = 32;

const DOMAIN = 'countersign/dkls23/v1';
const TYPE_BYTES = 1;
const TYPE_NUMBER = 2;
const TYPE_TEXT = 3;
const TYPE_LIST = 4;
const HEADER_BYTES = 5;

/** A part with its type, the number in its header, and what follows the header. */
type Typed = {
  readonly type: number;
  readonly count: number;
  readonly body: Bytes | readonly Typed[];
};

const NO_BYTES = new Uint8Array(0);

function typed(part: Part): Typed {
  if (typeof part === 'number') {
    if (!Number.isInteger(part) || part < 0 || part > 0xffff_ffff) {
      throw new RangeError('a number in a transcript has 32 bits');
    }
    return { type: TYPE_NUMBER, count: part, body: NO_BYTES };
  }
  if (typeof part === 'string') {
    const text = utf8(part);
    return { type: TYPE_TEXT, count: text.length, body: text };
  }
  if (part instanceof Uint8Array) return { type: TYPE_BYTES, count: part.length, body: part };
  return { type: TYPE_LIST, count: part.length, body: part.map(typed) };
}

const sizeOf = ({ body }: Typed): number =>
  HEADER_BYTES +
  (body instanceof Uint8Array ? body.length : body.reduce((sum, one) => sum + sizeOf(one), 0));

/** Returns where the next part begins. */
function writePart({ type, count, body }: Typed, into: DataView, start: number): number {
  into.setUint8(start, type);
  into.setUint32(start + 1, count);
  const at = start + HEADER_BYTES;
  if (!(body instanceof Uint8Array)) {
    return body.reduce((next, one) => writePart(one, into, next), at);
  }
  new Uint8Array(into.buffer).set(body, at);
  return at + body.length;
}

/** Every part is copied once: some are as large as a message. */
function encode(tag: string, parts: readonly Part[]): Bytes {
  const list = [DOMAIN, tag, ...parts].map(typed);
  const bytes = new Uint8Array(list.reduce((sum, one) => sum + sizeOf(one), 0));
  const view = new DataView(bytes.buffer);
  list.reduce((next, one) => writePart(one, view, next), 0);
  return bytes;
}

/** 64 bytes. */
export const digest512 = (tag: string, ...parts: readonly Part[]): Bytes =>
  hash('sha512', encode(tag, parts), 'buffer');

/** 32 bytes. */
export const digest = (tag: string, ...parts: readonly Part[]): Bytes =>
  Uint8Array.from(digest512(tag, ...parts).subarray(0, DIGEST_BYTES));

/** 512 bits reduced modulo q: the bias is below 2^-255. */
export const hashToScalar = (tag: string, ...parts: readonly Part[]): Scalar =>
  mod(BigInt(`0x${hash('sha512', encode(tag, parts), 'hex')}`));

/**
 * A hash for a hot loop, of inputs that differ in a few slots of fixed sizes: SHA-512 over the digest of
 * the tag and the fixed parts, and the slots. The digest in front separates it from every other hash,
 * and the input is short enough for one block of SHA-512. The caller overwrites the slots before
 * every call.
 */
export type Template = {
  readonly slots: readonly Bytes[];
  /** All 64 bytes as 128 hexadecimal digits. */
  digits(): string;
  /** Writes all 64 bytes, or as many as there is room for; says how many. */
  write(into: Buffer, at: number): number;
};

export function template(
  tag: string,
  fixed: readonly Part[],
  slotSizes: readonly number[],
): Template {
  const sizes = [DIGEST_BYTES, ...slotSizes];
  const input = new Uint8Array(sizes.reduce((sum, size) => sum + size));
  let end = 0;
  const [head, ...slots] = sizes.map((size) => input.subarray(end, (end += size)));
  head?.set(digest(tag, ...fixed));
  return {
    slots,
    digits: () => hash('sha512', input, 'hex'),
    // A text of 64 characters costs a third of what a buffer of 64 bytes does.
    write: (into, at) => into.write(hash('sha512', input, 'binary'), at, 'latin1'),
  };
}
