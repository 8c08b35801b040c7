/**
 * What a person signs: one RFC 8785 object with a `domain`, whose SHA-256 is the WebAuthn challenge.
 * This file is safe in a browser, as every file here is that computes a challenge.
 */
import { type Bytes, base64url, utf8 } from '#core/bytes.ts';
import { type Canonical, type Statement, canonicalText, hashOf } from '#core/canonical.ts';
import { PlatformError, invalidInput } from '#core/errors.ts';
import { type Instant, formatInstant, parseInstant } from '#core/time.ts';

/** A policy bundle is the largest thing signed; anything longer is refused before it is parsed. */
const STATEMENT_BYTES_MAX = 1024 * 1024;

/** The challenge of a statement: 32 bytes. */
export const challengeOf = (statement: Statement): Bytes => hashOf(statement);

/**
 * Reads the canonical text of a statement. Only the one spelling that `canonicalText` makes is
 * taken, so two texts with one meaning (other order, white space, escapes, repeated keys) never both
 * pass, and the hash of the text is the hash of the object.
 * @throws INVALID_INPUT when the text is not canonical, has another domain, or other fields.
 */
export function parseStatement(
  text: string,
  domain: string,
  fields: readonly string[],
): { readonly [field: string]: Canonical } {
  const refuse = (reason: string) =>
    invalidInput('statement', reason, `Send the canonical JSON of a ${domain} object.`);
  if (utf8(text).length > STATEMENT_BYTES_MAX) throw refuse('too long');
  const value = readJson(text);
  if (typeof value !== 'object' || value === null || Array.isArray(value)) {
    throw refuse('not a JSON object');
  }
  const object = value as { readonly [field: string]: Canonical };
  if (object['domain'] !== domain) throw refuse('made for another purpose');
  const expected = ['domain', ...fields].toSorted().join();
  if (Object.keys(object).toSorted().join() !== expected) throw refuse('has other fields');
  if (canonicalOrUndefined(object) !== text) throw refuse('not in its canonical form');
  return object;
}

/** Undefined where the text is no JSON, which nothing else reads as. */
export function readJson(text: string): unknown {
  try {
    return JSON.parse(text);
  } catch {
    return undefined;
  }
}

/** Fractions and unpaired surrogates have no canonical form, so such a text cannot be one. */
export function canonicalOrUndefined(value: Canonical): string | undefined {
  try {
    return canonicalText(value);
  } catch (error) {
    if (error instanceof TypeError || error instanceof RangeError) return undefined;
    throw error;
  }
}

/** @throws INVALID_INPUT */
export function requireText(value: Canonical | undefined, field: string): string {
  if (typeof value === 'string') return value;
  throw invalidInput(field, 'not a string', 'Every field of a statement is a string.');
}

/**
 * Free text that a person reads before signing. Control and format characters could hide or
 * re-order what is shown, so they are refused.
 * @throws INVALID_INPUT
 */
export function requireReadable(
  value: Canonical | undefined,
  field: string,
  lengthMax: number,
): string {
  const text = requireText(value, field);
  if (text.length > lengthMax) {
    throw invalidInput(field, 'too long', `Use at most ${lengthMax} characters.`);
  }
  if (!text.isWellFormed() || /[\p{Cc}\p{Cf}\p{Zl}\p{Zp}]/u.test(text)) {
    const reason = 'contains control or invisible characters';
    throw invalidInput(field, reason, 'Use plain text on one line.');
  }
  return text;
}

/**
 * The life of a statement: signed times have one spelling, and it ends after it begins.
 * @throws INVALID_INPUT
 */
export function requireLifetime(created: Canonical | undefined, expires: Canonical | undefined) {
  const from = requireInstant(created, 'created');
  const to = requireInstant(expires, 'expires');
  if (to <= from) {
    throw invalidInput('expires', 'not after the creation', 'Let it end after it begins.');
  }
}

function requireInstant(value: Canonical | undefined, field: string): Instant {
  const text = requireText(value, field);
  const at = parseInstant(text, field);
  if (formatInstant(at) === text) return at;
  throw invalidInput(field, 'not a signed time', 'Write it like 2026-07-01T09:30:00.000Z.');
}

/** @throws USER_ACTION_MISMATCH when two statements are not the same text. */
export function requireSameStatement(expected: Statement, signed: string): void {
  if (canonicalText(expected) === signed) return;
  throw new PlatformError('USER_ACTION_MISMATCH', {
    reason: `${firstDifference(expected, signed)} is not what was signed`,
    hint: 'Begin a new user action with the input that you send.',
  });
}

function firstDifference(expected: Statement, signed: string): string {
  const value = readJson(signed);
  if (typeof value !== 'object' || value === null) return 'the statement';
  const other = value as { readonly [field: string]: Canonical };
  const fields = [...Object.keys(expected), ...Object.keys(other)];
  return fields.find((field) => !isSame(expected[field], other[field])) ?? 'the statement';
}

function isSame(left: Canonical | undefined, right: Canonical | undefined): boolean {
  if (left === undefined || right === undefined) return left === right;
  return canonicalText(left) === canonicalText(right);
}

/**
 * The client's side of the same rule: each field that the person chose must stand in the server's
 * statement as the person chose it. Call it after the strict parser and before signing.
 * @throws USER_ACTION_MISMATCH naming the first field that differs.
 */
export function requireOwnFields<S extends Statement>(statement: S, own: Partial<S>): S {
  for (const [field, value] of Object.entries(own)) {
    if (isSame(value, statement[field])) continue;
    throw new PlatformError('USER_ACTION_MISMATCH', {
      field,
      reason: 'the server asks to sign another value than the one that was entered',
    });
  }
  return statement;
}

/**
 * The server's ceremony options with the challenge that only the client computes. A server that
 * sends a challenge of its own is refused: no ceremony signs an opaque value, so a login can never
 * be turned into a mandate.
 * @throws WEBAUTHN_REFUSED
 */
export function optionsFor<Options extends object>(
  options: Options,
  statement: Statement,
): Options & { readonly challenge: string } {
  if ('challenge' in options) {
    throw new PlatformError('WEBAUTHN_REFUSED', {
      reason: 'the server sent a challenge of its own, and only the client may compute it',
    });
  }
  return { ...options, challenge: base64url(challengeOf(statement)) };
}
