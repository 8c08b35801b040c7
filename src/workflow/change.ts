/** Changes of authority: reading them, taking one back, and ending those that can never be applied. */
import { PlatformError } from '#core/errors.ts';
import { type ChangeId, parseId } from '#core/ids.ts';
import { requireAction } from '#identity/action.ts';
import type { Actor } from '#identity/actor.ts';
import { requirePermission } from '#mandate/permissions.ts';
import { Approval } from '#persistence/approval.ts';
import { ChangeRequest, type ChangeRequestRow, findChange } from '#persistence/change.ts';
import { reader, transaction } from '#persistence/database.ts';
import { findPage, type Page, type PageRequest } from '#persistence/page.ts';
import type { Services } from './services.ts';
import { endWaiting, lockWaiting, standingOf } from './vote-on-change.ts';

export type ChangeFilter = {
  readonly state?: ChangeRequestRow['state'] | null;
  readonly subject?: string | null;
};

/** Newest first. @throws FORBIDDEN, INVALID_INPUT */
export async function listChanges(
  services: Services,
  actor: Actor,
  { state, subject }: ChangeFilter,
  page: PageRequest,
): Promise<Page<ChangeRequestRow>> {
  requirePermission(actor, 'changes:read');
  const where = {
    organization: actor.organization,
    ...(state ? { state } : {}),
    ...(subject ? { subject } : {}),
  };
  return findPage(reader(services.db), ChangeRequest, where, 'id', page);
}

/** @throws FORBIDDEN, NOT_FOUND, INVALID_INPUT */
export async function readChange(
  services: Services,
  actor: Actor,
  id: string,
): Promise<ChangeRequestRow> {
  requirePermission(actor, 'changes:read');
  const change = await findChange(reader(services.db), actor.organization, parseId('change', id));
  if (change === null) throw new PlatformError('NOT_FOUND', { field: 'id' });
  return change;
}

/**
 * Takes back a change that waits; whoever requested it may. Again is no error.
 * @throws FORBIDDEN, NOT_FOUND, INVALID_INPUT, APPROVAL_CLOSED once it has ended otherwise
 */
export async function withdrawChange(
  services: Services,
  actor: Actor,
  input: { readonly changeId: string },
): Promise<ChangeRequestRow> {
  await requireAction(services, actor, 'withdrawChange');
  const id = parseId('change', input.changeId, 'changeId');
  const { organization, user } = actor;
  const found = await findChange(reader(services.db), organization, id);
  if (found === null) throw new PlatformError('NOT_FOUND', { field: 'changeId' });
  if (found.requestedBy !== user) {
    throw new PlatformError('FORBIDDEN', {
      reason: 'only whoever requested a change takes it back',
    });
  }
  requireWaiting(found);
  return transaction(services.db, async (tx) => {
    const waiting = await lockWaiting(tx, organization, id);
    if (waiting.change.state === 'WITHDRAWN') return waiting.change;
    requireWaiting(waiting.change);
    await endWaiting(services, tx, waiting, { event: 'TAKEN_BACK', actor: user });
    return waiting.change;
  });
}

/** @throws APPROVAL_CLOSED */
function requireWaiting({ state }: ChangeRequestRow): void {
  if (state === 'PENDING_APPROVAL' || state === 'WITHDRAWN') return;
  throw new PlatformError('APPROVAL_CLOSED', { reason: `it is ${state.toLowerCase()}` });
}

const BATCH = 100;

/**
 * Ends the changes that can never be applied: another one has replaced what they replace, the policy that
 * asked for their approvals governs no more, or whoever requested them is gone. Nobody is asked in vain.
 */
export async function endHopelessChanges(services: Services): Promise<void> {
  const open = { state: 'OPEN', change: { $ne: null } } as const;
  const orderBy = { id: 'asc' } as const;
  const approvals = await reader(services.db).find(Approval, open, { orderBy, limit: BATCH });
  for (const { change } of approvals) if (change) await endIfHopeless(services, change);
}

async function endIfHopeless(services: Services, id: ChangeId): Promise<void> {
  await transaction(services.db, async (tx) => {
    const { organization } = await tx.findOneOrFail(ChangeRequest, { id });
    const waiting = await lockWaiting(tx, organization, id);
    if (waiting.approval.state !== 'OPEN') return;
    const standing = standingOf(services, waiting);
    if (standing.kind !== 'over') return;
    await endWaiting(services, tx, waiting, { reason: standing.reason, actor: 'system' });
  });
}
