/** The file of a service account: its private key, readable by its owner alone. */
import { readFileSync, statSync, writeFileSync } from 'node:fs';
import { invalidInput } from '#core/errors.ts';
import type { PrivateKey } from '#sdk/service-key.ts';

const FORMAT = 'countersign/service-account/v1';
const OTHERS = 0o077;
const BASE64URL = /^[A-Za-z0-9_-]{43}$/;

export type KeyFile = {
  readonly format: typeof FORMAT;
  /** Where people open the platform that knows the key: scheme, host and port. A login binds it. */
  readonly origin: string;
  readonly key: PrivateKey;
};

/** Never takes the place of a file that exists. @throws INVALID_INPUT */
export function writeKeyFile(path: string, content: Omit<KeyFile, 'format'>): void {
  const text = `${JSON.stringify({ format: FORMAT, ...content }, undefined, 2)}\n`;
  try {
    writeFileSync(path, text, { mode: 0o600, flag: 'wx' });
  } catch (error) {
    const { code, message } = error as NodeJS.ErrnoException;
    const reason = code === 'EEXIST' ? `${path} exists already` : message;
    throw invalidInput('file', reason, 'Name a new file.');
  }
}

/** @throws INVALID_INPUT for a file that is absent, open to others, or no key file */
export function readKeyFile(path: string): KeyFile {
  const hint = 'Make one with "countersign service-account keygen FILE".';
  const text = readPrivate(path, hint);
  const content = parseObject(text);
  const key = parseObject(content['key']);
  const { kty, crv, x, y, d } = key;
  const isEd25519 = kty === 'OKP' && crv === 'Ed25519' && y === undefined;
  const isP256 = kty === 'EC' && crv === 'P-256' && isCoordinate(y);
  const origin = content['origin'];
  const isWhole = (isEd25519 || isP256) && isCoordinate(x) && isCoordinate(d);
  if (content['format'] !== FORMAT || !isWhole || typeof origin !== 'string') {
    throw invalidInput('file', `${path} is not the key file of a service account`, hint);
  }
  return { format: FORMAT, origin, key: key as PrivateKey };
}

function readPrivate(path: string, hint: string): string {
  try {
    if (process.platform !== 'win32' && (statSync(path).mode & OTHERS) !== 0) {
      const reason = `others may read or write ${path}`;
      throw invalidInput('file', reason, `Close it with "chmod 600 ${path}", or make a new key.`);
    }
    return readFileSync(path, 'utf8');
  } catch (error) {
    const { code } = error as NodeJS.ErrnoException;
    if (code === 'ENOENT') throw invalidInput('file', `there is no file ${path}`, hint);
    if (code === 'EACCES' || code === 'EISDIR') {
      throw invalidInput('file', `${path} cannot be read`, hint);
    }
    throw error;
  }
}

const isCoordinate = (value: unknown): boolean =>
  typeof value === 'string' && BASE64URL.test(value);

type Fields = { readonly [field: string]: unknown };

/** No fields where it is no object. */
function parseObject(value: unknown): Fields {
  if (typeof value === 'object' && value !== null) return value as Fields;
  if (typeof value !== 'string') return {};
  try {
    return parseObject(JSON.parse(value) as object);
  } catch (error) {
    if (error instanceof SyntaxError) return {};
    throw error;
  }
}
