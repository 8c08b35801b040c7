/**
 * How a running node goes from one record to the next, on its operator's word: the record is one entry of
 * its journal, and the node then begins anew, with everything that it keeps and nothing that it was doing.
 * It keeps no record in memory that the disk does not have, so a crash leaves it at one of the two.
 */
import { join } from 'node:path';
import { hex, utf8 } from '#core/bytes.ts';
import { PlatformError, invalidInput } from '#core/errors.ts';
import { hashTextOf, recordText } from './committee-record.ts';
import { type Committee, shortHash } from './committee.ts';
import type { NodeConfig } from './config.ts';
import { writeDurably } from './durable-file.ts';
import type { Journal } from './journal.ts';
import type { NodeLog } from './log.ts';
import { RECORD_FILE } from './proto/record-fields.ts';
import { type Standpoint, pinEntry, recordToPin } from './pinned-record.ts';

type Fields = Readonly<Record<string, unknown>>;

export type JoiningParts = {
  readonly config: NodeConfig;
  readonly journal: Pick<Journal, 'append'>;
  readonly now: Standpoint | undefined;
  readonly log: NodeLog;
  /** Why no other record may be pinned just now, in words. */
  readonly objection: () => string | undefined;
  /** Whether the node has heard what the record before its present one counted. */
  readonly isHandedOver: () => boolean;
  /** The node must begin anew, once whoever asked has had the answer. */
  readonly onJoined: () => void;
};

/** The record as people and other programs read it; the node itself reads its journal. */
export const writeRecordFile = (dataDir: string, committee: Committee): Promise<void> =>
  writeDurably(join(dataDir, RECORD_FILE), utf8(recordText(committee)));

/**
 * The operator's `join`, one at a time: of two records that both follow the present one only one is pinned.
 * Durable when it resolves; the node stands at its old record until it has begun anew.
 * @throws INVALID_INPUT, IDEMPOTENCY_IN_FLIGHT, SIGNERS_UNAVAILABLE when it has not heard all of before
 */
export function recordPins(parts: JoiningParts): (fields: Fields) => Promise<object> {
  const { journal, log, onJoined } = parts;
  let isPinning = false;
  return async (fields) => {
    const { now } = parts;
    const next = recordIn(parts, fields);
    const hash = hashTextOf(next.committee);
    const answer = { hash, party: next.me, retired: next.isRetired };
    if (now !== undefined && hash === hex(now.committee.hash)) return { ...answer, isNew: false };
    const reason = isPinning ? 'a record is being pinned: try again' : parts.objection();
    if (reason !== undefined) throw new PlatformError('IDEMPOTENCY_IN_FLIGHT', { reason });
    requireHeard(parts, fields['behind'] === true);
    isPinning = true;
    try {
      await journal.append(pinEntry(next.committee));
    } catch (error) {
      isPinning = false;
      throw error;
    }
    log.info('record pinned', { reason: hash });
    setImmediate(onJoined);
    return { ...answer, isNew: true };
  };
}

function recordIn({ config, now }: JoiningParts, { record, expectedHash }: Fields): Standpoint {
  if (typeof record !== 'string' || typeof expectedHash !== 'string') {
    throw invalidInput('record', 'not a record with its hash', 'Send the text and the hash.');
  }
  return recordToPin({ record, expectedHash }, config, now);
}

function requireHeard({ now, isHandedOver }: JoiningParts, isBehind: boolean): void {
  if (now === undefined || now.isRetired || isHandedOver() || isBehind) return;
  throw new PlatformError('SIGNERS_UNAVAILABLE', {
    reason: `this node has not heard yet what was counted before record ${shortHash(hex(now.committee.hash))} (HANDOVER_DUE)`,
    hint: 'Let a worker bring it, or say --behind when the other nodes have gone on without this one.',
  });
}
