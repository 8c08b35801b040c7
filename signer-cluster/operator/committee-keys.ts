/** Who the nodes are, from a node's configuration: what a dealer needs to seal shares to them. */
import { join } from 'node:path';
import type { Bytes } from '#core/bytes.ts';
import { PlatformError } from '#core/errors.ts';
import { readConfig } from '#signer-cluster/config.ts';
import { StartRefused } from '#signer-cluster/sealing.ts';

export type CommitteeKeys = {
  readonly threshold: number;
  /** Each party's X25519 key, 32 bytes. */
  readonly recipients: ReadonlyMap<number, Bytes>;
};

/** @throws INVALID_INPUT when the folder has no valid node.json */
export async function readCommitteeKeys(folder: string): Promise<CommitteeKeys> {
  const { committee } = await readConfig(join(folder, 'node.json')).catch((cause: unknown) => {
    if (!(cause instanceof StartRefused)) throw cause;
    throw new PlatformError('INVALID_INPUT', { field: 'node', reason: cause.message }, { cause });
  });
  const recipients = committee.members.map(({ party, encryption }) => [party, encryption] as const);
  return { threshold: committee.threshold, recipients: new Map(recipients) };
}
