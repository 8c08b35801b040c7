/**
 * Checks of Ed25519 and ES256 signatures, each made once. Whether a key signed these bytes is a fact that
 * nothing later changes: neither the log's head nor a clock, a revocation or a ledger. So a check that
 * held is remembered, and one that did not is not: nobody can plant an answer, only bring a true one
 * (docs/adr/0029-what-a-node-may-remember-of-a-check.md).
 */
import { createPublicKey, hash, type JsonWebKey, type KeyObject, verify } from 'node:crypto';
import { ed25519 } from '@noble/curves/ed25519.js';
import { type Bytes, base64url, concat, hex, utf8 } from '#core/bytes.ts';

/** Known facts, by their hash; the oldest is forgotten first. */
export class Facts {
  readonly #max: number;
  readonly #known = new Set<string>();

  /** @param max how many are known at most; each takes some 100 bytes */
  constructor(max: number) {
    this.#max = max;
  }

  get size(): number {
    return this.#known.size;
  }

  /**
   * Whether `check` holds: asked where that is not known.
   * @param name of the check, without a newline
   * @param parts everything that its answer depends on
   */
  holds(name: string, parts: readonly Bytes[], check: () => boolean): boolean {
    // The lengths come first: no two lists of parts have the same bytes.
    const lengths = utf8(`${name} ${parts.map(({ length }) => length).join(' ')}\n`);
    const fact = hash('sha256', concat(lengths, ...parts), 'base64');
    if (this.#known.has(fact)) return true;
    if (!check()) return false;
    this.#known.add(fact);
    for (const oldest of this.#known) {
      if (this.#known.size <= this.#max) break;
      this.#known.delete(oldest);
    }
    return true;
  }
}

/** Some thousand payments, each with the signatures of people and of nodes: 2 MB at most. */
const FACTS_MAX = 16_384;
const facts = new Facts(FACTS_MAX);

/** Reading a key takes as long as using it; most of what is verified is signed with a few. */
const KEYS_MAX = 1_024;
const importedKeys = new Map<string, KeyObject>();

/**
 * Strict RFC 8032: of a canonical key whose order is not small, and without a cofactor, so that what holds
 * here holds for every verifier.
 * @param publicKey 32 bytes
 */
export const isEd25519Signed = (publicKey: Bytes, message: Bytes, signature: Bytes): boolean =>
  signature.length === 64 &&
  facts.holds('Ed25519', [publicKey, message, signature], () => {
    const key = imported(`Ed25519 ${hex(publicKey)}`, () =>
      isSoundPoint(publicKey) ? { kty: 'OKP', crv: 'Ed25519', x: base64url(publicKey) } : undefined,
    );
    return key !== undefined && verify(null, message, key, signature);
  });

/** Under a key of small order one signature holds for many messages, and OpenSSL takes such keys. */
function isSoundPoint(publicKey: Bytes): boolean {
  try {
    return !ed25519.Point.fromBytes(publicKey).isSmallOrder();
  } catch {
    // The question is answered: the bytes are no point.
    return false;
  }
}

/**
 * ECDSA with SHA-256 over P-256; `s` may be high or low.
 * @param publicKey `x` and `y`, 32 bytes each
 * @param signature `r` and `s`, 32 bytes each
 * @throws whatever Node throws for a key that is no point of the curve
 */
export const isEs256Signed = (publicKey: Bytes, message: Bytes, signature: Bytes): boolean =>
  facts.holds('ES256', [publicKey, message, signature], () => {
    const key = p256Key(publicKey);
    return verify('sha256', message, { key, dsaEncoding: 'ieee-p1363' }, signature);
  });

/** @throws whatever Node throws for what is no point of the curve */
export function p256Key(publicKey: Bytes): KeyObject {
  const [x, y] = [publicKey.subarray(0, 32), publicKey.subarray(32)];
  const key = { kty: 'EC', crv: 'P-256', x: base64url(x), y: base64url(y) };
  return imported(`P-256 ${hex(publicKey)}`, () => key) as KeyObject;
}

function imported(name: string, jwk: () => JsonWebKey | undefined): KeyObject | undefined {
  const known = importedKeys.get(name);
  if (known !== undefined) return known;
  const key = jwk();
  if (key === undefined) return undefined;
  const made = createPublicKey({ key, format: 'jwk' });
  if (importedKeys.size >= KEYS_MAX) importedKeys.clear();
  importedKeys.set(name, made);
  return made;
}
