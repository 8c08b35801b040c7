/**
 * Postgres refuses to run as root. Started by root it runs as the unprivileged user instead, which
 * can see neither a checkout nor a data folder that only root may enter.
 */
import { spawnSync } from 'node:child_process';
import fs from 'node:fs';

import { type SystemUser } from './child.ts';
import { LaunchError } from './launch-error.ts';

/** `nobody` on every Linux distribution; the numbers need no entry in the user table. */
export const UNPRIVILEGED: SystemUser = { uid: 65534, gid: 65534 };

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
