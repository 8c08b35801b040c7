/** Who the nodes are, as a node's folder has it: what a dealer needs to seal shares to them. */
import { readFile } from 'node:fs/promises';
import { join } from 'node:path';
import type { Bytes } from '#core/bytes.ts';
import { PlatformError, invalidInput } from '#core/errors.ts';
import { parseRecord } from '#signer-cluster/committee-record.ts';
import type { Committee } from '#signer-cluster/committee.ts';
import { type NodeConfig, readConfig } from '#signer-cluster/config.ts';
import { RECORD_FILE } from '#signer-cluster/proto/record-fields.ts';
import { StartRefused } from '#signer-cluster/sealing.ts';

export type CommitteeKeys = {
  readonly threshold: number;
  /** Each party's X25519 key, 32 bytes. */
  readonly recipients: ReadonlyMap<number, Bytes>;
};

/**
 * Of the record that the node has pinned, or, before its first start, of what it was made as.
 * @throws INVALID_INPUT when the folder has no valid node.json, or the node waits for its first record
 */
export async function readCommitteeKeys(folder: string): Promise<CommitteeKeys> {
  const config = await readConfig(join(folder, 'node.json')).catch((cause: unknown) => {
    if (!(cause instanceof StartRefused)) throw cause;
    throw new PlatformError('INVALID_INPUT', { field: 'node', reason: cause.message }, { cause });
  });
  const { threshold, members } = (await pinnedBy(config)) ?? madeWith(config);
  const recipients = members.map(({ party, encryption }) => [party, encryption] as const);
  return { threshold, recipients: new Map(recipients) };
}

async function pinnedBy({ dataDir }: NodeConfig): Promise<Committee | undefined> {
  const text = await readFile(join(dataDir, RECORD_FILE), 'utf8').catch(
    (cause: NodeJS.ErrnoException) => {
      if (cause.code === 'ENOENT') return undefined;
      throw cause;
    },
  );
  return text === undefined ? undefined : parseRecord(text);
}

/** A node that was made alone is party 0 of nothing until its operator pins a record. */
function madeWith({ party, committee }: NodeConfig): Committee {
  if (party > 0) return committee;
  const hint = 'Pin one with "countersign signer join".';
  throw invalidInput('node', 'it has no record of a committee yet', hint);
}
