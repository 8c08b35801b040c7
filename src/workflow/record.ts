/** Reading what was recorded: the audit log, the event stream and the signers' health. */
import { PlatformError } from '#core/errors.ts';
import type { Actor } from '#identity/actor.ts';
import type { AuditEntryRow } from '#persistence/audit.ts';
import type { EventRow, EventType } from '#persistence/event.ts';
import type { Page, PageRequest } from '#persistence/page.ts';
import type { Services, SignerCluster } from './services.ts';

export type AuditFilter = { readonly subject?: string | null; readonly action?: string | null };

/** Newest first. @throws FORBIDDEN, INVALID_INPUT */
export async function listAuditEvents(
  _services: Services,
  _actor: Actor,
  _filter: AuditFilter,
  _page: PageRequest,
): Promise<Page<AuditEntryRow>> {
  throw new PlatformError('NOT_CONFIGURED');
}

export type EventQuery = {
  /** The last cursor that was seen; absent: only what comes from now on. */
  readonly after?: string | null;
  readonly types?: readonly EventType[] | null;
  readonly walletId?: string | null;
};

/** Events after a cursor, oldest first, at most 100. @throws FORBIDDEN, INVALID_INPUT */
export async function readEventsAfter(
  _services: Services,
  _actor: Actor,
  _query: EventQuery,
): Promise<readonly EventRow[]> {
  throw new PlatformError('NOT_CONFIGURED');
}

export async function readSigners(
  _services: Services,
  _actor: Actor,
): Promise<Awaited<ReturnType<SignerCluster['health']>>> {
  throw new PlatformError('NOT_CONFIGURED');
}
