/**
 * Canonical bytes (RFC 8785, JCS) of one object, and their hash. Everything that a person or a node
 * signs is the SHA-256 of such an object; its `domain` keeps one kind of statement from being taken
 * for another. Values are strings, safe integers, booleans, null, lists and plain objects: amounts
 * are strings, so no number ever needs JCS's floating-point rules.
 */
import { sha256 } from '@noble/hashes/sha2.js';
import { type Bytes, utf8 } from './bytes.ts';

export type Canonical =
  | string
  | number
  | boolean
  | null
  | readonly Canonical[]
  | { readonly [key: string]: Canonical };

/** What may be signed: an object that names its domain, `countersign/NAME/vN`. */
export type Statement = { readonly domain: string; readonly [key: string]: Canonical };

/** Unpaired surrogates have no UTF-8 form, so two different strings could share one encoding. */
function requireWellFormed(text: string): string {
  if (!text.isWellFormed()) throw new TypeError('canonical text must be well-formed Unicode');
  return text;
}

function encode(value: Canonical): string {
  if (value === null || typeof value === 'boolean') return String(value);
  if (typeof value === 'string') return JSON.stringify(requireWellFormed(value));
  if (typeof value === 'number') {
    if (!Number.isSafeInteger(value)) throw new TypeError('canonical numbers are safe integers');
    return Object.is(value, -0) ? '0' : String(value);
  }
  if (Array.isArray(value)) return `[${value.map(encode).join(',')}]`;
  const fields = value as { readonly [key: string]: Canonical };
  const members = Object.keys(fields)
    .toSorted()
    .map((key) => `${JSON.stringify(requireWellFormed(key))}:${encode(fields[key] as Canonical)}`);
  return `{${members.join(',')}}`;
}

/** The RFC 8785 text. Keys sort by UTF-16 code unit, as JavaScript's default order does. */
export const canonicalText = (value: Canonical): string => encode(value);

export const canonicalBytes = (value: Canonical): Bytes => utf8(encode(value));

/** SHA-256 of the canonical bytes: 32 bytes. */
export const hashOf = (value: Canonical): Bytes => sha256(canonicalBytes(value));
