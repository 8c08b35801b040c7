/** What a signer node keeps on its disk, opened by a test that has its sealing key, and its spellings. */
import { join } from 'node:path';
import { type Bytes, base64url, hex } from '#core/bytes.ts';
import { readConfig } from '#signer-cluster/config.ts';
import { openJournal } from '#signer-cluster/journal.ts';
import { sealingKeySource } from '#signer-cluster/sealing-key.ts';
import { type Store, openStore } from '#signer-cluster/store.ts';

/** @param path of the node's node.json */
export async function openedStore(path: string): Promise<Store> {
  const config = await readConfig(path);
  const { party, committee, dataDir } = config;
  const sealingKey = await sealingKeySource(config)();
  const secrets = { sealingKey, committee: committee.hash };
  const file = join(dataDir, 'journal/journal.log');
  const { journal, entries } = await openJournal(file, secrets, party);
  await journal.close();
  return openStore({ dataDir, sealingKey, committee: committee.hash, party }, journal, entries);
}

/**
 * How a secret may lie somewhere: its bytes from either end - V8 keeps a big integer as 64-bit digits,
 * the lowest first, which are the bytes backwards - and as text, in one and in two bytes a letter.
 */
export function spellings(secret: Bytes): readonly Buffer[] {
  const texts = [
    hex(secret),
    hex(secret).toUpperCase(),
    base64url(secret),
    Buffer.from(secret).toString('base64'),
    BigInt(`0x${hex(secret)}`).toString(),
  ];
  return [
    Buffer.from(secret),
    Buffer.from(secret.toReversed()),
    ...texts.map((text) => Buffer.from(text)),
    ...texts.map((text) => Buffer.from(text, 'utf16le')),
  ];
}
