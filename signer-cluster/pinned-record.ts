/**
 * Which record this node's operator has pinned, and as which party the node stands in it. The journal says
 * it, so that the change from one record to the next is one entry: it is there or it is not
 * (docs/adr/0023).
 */
import { equalBytes, hex } from '#core/bytes.ts';
import { PlatformError, invalidInput, isPlatformError } from '#core/errors.ts';
import type { PartyId } from '#signing/kernel.ts';
import { hashTextOf, parseRecord, recordText } from './committee-record.ts';
import { type Committee, type Member, memberOf, requireSuccessor, shortHash } from './committee.ts';
import type { NodeConfig } from './config.ts';
import type { JournalEntry } from './journal.ts';
import { StartRefused } from './sealing.ts';

/** What a node is now. */
export type Standpoint = {
  readonly me: PartyId;
  readonly committee: Committee;
  /** It has left: it deals its shares to others, and does nothing else. */
  readonly isRetired: boolean;
};

type Origin = Pick<NodeConfig, 'party' | 'committee'>;

const ownOf = ({ party, committee }: Origin): Member => memberOf(committee, party) as Member;

/**
 * As its operator's pins lead to it, each from the one before.
 * @returns undefined for a node that was made alone and has joined nothing yet
 * @throws StartRefused where they lead nowhere: then the journal is not what this node wrote
 */
export function standpointOf(
  origin: Origin,
  entries: readonly JournalEntry[],
): Standpoint | undefined {
  const { party: me, committee } = origin;
  const own = ownOf(origin);
  let at = committee.generation === 0 ? undefined : { me, committee, isRetired: false };
  for (const entry of entries) {
    if (entry.kind === 'committee') at = pinned(at, entry.record, own);
  }
  return at;
}

function pinned(at: Standpoint | undefined, record: string, own: Member): Standpoint {
  try {
    const next = parseRecord(record);
    if (at !== undefined) requireSuccessor(at.committee, next);
    const standpoint = standpointIn(next, own);
    if (standpoint !== undefined) return standpoint;
  } catch (cause) {
    if (!(cause instanceof TypeError) && !isPlatformError(cause)) throw cause;
    const reason = `the records that the journal names do not follow each other: ${cause.message}`;
    throw new StartRefused(reason, { cause });
  }
  throw new StartRefused('a record that the journal names is not one of this node');
}

function standpointIn(committee: Committee, own: Member): Standpoint | undefined {
  const isOwn = ({ identity, encryption }: Member): boolean =>
    equalBytes(identity, own.identity) && equalBytes(encryption, own.encryption);
  const member = committee.members.find(isOwn);
  const retired = committee.retired.find(isOwn);
  const found = member ?? retired;
  if (found === undefined) return undefined;
  return { me: found.party, committee, isRetired: member === undefined };
}

export type PinRequest = {
  readonly record: string;
  /** What the operator was told by the others: the record's hash in hex. */
  readonly expectedHash: string;
};

/**
 * The record, when it may follow what the node has now. The same record once more is no change.
 * @throws INVALID_INPUT when it has another hash than expected or does not follow, NOT_FOUND without this node
 */
export function recordToPin(
  { record, expectedHash }: PinRequest,
  origin: Origin,
  now: Standpoint | undefined,
): Standpoint {
  const next = parseRecord(record);
  const hash = hashTextOf(next);
  if (hash !== expectedHash) {
    const hint = 'Compare the hash with the other operators, and take the file from them again.';
    throw invalidInput('record', `its hash is ${hash}, and not the one that is expected`, hint);
  }
  const standpoint = standpointIn(next, ownOf(origin));
  if (standpoint === undefined) {
    throw invalidInput('record', 'this node is not in it', "Make it with this node's card.");
  }
  if (now === undefined || hash === hashTextOf(now.committee)) return standpoint;
  try {
    requireSuccessor(now.committee, next);
  } catch (cause) {
    if (!(cause instanceof TypeError)) throw cause;
    const hint = 'Pin the records one after another.';
    throw invalidInput('record', cause.message, hint);
  }
  return standpoint;
}

export const pinEntry = (committee: Committee): JournalEntry => ({
  kind: 'committee',
  record: recordText(committee),
});

/** @throws KEY_LOCKED */
export function requireMember({ committee, isRetired }: Omit<Standpoint, 'me'>): void {
  if (!isRetired) return;
  const reason = `this node has left the committee (record ${shortHash(hex(committee.hash))})`;
  throw new PlatformError('KEY_LOCKED', { reason });
}
