/**
 * Which version's data a folder holds. While nothing is released there are no migrations between
 * versions: data that another one wrote is refused as a whole, rather than misread in part.
 */
import { createHash } from 'node:crypto';
import fs from 'node:fs';
import path from 'node:path';

import { type DataDir, writeWhole } from './data-dir.ts';
import { LaunchError } from './launch-error.ts';
import { CHECKOUT } from './programs.ts';

/**
 * Grows with each change to what a signer node stores that an older or newer node cannot read, and with rules
 * of the authority log that refuse what older ones let in.
 */
const SIGNERS_FORMAT = 11;

/** What is there only once something was stored. */
const STORED = ['postgres', 'signers'];

/** The signers' format, and the tables as the migrations make them. */
export function presentFormat(): string {
  const folder = path.join(CHECKOUT, 'src', 'persistence', 'migrations');
  const hash = createHash('sha256');
  for (const name of fs.readdirSync(folder).toSorted()) {
    hash.update(name).update(fs.readFileSync(path.join(folder, name)));
  }
  return `signers ${SIGNERS_FORMAT}, tables ${hash.digest('hex').slice(0, 16)}\n`;
}

/**
 * Marks a new folder with this version's format.
 * @throws LaunchError where another version has stored something in it
 */
export function requireOwnFormat(dataDir: DataDir): void {
  const file = dataDir.file('format');
  const stored = fs.existsSync(file) ? fs.readFileSync(file, 'utf8') : undefined;
  if (stored === presentFormat()) return;
  if (STORED.some((name) => fs.existsSync(dataDir.file(name)))) {
    const { folder } = dataDir;
    throw new LaunchError(
      `the data in ${folder} was written by another version of Countersign, which this one cannot ` +
        `read. Start afresh with DATA_DIR=<another folder>, or move the data away ` +
        `(mv ${folder} ${folder}.old); nothing of it was changed.`,
    );
  }
  writeWhole(file, presentFormat());
}
