/**
 * Stands in the bundle in the place of `secp256k1/bindings.js`: loads libsecp256k1 from the file beside
 * the bundle, and only the file that the bundle was made with. The package itself would look for one in
 * several folders, and in one that an environment variable names.
 */
import { createHash } from 'node:crypto';
import { existsSync, readFileSync } from 'node:fs';
import { createRequire } from 'node:module';
import process from 'node:process';

import functionsOf from 'secp256k1/lib/index.js';

/** @type {Readonly<Record<string, string>>} SHA-256 by file name; the builder puts it here. */
const NATIVE_FILES = JSON.parse('{{hashes}}');

function fileName() {
  const libc = existsSync('/etc/alpine-release') ? 'musl' : 'glibc';
  const variant = process.platform === 'linux' ? `.${libc}` : '';
  return `secp256k1.${process.platform}-${process.arch}${variant}.node`;
}

function addon() {
  const name = fileName();
  const expected = NATIVE_FILES[name];
  if (expected === undefined) throw new Error('No native build was found');
  const file = new URL(name, import.meta.url);
  const found = createHash('sha256').update(readFileSync(file)).digest('hex');
  if (found !== expected) {
    const error = new Error(`${name} is not the file that this bundle was made with`);
    error.name = 'AlteredBuild';
    throw error;
  }
  return createRequire(import.meta.url)(`./${name}`);
}

export default functionsOf(new (addon().Secp256k1)());
