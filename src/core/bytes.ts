/**
 * Bytes and their text forms. Hex is lower case without a prefix; base64url has no padding, base64
 * has. The parsers are strict: the one spelling that the printer makes is the only one they take.
 */
import { PlatformError } from './errors.ts';

const HEX = /^(?:[0-9a-f]{2})*$/;
const BASE64URL = /^[A-Za-z0-9_-]*$/;
const ALPHABET = 'ABCDEFGHIJKLMNOPQRSTUVWXYZabcdefghijklmnopqrstuvwxyz0123456789-_';
const VALUE_OF = new Map([...ALPHABET].map((letter, value) => [letter, value]));

export type Bytes = Uint8Array;

export function hex(bytes: Bytes): string {
  let text = '';
  for (const byte of bytes) text += byte.toString(16).padStart(2, '0');
  return text;
}

/** @throws INVALID_INPUT when the text is not lower-case hex of whole bytes. */
export function parseHex(text: string, field = 'hex'): Bytes {
  if (!HEX.test(text)) {
    throw new PlatformError('INVALID_INPUT', {
      field,
      reason: 'not lower-case hexadecimal of whole bytes',
      hint: 'Write two characters 0-9a-f for each byte, without a 0x prefix.',
    });
  }
  const bytes = new Uint8Array(text.length / 2);
  for (let i = 0; i < bytes.length; i++)
    bytes[i] = Number.parseInt(text.slice(2 * i, 2 * i + 2), 16);
  return bytes;
}

/** RFC 4648 section 5, without padding. */
export function base64url(bytes: Bytes): string {
  let text = '';
  for (let i = 0; i < bytes.length; i += 3) {
    const block = ((bytes[i] ?? 0) << 16) | ((bytes[i + 1] ?? 0) << 8) | (bytes[i + 2] ?? 0);
    const letters = Math.min(4, bytes.length - i + 1);
    for (let k = 0; k < letters; k++) text += ALPHABET[(block >> (18 - 6 * k)) & 63];
  }
  return text;
}

/** @throws INVALID_INPUT for padding, foreign letters, or spare bits that are not zero. */
export function parseBase64url(text: string, field = 'base64url'): Bytes {
  const size = Math.floor((text.length * 3) / 4);
  const bytes = new Uint8Array(size);
  if (BASE64URL.test(text) && text.length % 4 !== 1) {
    for (let i = 0, at = 0; i < text.length; i += 4) {
      let block = 0;
      for (let k = 0; k < 4; k++) block = (block << 6) | (VALUE_OF.get(text[i + k] ?? 'A') ?? 0);
      for (let k = 0; k < 3 && at < size; k++) bytes[at++] = (block >> (16 - 8 * k)) & 255;
    }
    if (base64url(bytes) === text) return bytes;
  }
  throw new PlatformError('INVALID_INPUT', {
    field,
    reason: 'not base64url',
    hint: 'Use the letters A-Z a-z 0-9 - _ without padding.',
  });
}

/** RFC 4648 section 4, with padding. */
export function base64(bytes: Bytes): string {
  const text = base64url(bytes).replaceAll('-', '+').replaceAll('_', '/');
  return text.padEnd(Math.ceil(text.length / 4) * 4, '=');
}

/** @throws INVALID_INPUT for missing padding, foreign letters, or spare bits that are not zero. */
export function parseBase64(text: string, field = 'base64'): Bytes {
  if (text.length % 4 === 0 && /^[A-Za-z0-9+/]*={0,2}$/.test(text)) {
    const plain = text.replace(/=+$/, '').replaceAll('+', '-').replaceAll('/', '_');
    return parseBase64url(plain, field);
  }
  throw new PlatformError('INVALID_INPUT', {
    field,
    reason: 'not base64',
    hint: 'Use the letters A-Z a-z 0-9 + / and padding.',
  });
}

export const utf8 = (text: string): Bytes => new TextEncoder().encode(text);

export function concat(...parts: readonly Bytes[]): Bytes {
  const whole = new Uint8Array(parts.reduce((size, part) => size + part.length, 0));
  let at = 0;
  for (const part of parts) {
    whole.set(part, at);
    at += part.length;
  }
  return whole;
}

/** Compares secrets: the time depends on the length only. */
export function equalBytes(left: Bytes, right: Bytes): boolean {
  if (left.length !== right.length) return false;
  let difference = 0;
  for (let i = 0; i < left.length; i++) difference |= (left[i] as number) ^ (right[i] as number);
  return difference === 0;
}
