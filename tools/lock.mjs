/**
 * A lock that is a directory: it belongs to the process that made it, and a lock whose owner no
 * longer lives is taken over. Dependency-free, for Node 18.
 */
import fs from 'node:fs';
import path from 'node:path';

import { identityOf, isAlive } from './process-identity.mjs';

/**
 * @typedef {import('./process-identity.mjs').ProcessIdentity} ProcessIdentity
 * @typedef {{ held: true, release: () => void } | { held: false, owner: ProcessIdentity }} Attempt
 */

const OWNER_FILE = 'owner.json';

/**
 * Takes the lock, or says which living process has it.
 * @param {string} folder the lock itself; its parent exists
 * @returns {Attempt}
 */
export function tryLock(folder) {
  const prepared = fs.mkdtempSync(`${folder}.`);
  fs.writeFileSync(path.join(prepared, OWNER_FILE), JSON.stringify(identityOf()));
  try {
    for (;;) {
      if (moveInto(prepared, folder)) {
        return { held: true, release: () => remove(folder, prepared) };
      }
      const owner = ownerOf(folder);
      if (owner === undefined) continue;
      if (isAlive(owner)) return { held: false, owner };
      discard(folder, owner);
    }
  } finally {
    fs.rmSync(prepared, { recursive: true, force: true });
  }
}

/**
 * Removes a lock that this process holds. It is moved aside first: while it is emptied in place,
 * another process could move its own lock onto it.
 * @param {string} folder
 * @param {string} aside
 */
function remove(folder, aside) {
  fs.renameSync(folder, aside);
  fs.rmSync(aside, { recursive: true });
}

/**
 * Renaming a directory onto one that has content fails, so the lock appears at once and with its
 * owner in it: there is no moment at which nobody can tell whose it is.
 * @param {string} prepared
 * @param {string} folder
 */
function moveInto(prepared, folder) {
  try {
    fs.renameSync(prepared, folder);
    return true;
  } catch (error) {
    const { code } = /** @type {NodeJS.ErrnoException} */ (error);
    if (code === 'ENOTEMPTY' || code === 'EEXIST') return false;
    throw error;
  }
}

/**
 * @param {string} folder
 * @returns {ProcessIdentity | undefined} undefined where the lock was released in the meantime
 */
function ownerOf(folder) {
  try {
    return JSON.parse(fs.readFileSync(path.join(folder, OWNER_FILE), 'utf8'));
  } catch (error) {
    if (/** @type {NodeJS.ErrnoException} */ (error).code === 'ENOENT') return undefined;
    throw error;
  }
}

/**
 * Removes the lock of a dead owner. Two processes may come here at once, so the lock is moved aside
 * first and put back where it turns out to be the other one's new lock.
 * @param {string} folder
 * @param {ProcessIdentity} dead
 */
function discard(folder, dead) {
  const aside = `${folder}.dead-${process.pid}`;
  try {
    fs.renameSync(folder, aside);
  } catch (error) {
    if (/** @type {NodeJS.ErrnoException} */ (error).code === 'ENOENT') return;
    throw error;
  }
  const moved = ownerOf(aside);
  if (moved?.pid === dead.pid && moved.start === dead.start) {
    fs.rmSync(aside, { recursive: true });
  } else {
    moveInto(aside, folder);
  }
}
