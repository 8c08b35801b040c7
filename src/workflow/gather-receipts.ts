/**
 * A change that is applied is brought to the nodes; it is effective once a quorum of them has it in
 * writing. What the nodes signed is kept, because a client believes them and not this platform.
 */
import { isPlatformError } from '#core/errors.ts';
import type { ChangeId, OrganizationId } from '#core/ids.ts';
import { HOUR_MS, instant, SECOND_MS } from '#core/time.ts';
import { appendChangeEvent, moveChange } from '#identity/change-request.ts';
import { quorumOf } from '#mandate/quorum.ts';
import { partyOf } from '#mandate/receipt-text.ts';
import { ChangeRequest, type StoredReceipts } from '#persistence/change.ts';
import { reader, transaction } from '#persistence/database.ts';
import { receiptsOfAuthority } from './bring-authority.ts';
import { Rounds } from './rounds.ts';
import type { Services } from './services.ts';

const RETRY_MAX_MS = HOUR_MS;

/** All changes of an organisation that wait at one moment wait for the same receipts. */
const ROUNDS = new WeakMap<Services['cluster'], Map<OrganizationId, Rounds<void>>>();

export async function gatherReceipts(services: Services, id: ChangeId): Promise<void> {
  const change = await reader(services.db).findOneOrFail(ChangeRequest, { id });
  if (change.state !== 'APPLIED') return;
  const { organization } = change;
  const rounds = ROUNDS.get(services.cluster) ?? new Map<OrganizationId, Rounds<void>>();
  ROUNDS.set(services.cluster, rounds);
  const known = rounds.get(organization);
  const round = known ?? new Rounds(() => gatherFor(services, organization));
  rounds.set(organization, round);
  await round.join();
}

async function gatherFor(services: Services, organization: OrganizationId): Promise<void> {
  const found = await receiptsOfAuthority(services, organization);
  if (found === undefined) return;
  const { head, receipts } = found;
  const isQuorum = await isEnough(services, new Set(receipts.map(partyOf)).size);
  await keep(services, organization, { ...head, receipts }, isQuorum);
}

async function isEnough({ cluster }: Services, count: number): Promise<boolean> {
  try {
    const { threshold, parties } = await cluster.committee();
    return count >= quorumOf({ threshold, members: parties.length });
  } catch (error) {
    if (!isPlatformError(error, 'SIGNERS_UNAVAILABLE')) throw error;
    return false;
  }
}

async function keep(
  services: Services,
  organization: OrganizationId,
  receipts: StoredReceipts,
  isQuorum: boolean,
): Promise<void> {
  await transaction(services.db, async (tx) => {
    const where = {
      organization,
      state: 'APPLIED',
      sequence: { $lte: receipts.sequence },
    } as const;
    const changes = await tx.find(ChangeRequest, where, { orderBy: { id: 'asc' } });
    const now = services.clock.now();
    for (const change of changes) {
      change.receipts = receipts;
      if (isQuorum) {
        moveChange(change, 'RECEIPTED');
        change.effectiveAt = now;
        change.dueAt = null;
      } else {
        const delayMs = SECOND_MS * 2 ** Math.min(change.attempts, 12);
        change.dueAt = instant(now + Math.min(delayMs, RETRY_MAX_MS));
        change.attempts += 1;
      }
    }
    await tx.flush();
    if (isQuorum) for (const change of changes) await appendChangeEvent(services, tx, change);
  });
}
