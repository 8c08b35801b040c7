/** An audit log for whoever attacks one: entries, and checkpoints under three nodes. */
import { AUDIT_DOMAIN, FIRST_AUDIT_HASH } from '#core/audit-entry.ts';
import { type Bytes, hex } from '#core/bytes.ts';
import { newId, type OrganizationId } from '#core/ids.ts';
import { formatInstant, instant } from '#core/time.ts';
import type { CheckpointLine, EntryLine } from '#mandate/audit-export.ts';
import { inspectEntry, type Inspected } from '#mandate/verify-log.ts';
import { NODES, placed, withCheckpoints } from '#testing/audit-log.ts';

export type Line = EntryLine | CheckpointLine;

const NOW = instant(Date.UTC(2026, 6, 1));
export const ORGANIZATION: OrganizationId = newId('organization', NOW, new Uint8Array(10).fill(1));

/** What was found out about a line, kept while the line itself is. */
const INSPECTED = new WeakMap<EntryLine, Inspected>();

export function inspect(line: EntryLine): Inspected {
  const known = INSPECTED.get(line) ?? inspectEntry(line);
  INSPECTED.set(line, known);
  return known;
}

export const leafOf = (line: EntryLine): Bytes => inspect(line).leaf;

const ACTIONS = ['transfer.created', 'approval.voted', 'transfer.queued', 'transfer.broadcast'];

const madeEntry = (sequence: number, previous: string): EntryLine =>
  placed(
    {
      entry: {
        domain: AUDIT_DOMAIN,
        id: newId('audit', NOW, entropyOf(sequence)),
        organization: ORGANIZATION,
        sequence,
        at: formatInstant(instant(NOW + sequence)),
        actor: 'system',
        action: ACTIONS[sequence % ACTIONS.length] as string,
        subject: newId('transfer', NOW, entropyOf(Math.floor(sequence / ACTIONS.length))),
        authority: '',
        commitment: '',
        previous,
      },
      salt: sequence.toString(16).padStart(64, '0'),
      detail: { evidence: 'ab'.repeat(32), from: 'PENDING', note: `entry ${sequence}` },
      evidence: {},
    },
    sequence,
    previous,
  );

const entropyOf = (number: number): Bytes => {
  const bytes = new Uint8Array(10);
  new DataView(bytes.buffer).setUint32(6, number);
  return bytes;
};

/** A log of this length, with a checkpoint after so many entries each time and at its end. */
export function makeLog(entries: number, every: number): Line[] {
  const made: EntryLine[] = [];
  let previous = hex(FIRST_AUDIT_HASH);
  for (let sequence = 1; sequence <= entries; sequence++) {
    const line = madeEntry(sequence, previous);
    previous = line.hash;
    made.push(line);
  }
  return [...withCheckpoints<Line>(made, every, NODES, { leafOf })];
}
