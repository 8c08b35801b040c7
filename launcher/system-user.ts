/**
 * Whom the children of a launcher that root has started run as. Postgres refuses to run as root and gets
 * the unprivileged user; each signer node gets a user of its own, so that neither Postgres nor another
 * node can look into its process or its folder. None of them can see a checkout or a data folder that
 * only root may enter.
 */
import { spawnSync } from 'node:child_process';
import fs from 'node:fs';
import path from 'node:path';

import { type SystemUser } from './child.ts';
import { LaunchError } from './launch-error.ts';

/** `nobody` on every Linux distribution; the numbers need no entry in the user table. */
export const UNPRIVILEGED: SystemUser = { uid: 65534, gid: 65534 };

/** The numbers of the nodes' users: below this one's, above what systems give to people and services. */
const SIGNER_USERS = 64_200;

export const isRoot = (): boolean => process.getuid?.() === 0;

/** Whether this user may enter the folder, asked of the system itself. */
export function canEnter(user: SystemUser, folder: string): boolean {
  const { status } = spawnSync('/bin/sh', ['-c', 'cd -- "$1"', 'sh', folder], {
    ...user,
    cwd: '/',
    stdio: 'ignore',
  });
  return status === 0;
}

/**
 * Root's folder for what must lie outside the checkout: everybody may pass through it, only root
 * may write to it. A folder of that name that somebody else made is not used.
 */
export function systemFolder(): string {
  for (const folder of ['/var/lib/countersign', '/var/tmp/countersign']) {
    try {
      fs.mkdirSync(folder, { recursive: true, mode: 0o711 });
    } catch {
      // A read-only place; the next one is tried.
      continue;
    }
    const { uid, mode } = fs.lstatSync(folder);
    if (uid === 0 && (mode & 0o022) === 0 && canEnter(UNPRIVILEGED, folder)) return folder;
  }
  throw new LaunchError(
    'neither /var/lib/countersign nor /var/tmp/countersign can be used; set DATA_DIR to a folder ' +
      'that every user may pass through',
  );
}

/**
 * The user of one party's node alone; undefined where this process may not change users, or where
 * somebody has that number already.
 */
export function signerUser(party: number): SystemUser | undefined {
  const id = SIGNER_USERS + party;
  return isRoot() && !isNumberTaken(id) ? { uid: id, gid: id } : undefined;
}

function isNumberTaken(id: number): boolean {
  const users = fs.existsSync(USERS_FILE) ? fs.readFileSync(USERS_FILE, 'utf8') : '';
  return users.split('\n').some((line) => Number(line.split(':')[2]) === id);
}

const USERS_FILE = '/etc/passwd';

/** Whether this user may run the program, asked of the system itself. */
export function canRun(
  { uid, gid }: SystemUser,
  program: string,
  args: readonly string[],
): boolean {
  const { status } = spawnSync(program, args, { uid, gid, cwd: '/', env: {}, stdio: 'ignore' });
  return status === 0;
}

/** Makes a folder with all that is in it this user's, whoever had put files there. */
export function giveFolder(folder: string, { uid, gid }: SystemUser): void {
  fs.lchownSync(folder, uid, gid);
  for (const name of fs.readdirSync(folder, { recursive: true, encoding: 'utf8' })) {
    fs.lchownSync(path.join(folder, name), uid, gid);
  }
}
