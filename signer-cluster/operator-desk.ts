/** What an operator may ask of a node: how it is, to allow an operation, a backup. */
import { isAbsolute } from 'node:path';
import { hex, parseHex } from '#core/bytes.ts';
import { PlatformError, invalidInput } from '#core/errors.ts';
import { parseId } from '#core/ids.ts';
import { parseScheme } from '#core/scheme.ts';
import { formatInstant } from '#core/time.ts';
import { ROOT_PATH, xpub } from '#signing/derivation.ts';
import type { PartyId } from '#signing/kernel.ts';
import { APPROVAL_MINUTES_MAX, type Operation, detailsOf } from './approvals.ts';
import type { Ban, Quarantine } from './distrust.ts';
import { writeNewDurably } from './durable-file.ts';
import type { NodeLog } from './log.ts';
import { type BackupSource, makeBackup } from './make-backup.ts';
import { sealBackup } from './operator/backup-text.ts';
import { adoptLog, tellLog } from './operator-authority.ts';
import type { OperatorDesk } from './operator-socket.ts';
import type { Party } from './party.ts';
import { banInput } from './readmission.ts';
import { missingOf } from './set-backs.ts';
import { pairEpochOf } from './store.ts';

type Fields = Readonly<Record<string, unknown>>;

const DEFAULT_MINUTES = 60;
const COMMANDS = [
  'status',
  'join',
  'approve',
  'backup',
  'xpub',
  'trust',
  'apply',
  'freeze',
  'thaw',
  'authority',
  'adopt',
];

export type DeskParts = {
  readonly source: BackupSource;
  /** `recordPins` of `joining.ts`. */
  readonly join: (fields: Fields) => Promise<object>;
};

export function operatorDesk(
  party: Party,
  { source, join }: DeskParts,
  log: NodeLog,
): OperatorDesk {
  return async (request) => {
    const fields = (typeof request === 'object' && request !== null ? request : {}) as Fields;
    switch (fields['command']) {
      case 'status':
        return statusOf(party);
      case 'join':
        return join(fields);
      case 'approve':
        return approve(party, fields, log);
      case 'backup':
        return backUp(party, source, fields);
      case 'xpub':
        return extendedKeyOf(party, fields);
      case 'trust':
        return trust(party, fields, log);
      case 'apply':
        return apply(party, fields);
      case 'freeze':
        return freeze(party, fields, log);
      case 'thaw':
        return thaw(party, fields, log);
      case 'authority':
        return tellLog(party, fields);
      case 'adopt':
        return adoptLog(party, fields, log);
      default:
        throw invalidInput('command', 'unknown', `One of ${COMMANDS.join(', ')}.`);
    }
  };
}

/**
 * The extended public key of a key at a path (BIP-32). It is no secret, but whoever has it sees every
 * address below it, and with one child's private key it gives the parent's.
 */
function extendedKeyOf({ store }: Party, fields: Fields): object {
  const keyId = parseId('key', fields['key'], 'key');
  const stored = store.keys.get(keyId);
  if (stored?.committed !== true) throw new PlatformError('NOT_FOUND', { key: keyId });
  const { scheme, publicKey, chainCode } = stored.record;
  if (scheme === 'frost-ed25519') {
    throw invalidInput('key', 'an Ed25519 key has no public children', 'Name a secp256k1 key.');
  }
  const path = fields['path'] ?? ROOT_PATH;
  if (typeof path !== 'string') throw invalidInput('path', 'not a text', 'E.g. "m/44/60/0/0".');
  return { xpub: xpub(publicKey, chainCode, path) };
}

/** The box lies where the operator says, readable by this user only; whoever opens it has the node. */
async function backUp(party: Party, source: BackupSource, fields: Fields): Promise<object> {
  const recipient = parseHex(hexOf(fields['recipient'], 'recipient', [32]));
  const path = fields['path'];
  if (typeof path !== 'string' || !isAbsolute(path)) {
    throw invalidInput('path', 'not the whole path of a file', 'E.g. /var/backups/node-1.');
  }
  const backup = makeBackup(source, party);
  const box = sealBackup(backup, recipient, party.random);
  await writeNewDurably(path, box).catch((cause: NodeJS.ErrnoException) => {
    throw invalidInput('path', `it cannot be made (${cause.code})`, 'Choose another one.');
  });
  return { path, created: backup.created, files: backup.files.size, bytes: box.length };
}

async function approve(party: Party, fields: Fields, log: NodeLog): Promise<object> {
  const operation = operationOf(fields, party);
  const minutes = fields['minutes'] ?? DEFAULT_MINUTES;
  const isCount = typeof minutes === 'number' && Number.isSafeInteger(minutes) && minutes > 0;
  if (!isCount || minutes > APPROVAL_MINUTES_MAX) {
    throw invalidInput('minutes', 'not a whole number', `From 1 to ${APPROVAL_MINUTES_MAX}.`);
  }
  const { id, expires } = await party.approvals.approve(operation, minutes);
  log.info('operator approved', { reason: operation.operation });
  // Nobody else has to ask for this one: it is used up, and then has its effect.
  if (operation.operation === 'stand') await party.starts.excuse();
  return { approval: id, details: detailsOf(operation), expires: formatInstant(expires) };
}

const hexOf = (value: unknown, field: string, sizes: readonly number[]): string => {
  const isHex = typeof value === 'string' && /^[0-9a-f]*$/.test(value);
  if (isHex && sizes.includes(value.length / 2)) return value;
  throw invalidInput(field, `not ${sizes.join(' or ')} bytes in hex`, 'Lower case, without 0x.');
};

/** @throws INVALID_INPUT */
function operationOf(fields: Fields, { committee, starts }: Party): Operation {
  const operation = fields['operation'];
  const members = committee.members.map(({ party }) => party);
  const everybody = [...members, ...committee.retired.map(({ party }) => party)];
  const key = (): string => parseId('key', fields['key'], 'key');
  const organization = (): string =>
    parseId('organization', fields['organization'], 'organization');
  switch (operation) {
    case 'readmit':
      return { operation, organization: organization(), party: memberOf(fields['party'], members) };
    case 'accept':
      return { operation, party: memberOf(fields['party'], everybody) };
    case 'stand':
      return {
        operation,
        party: memberOf(fields['party'], everybody),
        start: startOf(fields['start'], starts.own),
      };
    case 'export':
      return { operation, key: key(), recipient: hexOf(fields['recipient'], 'recipient', [32]) };
    case 'import': {
      const scheme = parseScheme(String(fields['scheme']));
      const publicKey = hexOf(fields['publicKey'], 'publicKey', [32, 33]);
      return { operation, key: key(), organization: organization(), scheme, publicKey };
    }
    case 'reshare': {
      const list = Array.isArray(fields['receivers']) ? (fields['receivers'] as unknown[]) : [];
      const receivers = list.map((one) => memberOf(one, members));
      const threshold = fields['threshold'];
      if (typeof threshold !== 'number' || threshold < 2 || threshold > receivers.length) {
        throw invalidInput('threshold', 'not within 2 and the number of receivers', 'E.g. 2.');
      }
      return { operation, key: key(), receivers, threshold };
    }
    default:
      throw invalidInput(
        'operation',
        'unknown',
        'One of readmit, accept, stand, reshare, import, export.',
      );
  }
}

/** A word for another start is none: that one had another disk, perhaps. */
function startOf(value: unknown, own: string): string {
  if (value === own) return own;
  throw invalidInput('start', 'not the start that this node is in', `"status" shows it: ${own}.`);
}

function memberOf(value: unknown, members: readonly PartyId[]): PartyId {
  if (typeof value === 'number' && members.includes(value)) return value;
  throw invalidInput('party', 'not a member of the committee', `One of ${members.join(', ')}.`);
}

const organizationOf = (fields: Fields): string =>
  parseId('organization', fields['organization'], 'organization');

/** From now on only a log that begins with this genesis speaks for the organisation. */
async function trust({ authority }: Party, fields: Fields, log: NodeLog): Promise<object> {
  const organization = organizationOf(fields);
  const genesis = hexOf(fields['genesis'], 'genesis', [32]);
  await authority.trust(organization, genesis);
  log.info('operator trusts', { reason: organization });
  return { organization, genesis };
}

/** Entries of an authority log, from a file instead of a worker. */
async function apply({ authority }: Party, fields: Fields): Promise<object> {
  const organization = organizationOf(fields);
  const { from, entries } = fields;
  const areTexts = Array.isArray(entries) && entries.every((entry) => typeof entry === 'string');
  if (typeof from !== 'number' || !Number.isSafeInteger(from) || from < 0 || !areTexts) {
    throw invalidInput(
      'entries',
      'not entries of a log',
      'Send what "countersign audit" exported.',
    );
  }
  const head = await authority.take({ organization, from, entries }, 'operator');
  return { organization, head };
}

async function freeze({ authority }: Party, fields: Fields, log: NodeLog): Promise<object> {
  const organization = organizationOf(fields);
  await authority.freeze(organization);
  log.info('operator froze', { reason: organization });
  return { organization };
}

/** What the organisation itself has frozen stays so. */
async function thaw({ authority }: Party, fields: Fields, log: NodeLog): Promise<object> {
  const organization = organizationOf(fields);
  await authority.thaw(organization);
  log.info('operator thawed', { reason: organization });
  return { organization, frozen: authority.isFrozen(organization) };
}

/** What this node holds and whom it does not work with: no secret is in it. */
function statusOf(party: Party): object {
  const { me, committee, isRetired, handover, store, distrust } = party;
  const { approvals, exported, standing, setBacks, starts, authority } = party;
  return {
    party: me,
    committee: hex(committee.hash),
    threshold: committee.threshold,
    members: committee.members.length,
    record: {
      generation: committee.generation,
      previous: committee.previous?.hash ?? null,
      parties: committee.members.map((member) => member.party),
      retired: committee.retired.map((member) => member.party),
      isRetired,
      isHandedOver: handover.isComplete,
    },
    keys: store.keys.names().map((name) => {
      const { record, committed } = store.keys.get(name) as NonNullable<
        ReturnType<typeof store.keys.get>
      >;
      const { keyId, organization, scheme, epoch, parties, threshold, provenance } = record;
      const state = exported.has(keyId) ? 'EXPORTED' : committed ? 'ACTIVE' : 'PREPARED';
      const held = { keyId, organization, scheme, epoch, state, provenance };
      return { ...held, holders: parties, threshold, publicKey: hex(record.publicKey) };
    }),
    pairs: store.pairs.names().map((organization) => ({
      organization,
      epoch: store.pairs.get(organization)?.record.epoch,
    })),
    organizations: [...authority.pins()].map(([organization, genesis]) => ({
      organization,
      genesis,
      head: authority.find(organization)?.head ?? null,
      frozen: authority.isFrozen(organization),
    })),
    distrusted: distrust.verdicts().map((verdict) => withChange(party, verdict)),
    start: {
      name: starts.own,
      isStanding: starts.isStanding,
      missing: starts.missing,
      doubled: [...standing.doubled],
      owed: starts.owed.map((organization) => ({
        organization,
        reason: starts.logObjection(organization)?.context['reason'] ?? '',
      })),
    },
    heard: [...standing.heard()].map(([peer, { count, head }]) => ({
      party: peer,
      entries: count,
      head,
    })),
    setBacks: [setBacks.given(), ...setBacks.told().values()].flatMap((all) =>
      all.map((one) => ({ ...one, missing: missingOf(party, all, one) })),
    ),
    approvals: approvals.pending().map(({ id, operation, details, expires }) => ({
      id,
      operation,
      details,
      expires: formatInstant(expires),
    })),
  };
}

/** A ban of today's secrets, with what the organisation's people sign to end it. */
function withChange(party: Party, verdict: Ban | Quarantine): object {
  const { organization, epoch, kind } = verdict;
  if (kind !== 'ban' || epoch !== pairEpochOf(party.store, organization)) return verdict;
  return { ...verdict, readmitNode: banInput(party, verdict) };
}
