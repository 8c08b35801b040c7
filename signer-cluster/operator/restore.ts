/** Puts a node back from its backup, on a machine that has none of it, and opens it as a start would. */
import { mkdir, readdir, rename, rm } from 'node:fs/promises';
import { dirname, join } from 'node:path';
import type { Bytes } from '#core/bytes.ts';
import { PlatformError } from '#core/errors.ts';
import { readConfig } from '#signer-cluster/config.ts';
import { syncFolder, writeDurably } from '#signer-cluster/durable-file.ts';
import { openJournal } from '#signer-cluster/journal.ts';
import { sealingKeySource } from '#signer-cluster/sealing-key.ts';
import { StartRefused } from '#signer-cluster/sealing.ts';
import { openStore } from '#signer-cluster/store.ts';
import { openBackup } from './backup-text.ts';

export type Restored = {
  readonly party: number;
  readonly created: string;
  readonly keys: number;
};

const FOLDERS = ['identity', 'store/keys', 'store/pairs', 'journal', 'tls'];
const FOLDER_MODE = 0o700;

/**
 * Everything appears in `folder` with one rename, after it was opened and found whole. There are no
 * presignatures in a backup: those of the old machine are void. What the node signed and whom it
 * banned after the backup is forgotten, so that its peers refuse it until their operators accept it; its
 * shares of keys that were refreshed since do not sign.
 * @throws INVALID_INPUT when the backup does not open, or the folder is not empty
 */
export async function restoreBackup(box: Bytes, secret: Bytes, folder: string): Promise<Restored> {
  const { party, created, files } = openBackup(box, secret);
  const present = await readdir(folder).catch(() => []);
  if (present.length > 0) {
    throw new PlatformError('INVALID_INPUT', {
      field: 'folder',
      reason: 'it is not empty, and a node is never replaced',
    });
  }
  const unfinished = `${folder}.unfinished`;
  await rm(unfinished, { recursive: true, force: true });
  for (const name of FOLDERS) {
    await mkdir(join(unfinished, name), { recursive: true, mode: FOLDER_MODE });
  }
  for (const [path, content] of files) await writeDurably(join(unfinished, path), content);
  const keys = await countKeys(unfinished).catch(async (cause: unknown) => {
    await rm(unfinished, { recursive: true, force: true });
    const reason = cause instanceof StartRefused ? cause.message : 'it is not a whole node';
    throw new PlatformError('INVALID_INPUT', { field: 'backup', reason }, { cause });
  });
  for (const name of [...FOLDERS, 'store', '.']) await syncFolder(join(unfinished, name));
  await rm(folder, { recursive: true, force: true });
  await rename(unfinished, folder);
  await syncFolder(dirname(folder));
  return { party, created, keys };
}

/** How many keys the node holds. @throws StartRefused where a start would be refused */
async function countKeys(folder: string): Promise<number> {
  const config = await readConfig(join(folder, 'node.json'));
  const { party, committee, dataDir } = config;
  const sealingKey = await sealingKeySource(config)();
  const secrets = { sealingKey, committee: committee.hash };
  const opened = await openJournal(join(dataDir, 'journal/journal.log'), secrets, party);
  try {
    const place = { dataDir, sealingKey, committee: committee.hash, party };
    const store = await openStore(place, opened.journal, opened.entries);
    return store.keys.names().length;
  } finally {
    await opened.journal.close();
  }
}
