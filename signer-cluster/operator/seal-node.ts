/**
 * Puts a node's sealing key behind a passphrase, a key management service or a secret of the
 * environment. Nothing that lies on its disk is sealed anew: the key is the same, and only where it
 * comes from changes, with the node's next start.
 */
import { chown, readFile, rm, stat } from 'node:fs/promises';
import { join } from 'node:path';
import process from 'node:process';
import { type Bytes, equalBytes, hex, utf8 } from '#core/bytes.ts';
import { PlatformError } from '#core/errors.ts';
import { type NodeFile, readConfig } from '#signer-cluster/config.ts';
import { syncFolder, writeDurably, writeNewDurably } from '#signer-cluster/durable-file.ts';
import {
  type KeyOwner,
  type SealingSource,
  readPrivate,
  runCommand,
  sealingKeySource,
} from '#signer-cluster/sealing-key.ts';
import { StartRefused, readAtStart } from '#signer-cluster/sealing.ts';
import { wrapWithPassphrase } from '#signer-cluster/wrapped-key.ts';

export type NewSource =
  | { readonly from: 'passphrase-file'; readonly path: string }
  /** The words of two commands: one takes the key and prints it wrapped, one the reverse. */
  | { readonly from: 'kms'; readonly wrap: readonly string[]; readonly unwrap: readonly string[] }
  /** A new file for the secret, which then goes to where the environment is made. */
  | { readonly from: 'environment'; readonly secret: string };

type NextSource = Exclude<SealingSource, { from: 'file' }>;

const WRAPPED = 'sealing-key.wrapped';

/**
 * The old file of the key is removed last, when the new source has given the same key and stands in the
 * node's configuration.
 * @throws INVALID_INPUT where the node's present key cannot be had, or the new source does not give it
 */
export async function sealNode(folder: string, source: NewSource): Promise<void> {
  try {
    const path = join(folder, 'node.json');
    const config = await readConfig(path);
    const key = await sealingKeySource(config)();
    const sealing = await prepare(folder, source, key, config);
    if (sealing.from !== 'environment') await requireSame(folder, sealing, config, key);
    await writeSource(path, sealing);
    await giveToOwner(folder, [path, ...filesOf(sealing).map((name) => join(folder, name))]);
    const used = sealing.from === 'environment' ? undefined : join(folder, WRAPPED);
    for (const old of filesOf(config.sealing)) if (old !== used) await rm(old);
    await syncFolder(folder);
  } catch (cause) {
    if (!(cause instanceof StartRefused)) throw cause;
    throw new PlatformError('INVALID_INPUT', { field: 'node', reason: cause.message }, { cause });
  }
}

/** `sealing` as `node.json` has it: the wrapped key's path is relative to the folder. */
async function prepare(
  folder: string,
  source: NewSource,
  key: Bytes,
  owner: KeyOwner,
): Promise<NextSource> {
  if (source.from === 'environment') {
    await writeNewDurably(source.secret, utf8(`${hex(key)}\n`)).catch((cause: unknown) => {
      const { code } = cause as NodeJS.ErrnoException;
      throw new StartRefused(`${source.secret} cannot be made (${code})`, { cause });
    });
    return { from: 'environment' };
  }
  if (source.from === 'passphrase-file') {
    const passphrase = await readAtStart(readPrivate(source.path, 'the passphrase file'));
    const text = await wrapWithPassphrase(key, passphrase, owner);
    await writeDurably(join(folder, WRAPPED), utf8(text));
    return { from: 'passphrase-file', path: source.path, wrapped: WRAPPED };
  }
  await writeDurably(join(folder, WRAPPED), await runCommand(source.wrap, key, process.env));
  return { from: 'kms', command: source.unwrap, wrapped: WRAPPED };
}

async function requireSame(
  folder: string,
  sealing: Exclude<NextSource, { from: 'environment' }>,
  owner: KeyOwner,
  key: Bytes,
): Promise<void> {
  const there = { ...sealing, wrapped: join(folder, sealing.wrapped) };
  const again = await sealingKeySource({ ...owner, sealing: there })();
  if (!equalBytes(again, key)) {
    throw new StartRefused('the new source gives another key: nothing was changed');
  }
}

async function writeSource(path: string, sealing: SealingSource): Promise<void> {
  const { sealingKeyFile: _, ...file } = JSON.parse(await readFile(path, 'utf8')) as NodeFile;
  await writeDurably(path, utf8(`${JSON.stringify({ ...file, sealing }, null, 2)}\n`));
}

/** What root writes into the folder of another user is that user's, or the node could not read it. */
async function giveToOwner(folder: string, files: readonly string[]): Promise<void> {
  if (process.getuid?.() !== 0) return;
  const { uid, gid } = await stat(folder);
  for (const file of files) await chown(file, uid, gid);
}

/** What of a source holds the key, open or wrapped; a passphrase's file is the operator's. */
function filesOf(source: SealingSource): readonly string[] {
  if (source.from === 'environment') return [];
  return [source.from === 'file' ? source.path : source.wrapped];
}
