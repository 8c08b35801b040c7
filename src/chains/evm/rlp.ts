/**
 * Recursive length prefix (Ethereum yellow paper, appendix B), strict: each item has exactly one
 * encoding and the decoder takes no other. `encode(decode(bytes))` is always `bytes`.
 */
import { type Bytes, concat, hex } from '#core/bytes.ts';
import { refuse } from './refusal.ts';

export type RlpItem = Bytes | readonly RlpItem[];

const SHORT = 55;
const STRING = 0x80;
const LIST = 0xc0;
/** A type-2 transaction needs four levels at most: fields, access list, entry, storage keys. */
const DEPTH_MAX = 4;

const isBytes = (item: RlpItem): item is Bytes => item instanceof Uint8Array;

/** An unsigned integer as RLP scalars are written: big-endian without leading zeros, zero is empty. */
export function integerBytes(value: bigint): Bytes {
  if (value < 0n) throw new RangeError('an RLP scalar is not negative');
  if (value === 0n) return new Uint8Array(0);
  const digits = value.toString(16);
  const even = digits.length % 2 === 0 ? digits : `0${digits}`;
  return Uint8Array.from(even.match(/../g) as string[], (pair) => Number.parseInt(pair, 16));
}

/** @throws EVIDENCE_REJECTED for a leading zero byte */
export function integerOf(bytes: Bytes, name: string): bigint {
  if (bytes[0] === 0) refuse(`${name} has a leading zero`);
  return bytes.length === 0 ? 0n : BigInt(`0x${hex(bytes)}`);
}

function prefix(kind: number, size: number): Bytes {
  if (size <= SHORT) return Uint8Array.of(kind + size);
  const length = integerBytes(BigInt(size));
  return concat(Uint8Array.of(kind + SHORT + length.length), length);
}

export function encodeRlp(item: RlpItem): Bytes {
  if (isBytes(item)) {
    const single = item.length === 1 && (item[0] as number) < STRING;
    return single ? item : concat(prefix(STRING, item.length), item);
  }
  const content = concat(...item.map(encodeRlp));
  return concat(prefix(LIST, content.length), content);
}

type Cut = { readonly content: Bytes; readonly isList: boolean; readonly rest: Bytes };

/** Cuts the first item off. Nothing is copied, so a length can lie without cost until it is checked. */
function cut(bytes: Bytes): Cut {
  const head = bytes[0] ?? refuse('RLP: an item is missing');
  if (head < STRING)
    return { content: bytes.subarray(0, 1), isList: false, rest: bytes.subarray(1) };
  const isList = head >= LIST;
  const short = head - (isList ? LIST : STRING);
  const lengthSize = Math.max(0, short - SHORT);
  let size = short;
  if (lengthSize > 0) {
    const length = bytes.subarray(1, 1 + lengthSize);
    if (length.length < lengthSize) refuse('RLP: a length is cut short');
    const value = integerOf(length, 'RLP: a length');
    if (value <= BigInt(SHORT)) refuse('RLP: a short item in the long form');
    size = Number(value);
  }
  const start = 1 + lengthSize;
  const content = bytes.subarray(start, start + size);
  if (content.length < size) refuse('RLP: an item is longer than the bytes');
  if (!isList && size === 1 && (content[0] as number) < STRING) {
    refuse('RLP: a single byte in the long form');
  }
  return { content, isList, rest: bytes.subarray(start + size) };
}

function itemOf({ content, isList }: Cut, depth: number): RlpItem {
  if (!isList) return Uint8Array.from(content);
  if (depth === 0) refuse(`RLP: nested deeper than ${DEPTH_MAX} lists`);
  const items: RlpItem[] = [];
  for (let rest = content; rest.length > 0;) {
    const next = cut(rest);
    items.push(itemOf(next, depth - 1));
    rest = next.rest;
  }
  return items;
}

/** The one item that these bytes are. @throws EVIDENCE_REJECTED unless canonical to the last byte */
export function decodeRlp(bytes: Bytes): RlpItem {
  const whole = cut(bytes);
  if (whole.rest.length > 0) refuse(`RLP: ${whole.rest.length} bytes follow the item`);
  return itemOf(whole, DEPTH_MAX);
}
