/** The organisation's word about signer nodes; each operator's is needed, too. */
import { requireAction } from '#identity/action.ts';
import type { Actor } from '#identity/actor.ts';
import type { Effect } from '#identity/change-request.ts';
import { record } from '#identity/services.ts';
import { signedChange } from '#identity/signed-change.ts';
import type { SignedAction } from '#identity/user-action.ts';
import {
  type BanName,
  type JournalPlace,
  readmissionChange,
  restoreChange,
} from '#mandate/change-input.ts';
import { parseBans, parseParties, parsePlaces, parseRecordHash } from '#mandate/fields.ts';
import type { ChangeRequestRow } from '#persistence/change.ts';
import type { Services } from './services.ts';

export type RestoreNodeInput = {
  readonly committee: string;
  readonly party: number;
  readonly lost: readonly JournalPlace[];
};

export type ReadmitNodeInput = {
  readonly committee: string;
  readonly party: number;
  readonly bans: readonly BanName[];
};

/** The canonical form: what is signed. @throws INVALID_INPUT */
export function parseRestore({ committee, party, lost }: RestoreNodeInput) {
  parseParties([party], 'party');
  const places = parsePlaces(lost.map(({ count, head }) => ({ count, head })));
  return restoreChange({ committee: parseRecordHash(committee), party, lost: places });
}

/** The canonical form: what is signed. @throws INVALID_INPUT */
export function parseReadmission({ committee, party, bans }: ReadmitNodeInput) {
  parseParties([party], 'party');
  const named = parseBans(bans.map(({ by, epoch, session }) => ({ by, epoch, session })));
  return readmissionChange({ committee: parseRecordHash(committee), party, bans: named });
}

/**
 * The nodes work for this organisation again with one whose journal was set back, once their operators have
 * said so as well. Another person has to approve of it.
 * @throws FORBIDDEN, INVALID_INPUT, and what `signedChange` throws
 */
export async function restoreNode(
  services: Services,
  actor: Actor,
  input: RestoreNodeInput,
  signed: SignedAction | null | undefined,
): Promise<ChangeRequestRow> {
  await requireAction(services, actor, 'restoreNode');
  const change = { operation: 'restoreNode', input: parseRestore(input), signed };
  return signedChange(services, actor, change, nodeRestored);
}

/**
 * A node that its peers have banned comes back with the next refresh of a key, once their operators have said so
 * as well. Another person has to approve of it.
 * @throws FORBIDDEN, INVALID_INPUT, and what `signedChange` throws
 */
export async function readmitNode(
  services: Services,
  actor: Actor,
  input: ReadmitNodeInput,
  signed: SignedAction | null | undefined,
): Promise<ChangeRequestRow> {
  await requireAction(services, actor, 'readmitNode');
  const change = { operation: 'readmitNode', input: parseReadmission(input), signed };
  return signedChange(services, actor, change, nodeReadmitted);
}

const recorded =
  (action: 'node.restored' | 'node.readmitted'): Effect<Services> =>
  async (services, tx, { change, subject }) => {
    const { organization, requestedBy: actor } = change;
    await record(services, tx, { organization, actor, action, subject });
  };

export const nodeRestored = recorded('node.restored');
export const nodeReadmitted = recorded('node.readmitted');
