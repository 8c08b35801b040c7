/**
 * Hashing. Every input is a list of typed, length-prefixed parts behind a domain tag, so that two
 * different lists never share their bytes. The function is SHA-512, cut to 32 bytes for digests and
 * reduced modulo q for scalars.
 */
import { hash } from 'node:crypto';
import { type Bytes, concat, utf8 } from '#core/bytes.ts';
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

function header(type: number, length: number): Bytes {
  const bytes = new Uint8Array(HEADER_BYTES);
  bytes[0] = type;
  new DataView(bytes.buffer).setUint32(1, length);
  return bytes;
}

function encodePart(part: Part): Bytes {
  if (typeof part === 'number') {
    if (!Number.isInteger(part) || part < 0 || part > 0xffff_ffff) {
      throw new RangeError('a number in a transcript has 32 bits');
    }
    return header(TYPE_NUMBER, part);
  }
  if (typeof part === 'string') {
    const text = utf8(part);
    return concat(header(TYPE_TEXT, text.length), text);
  }
  if (part instanceof Uint8Array) return concat(header(TYPE_BYTES, part.length), part);
  return concat(header(TYPE_LIST, part.length), ...part.map(encodePart));
}

const encode = (tag: string, parts: readonly Part[]): Bytes =>
  concat(...[DOMAIN, tag, ...parts].map(encodePart));

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
 * The same hash for a hot loop: the fixed parts are encoded once, and each slot is a part of fixed
 * length whose bytes the caller overwrites before every call.
 */
export type Template = {
  readonly slots: readonly Bytes[];
  /** All 64 bytes as one big-endian integer. */
  integer(): bigint;
  /** All 64 bytes. */
  bytes(): Bytes;
};

export function template(
  tag: string,
  fixed: readonly Part[],
  slotSizes: readonly number[],
): Template {
  const slots = slotSizes.map((size) => new Uint8Array(size));
  const input = encode(tag, [...fixed, ...slots]);
  let end = input.length;
  const views = slotSizes.toReversed().map((size) => {
    const view = input.subarray(end - size, end);
    end -= size + HEADER_BYTES;
    return view;
  });
  return {
    slots: views.toReversed(),
    integer: () => BigInt(`0x${hash('sha512', input, 'hex')}`),
    bytes: () => hash('sha512', input, 'buffer'),
  };
}
