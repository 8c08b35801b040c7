/** Files that survive a crash at any moment: either the old content is there, or the new. */
import { randomBytes } from 'node:crypto';
import { open, readdir, rename, rm, unlink } from 'node:fs/promises';
import { dirname, join } from 'node:path';
import type { Bytes } from '#core/bytes.ts';

const UNFINISHED = '.unfinished-';

/**
 * Writes beside the file, syncs, renames over it, and syncs the folder: owner-only, 0600. What fails
 * leaves nothing: a backup would hold it, and a restore takes no file that belongs to no node.
 */
export async function writeDurably(path: string, content: Bytes): Promise<void> {
  const beside = `${path}${UNFINISHED}${randomBytes(6).toString('hex')}`;
  const file = await open(beside, 'wx', 0o600);
  try {
    try {
      await file.writeFile(content);
      await file.sync();
    } finally {
      await file.close();
    }
    await rename(beside, path);
  } catch (error) {
    await rm(beside, { force: true });
    throw error;
  }
  await syncFolder(dirname(path));
}

/** The same for a file that must not be there yet. @throws ErrnoException EEXIST when it is */
export async function writeNewDurably(path: string, content: Bytes): Promise<void> {
  const file = await open(path, 'wx', 0o600);
  try {
    await file.writeFile(content);
    await file.sync();
  } finally {
    await file.close();
  }
  await syncFolder(dirname(path));
}

/** A rename is durable only when the folder that holds the name is. */
export async function syncFolder(path: string): Promise<void> {
  const folder = await open(path, 'r');
  try {
    await folder.sync();
  } finally {
    await folder.close();
  }
}

/** Removes what a crash left half-written: none of it was ever acknowledged. */
export async function removeUnfinished(folder: string): Promise<void> {
  for (const name of await readdir(folder)) {
    if (name.includes(UNFINISHED)) await unlink(join(folder, name));
  }
}
