/**
 * One folder in the system's temporary folder for everything that a test run writes. A run that
 * was killed leaves its folder behind; the next run recognises and removes it.
 */
import fs from 'node:fs';
import os from 'node:os';
import path from 'node:path';

import { canEnter, isRoot, UNPRIVILEGED } from '#launcher/system-user.ts';
import { identityOf, isAlive, type ProcessIdentity } from '#tools/process-identity.mjs';

const PREFIX = 'countersign-test-';
const OWNER_FILE = 'owner.json';
const REMOVE = { recursive: true, force: true, maxRetries: 10, retryDelay: 20 };

/** Removes a folder whose writers may have been killed a moment ago. */
export const removeFolder = (folder: string): void => fs.rmSync(folder, REMOVE);

/** Everybody may pass through it, as Postgres's user must where root runs the tests. */
export function createRunFolder(): string {
  const parent = temporaryParent();
  removeAbandoned(parent);
  const folder = fs.mkdtempSync(path.join(parent, PREFIX));
  fs.writeFileSync(path.join(folder, OWNER_FILE), JSON.stringify(identityOf()));
  fs.chmodSync(folder, 0o711);
  return folder;
}

/** The system's own folder where Postgres's user cannot enter TMPDIR. */
function temporaryParent(): string {
  const parent = fs.realpathSync(os.tmpdir());
  return isRoot() && !canEnter(UNPRIVILEGED, parent) ? '/var/tmp' : parent;
}

function removeAbandoned(parent: string): void {
  for (const name of fs.readdirSync(parent).filter((each) => each.startsWith(PREFIX))) {
    const folder = path.join(parent, name);
    const owner = ownerOf(folder);
    if (owner !== undefined && !isAlive(owner)) removeFolder(folder);
  }
}

/** Undefined where the folder is another user's, or another run has removed it just now. */
function ownerOf(folder: string): ProcessIdentity | undefined {
  try {
    if (fs.statSync(folder).uid !== process.getuid?.()) return undefined;
    return JSON.parse(fs.readFileSync(path.join(folder, OWNER_FILE), 'utf8')) as ProcessIdentity;
  } catch (error) {
    if ((error as NodeJS.ErrnoException).code === 'ENOENT') return undefined;
    throw error;
  }
}
