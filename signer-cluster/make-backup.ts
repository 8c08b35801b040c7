/** What a backup of this node holds, read while nothing of it changes. */
import { readFileSync, readdirSync } from 'node:fs';
import { join } from 'node:path';
import { type Bytes, hex, utf8 } from '#core/bytes.ts';
import { PlatformError } from '#core/errors.ts';
import { formatInstant } from '#core/time.ts';
import { type NodeConfig, nodeFileText } from './config.ts';
import type { Backup } from './operator/backup-text.ts';
import type { Party } from './party.ts';

export type BackupSource = {
  readonly config: NodeConfig;
  readonly sealingKey: Bytes;
};

const STORED = ['identity', 'store/keys', 'store/pairs', 'journal'];
const TLS = ['ca', 'cert', 'key'] as const;

/**
 * All is read in one piece, in which no session runs: the journal and the store are of one moment.
 * The sealing key is part of it, so that the box is all that a new machine takes.
 * @throws IDEMPOTENCY_IN_FLIGHT while a key is being made or replaced
 */
export function makeBackup({ config, sealingKey }: BackupSource, party: Party): Backup {
  if (party.making.size > 0) {
    throw new PlatformError('IDEMPOTENCY_IN_FLIGHT', {
      reason: 'a key is being made or replaced: try again',
    });
  }
  const { dataDir, committee, tls } = config;
  const stored = STORED.flatMap((folder) =>
    readdirSync(join(dataDir, folder))
      .toSorted()
      .map((name): [string, Bytes] => [
        `${folder}/${name}`,
        new Uint8Array(readFileSync(join(dataDir, folder, name))),
      ]),
  );
  const papers = TLS.map((name): [string, Bytes] => [
    `tls/${name}.pem`,
    new Uint8Array(readFileSync(tls[name])),
  ]);
  const node = utf8(nodeFileText(config));
  return {
    party: party.me,
    committee: hex(committee.hash),
    created: formatInstant(party.now()),
    files: new Map<string, Bytes>([
      ['node.json', node],
      ['sealing-key', utf8(`${hex(sealingKey)}\n`)],
      ...papers,
      ...stored,
    ]),
  };
}
