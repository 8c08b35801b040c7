/**
 * One folder for everything that a test run writes, in memory where there is enough of it. A run
 * that was killed leaves its folder behind; the next run recognises and removes it.
 */
import { spawnSync } from 'node:child_process';
import fs from 'node:fs';
import os from 'node:os';
import path from 'node:path';

import { canEnter, isRoot, UNPRIVILEGED } from '#launcher/system-user.ts';
import { identityOf, isAlive, type ProcessIdentity } from '#tools/process-identity.mjs';

const PREFIX = 'countersign-test-';
const OWNER_FILE = 'owner.json';
const MEMORY = '/dev/shm';
/** Several times what a run writes, which is 160 MB at its height. */
const ROOM_BYTES = 2 ** 30;
const REMOVE = { recursive: true, force: true, maxRetries: 10, retryDelay: 20 };

/** Removes a folder whose writers may have been killed a moment ago. */
export const removeFolder = (folder: string): void => fs.rmSync(folder, REMOVE);

/** Everybody may pass through it, as Postgres's user must where root runs the tests. */
export function createRunFolder(): string {
  for (const parent of [MEMORY, systemParent()]) if (fs.existsSync(parent)) removeAbandoned(parent);
  const folder = fs.mkdtempSync(path.join(temporaryParent(), PREFIX));
  fs.writeFileSync(path.join(folder, OWNER_FILE), JSON.stringify(identityOf()));
  fs.chmodSync(folder, 0o711);
  return folder;
}

/** TMPDIR where somebody has set it, otherwise memory where a run fits, otherwise a disk. */
function temporaryParent(): string {
  const isAsked = process.env['TMPDIR'] !== undefined;
  return !isAsked && fitsIntoMemory() ? MEMORY : systemParent();
}

/** The system's own folder where Postgres's user cannot enter TMPDIR. */
function systemParent(): string {
  const parent = fs.realpathSync(os.tmpdir());
  return isRoot() && !canEnter(UNPRIVILEGED, parent) ? '/var/tmp' : parent;
}

/**
 * A disk takes ten times as long over the clone of a database, and no test asks what a loss of
 * power leaves. Containers often have little memory, or none from which a program may be run.
 */
function fitsIntoMemory(): boolean {
  if (process.platform !== 'linux' || !fs.existsSync(MEMORY)) return false;
  const { bavail, bsize } = fs.statfsSync(MEMORY);
  const room = Math.min(bavail * bsize, process.availableMemory() / 2);
  return room >= ROOM_BYTES && canRunPrograms(MEMORY);
}

function canRunPrograms(parent: string): boolean {
  const folder = fs.mkdtempSync(path.join(parent, 'countersign-probe-'));
  try {
    const program = path.join(folder, 'program');
    fs.writeFileSync(program, '#!/bin/sh\n', { mode: 0o700 });
    return spawnSync(program, { stdio: 'ignore' }).status === 0;
  } finally {
    removeFolder(folder);
  }
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
