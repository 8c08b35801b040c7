/**
 * A release: all files of a bundle in one file, with the hash that names them, the time from which
 * they are to be in force, and a signature. It is the RFC 8785 text of one object and a line break,
 * so that the same bundle and key give the same bytes everywhere.
 */
import { createPrivateKey, createPublicKey, sign, verify } from 'node:crypto';
import { type Bytes, base64url, parseBase64url } from '#core/bytes.ts';
import { canonicalText, hashOf } from '#core/canonical.ts';
import { invalidInput } from '#core/errors.ts';
import { formatInstant } from '#core/time.ts';
import { type BundleFile, bundleHash } from '#policy-lang/bundle-files.ts';
import type { CompiledPolicy } from '#policy-lang/compiled-policy.ts';
import { optional } from '#policy-lang/optional.ts';
import { compareText } from '#policy-lang/checking/report.ts';

const FORMAT = 'countersign/policy-release/v1';

/** What is signed: the SHA-256 of the RFC 8785 text of this object with `domain` = the format. */
export type ReleaseStatement = {
  readonly title: string;
  readonly version: number;
  /** RFC 3339 in UTC; without `effectiveUntil` without an end. */
  readonly effectiveFrom: string;
  readonly effectiveUntil?: string;
  /** The bundle's hash, 64 hex digits. */
  readonly hash: string;
};

export type Release = {
  readonly statement: ReleaseStatement;
  /** In the order of their paths. */
  readonly files: readonly BundleFile[];
  readonly signature?: ReleaseSignature;
};

export type ReleaseSignature = {
  /** A DER SubjectPublicKeyInfo of an Ed25519 key (RFC 8410) in base64url. */
  readonly publicKey: string;
  /** 64 bytes (RFC 8032) in base64url. */
  readonly signature: string;
};

type ReleasedPolicy = Pick<CompiledPolicy, 'title' | 'version' | 'effective' | 'hash'>;

export function statementOf({ title, version, effective, hash }: ReleasedPolicy): ReleaseStatement {
  return {
    title,
    version,
    effectiveFrom: formatInstant(effective.from),
    ...optional('effectiveUntil', effective.until && formatInstant(effective.until)),
    hash,
  };
}

const bytesToSign = (statement: ReleaseStatement): Bytes =>
  hashOf({ domain: FORMAT, ...statement });

/** A private Ed25519 key as a JSON Web Key (RFC 8037). */
export type SigningKey = { readonly kty: string; readonly crv: string; readonly d: string };

/** @throws INVALID_INPUT for a key on another curve, whose signatures would not be reproducible */
export function signRelease(statement: ReleaseStatement, key: SigningKey): ReleaseSignature {
  if (key.crv !== 'Ed25519') {
    const hint = 'Make one with "countersign service-account keygen FILE --curve Ed25519".';
    throw invalidInput('key', `a release is signed with Ed25519, not ${key.crv}`, hint);
  }
  const privateKey = createPrivateKey({ key: { ...key }, format: 'jwk' });
  const info = createPublicKey(privateKey).export({ type: 'spki', format: 'der' });
  return {
    publicKey: base64url(Uint8Array.from(info)),
    signature: base64url(Uint8Array.from(sign(null, bytesToSign(statement), privateKey))),
  };
}

/** The text of the file, the same for the same release. */
export function releaseText({ statement, files, signature }: Release): string {
  const ordered = files.toSorted((left, right) => compareText(left.path, right.path));
  const plain = ordered.map(({ path, content }) => ({ path, content }));
  const content = {
    format: FORMAT,
    ...statement,
    files: plain,
    ...optional('signature', signature),
  };
  return `${canonicalText(content)}\n`;
}

/** Reads what `releaseText` wrote, without believing it. @throws INVALID_INPUT for any other text */
export function readRelease(text: string): Release {
  const value = parseJson(text);
  if (!isRelease(value)) throw notARelease();
  const { files, signature, title, version, effectiveFrom, effectiveUntil, hash } = value;
  const statement = {
    title,
    version,
    effectiveFrom,
    ...optional('effectiveUntil', effectiveUntil),
    hash,
  };
  const release = { statement, files, ...optional('signature', signature) };
  if (releaseText(release) !== text) throw notARelease();
  return release;
}

const notARelease = () =>
  invalidInput('file', 'not a release', 'Make one with "countersign policy bundle".');

type StoredRelease = ReleaseStatement & {
  readonly format: string;
  readonly files: readonly BundleFile[];
  readonly signature?: ReleaseSignature;
};

/** Whether the parts are there; `releaseText` then compares every byte. */
function isRelease(value: unknown): value is StoredRelease {
  if (typeof value !== 'object' || value === null) return false;
  const { format, files, title, version, effectiveFrom, hash } = value as Partial<StoredRelease>;
  return (
    format === FORMAT &&
    Array.isArray(files) &&
    files.every(isFile) &&
    [title, effectiveFrom, hash].every((text) => typeof text === 'string') &&
    Number.isSafeInteger(version)
  );
}

const isFile = (value: unknown): value is BundleFile =>
  typeof value === 'object' &&
  value !== null &&
  ['path', 'content'].every((name) => typeof (value as Record<string, unknown>)[name] === 'string');

function parseJson(text: string): unknown {
  try {
    return JSON.parse(text);
  } catch (error) {
    if (error instanceof SyntaxError) throw notARelease();
    throw error;
  }
}

/**
 * What is wrong with a release, as sentences; empty where its files are those that it names, they
 * compile to what it says, and its signature is by the expected key.
 * @param policy what the files compile to; undefined where they do not
 * @param expectedKey the public key that must have signed; absent: any key, or none
 */
export function releaseFaults(
  { statement, files, signature }: Release,
  policy: ReleasedPolicy | undefined,
  expectedKey?: string,
): readonly string[] {
  const faults: string[] = [];
  if (bundleHash(files) !== statement.hash) faults.push('The files are not those of the hash.');
  if (policy === undefined) faults.push('The files do not compile.');
  else if (canonicalText(statementOf(policy)) !== canonicalText(statement)) {
    faults.push('The title, version, times or hash are not those of the files.');
  }
  if (signature === undefined) {
    if (expectedKey !== undefined) faults.push('The release is not signed.');
  } else {
    if (!isSignedBy(statement, signature))
      faults.push('The signature does not belong to the release.');
    if (expectedKey !== undefined && signature.publicKey !== expectedKey) {
      faults.push('The release is signed with another key.');
    }
  }
  return faults;
}

function isSignedBy(
  statement: ReleaseStatement,
  { publicKey, signature }: ReleaseSignature,
): boolean {
  try {
    const info = Buffer.from(parseBase64url(publicKey, 'publicKey'));
    const key = createPublicKey({ key: info, type: 'spki', format: 'der' });
    if (key.asymmetricKeyType !== 'ed25519') return false;
    return verify(null, bytesToSign(statement), key, parseBase64url(signature, 'signature'));
  } catch {
    // Whatever cannot be read as a key or a signature has not signed anything.
    return false;
  }
}
