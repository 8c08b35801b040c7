/**
 * Published test vectors. They are not part of the project: VECTORS_DIR names their folder, and where
 * it is not set they are looked for beside the checkout. A test without them is skipped with its
 * reason, which `.ci/skips` knows.
 */
import fs from 'node:fs';
import path from 'node:path';

const folder =
  process.env['VECTORS_DIR'] ??
  path.resolve(import.meta.dirname, '..', '..', '..', 'shared', 'vectors');

/** Why tests of published vectors are skipped, as the end of their name; empty where they run. */
export const vectorsMissing = fs.existsSync(folder)
  ? ''
  : ' (skipped: VECTORS_DIR names no test vectors)';

/** A vector file's text, e.g. `bip/bip-0032.mediawiki`. */
export const readVectors = (name: string): string =>
  fs.readFileSync(path.join(folder, name), 'utf8');

/** The names of the JSON files in a folder of vectors and in the folders below it. */
export const listVectors = (name: string): string[] =>
  fs
    .readdirSync(path.join(folder, name), { recursive: true, encoding: 'utf8' })
    .filter((file) => file.endsWith('.json'))
    .map((file) => `${name}/${file}`);
