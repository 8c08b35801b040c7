/** A node that was made alone, before its operator has pinned a record: it serves nobody but its operator. */
import { join } from 'node:path';
import { hex } from '#core/bytes.ts';
import { PlatformError } from '#core/errors.ts';
import type { NodeConfig } from './config.ts';
import { openJournal } from './journal.ts';
import { recordPins } from './joining.ts';
import { openOperatorSocket, requirePrivateFolder } from './operator-socket.ts';
import { standpointOf } from './pinned-record.ts';
import { readAtStart } from './sealing.ts';
import type { StartParts } from './start-node.ts';

export type WaitingNode = { stop(): Promise<void> };

/**
 * Undefined where the node has joined a committee already. @throws StartRefused
 */
export async function awaitRecord(
  config: NodeConfig,
  parts: Pick<StartParts, 'sealingKey' | 'log' | 'onJoined'>,
): Promise<WaitingNode | undefined> {
  const { party, committee, dataDir } = config;
  if (committee.generation > 0) return undefined;
  const { log, onJoined = () => undefined } = parts;
  await readAtStart(requirePrivateFolder(dataDir));
  const sealingKey = await readAtStart(parts.sealingKey());
  const secrets = { sealingKey, committee: committee.hash };
  const path = join(dataDir, 'journal/journal.log');
  const { journal, entries } = await readAtStart(openJournal(path, secrets, party));
  if (standpointOf(config, entries) !== undefined) {
    await journal.close();
    return undefined;
  }
  const pinRecord = recordPins({
    config,
    journal,
    now: undefined,
    log,
    objection: () => undefined,
    isHandedOver: () => true,
    onJoined,
  });
  const operator = await openOperatorSocket(
    dataDir,
    async (request) => {
      const fields = (typeof request === 'object' && request !== null ? request : {}) as Readonly<
        Record<string, unknown>
      >;
      if (fields['command'] === 'join') return pinRecord(fields);
      const reason = 'this node waits for the record of its committee';
      if (fields['command'] !== 'status')
        throw new PlatformError('SIGNERS_UNAVAILABLE', { reason });
      return { party: 0, waiting: true, node: hex(committee.hash) };
    },
    log,
  );
  log.info('waiting for a record');
  return {
    async stop() {
      await operator?.close();
      await journal.close();
    },
  };
}
