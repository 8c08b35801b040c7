/** Reading what was recorded: the audit log, the event stream and the signers' health. */
import { invalidInput } from '#core/errors.ts';
import { parseId } from '#core/ids.ts';
import type { Actor } from '#identity/actor.ts';
import { requirePermission } from '#mandate/permissions.ts';
import type { LogProof } from '#mandate/log-proof.ts';
import { type AuditCheckpointRow, latestCheckpoint } from '#persistence/audit-tree.ts';
import { AuditEntry, type AuditEntryRow } from '#persistence/audit.ts';
import { reader } from '#persistence/database.ts';
import { type EventRow, type EventType, latestCursor, readEvents } from '#persistence/event.ts';
import { findPage, type Page, type PageRequest } from '#persistence/page.ts';
import type { NodeHealth } from '#cluster-client/signer-cluster.ts';
import { proofOf } from './checkpoint.ts';
import type { Services } from './services.ts';

export type AuditFilter = { readonly subject?: string | null; readonly action?: string | null };

/** No subject or action has another character. */
const PRINTABLE = /^[!-~]{1,128}$/;

/** Newest first. @throws FORBIDDEN, INVALID_INPUT */
export async function listAuditEvents(
  services: Services,
  actor: Actor,
  filter: AuditFilter,
  page: PageRequest,
): Promise<Page<AuditEntryRow>> {
  requirePermission(actor, 'audit:read');
  for (const [name, text] of Object.entries(filter)) {
    if (!text || PRINTABLE.test(text)) continue;
    const hint = 'Use 1 to 128 printable ASCII characters without spaces.';
    throw invalidInput(`filter.${name}`, 'not an identifier', hint);
  }
  const where = {
    organization: actor.organization,
    ...(filter.subject ? { subject: filter.subject } : {}),
    ...(filter.action ? { action: filter.action } : {}),
  };
  return findPage(reader(services.db), AuditEntry, where, 'sequence', page);
}

/** @throws FORBIDDEN, NOT_FOUND, and what `proofOf` throws */
export async function proveEntry(services: Services, actor: Actor, id: string): Promise<LogProof> {
  requirePermission(actor, 'audit:read');
  return proofOf(services, actor.organization, [parseId('audit', id, 'id')]);
}

/** The newest checkpoint. @throws FORBIDDEN */
export async function readCheckpoint(
  services: Services,
  actor: Actor,
): Promise<AuditCheckpointRow | undefined> {
  requirePermission(actor, 'audit:read');
  return latestCheckpoint({ tx: reader(services.db), organization: actor.organization });
}

export type EventQuery = {
  /** The last cursor that was seen; `0` for everything. */
  readonly after: string;
  readonly types?: readonly EventType[] | null;
  readonly walletId?: string | null;
};

export const EVENTS_MAX = 100;

/** Events after a cursor, oldest first, at most 100. @throws FORBIDDEN, INVALID_INPUT */
export async function readEventsAfter(
  services: Services,
  actor: Actor,
  query: EventQuery,
): Promise<readonly EventRow[]> {
  requirePermission(actor, 'transfers:read');
  if (!/^\d{1,15}$/.test(query.after)) {
    throw invalidInput('after', 'not a cursor', 'Send the cursor of an event, or 0.');
  }
  return readEvents(reader(services.db), {
    organization: actor.organization,
    after: Number(query.after),
    limit: EVENTS_MAX,
    ...(query.types ? { types: query.types } : {}),
    ...(query.walletId ? { wallet: parseId('wallet', query.walletId, 'walletId') } : {}),
  });
}

/** The cursor of the newest event: where a new subscriber begins. @throws FORBIDDEN */
export async function readLatestCursor(services: Services, actor: Actor): Promise<string> {
  requirePermission(actor, 'transfers:read');
  return String(await latestCursor(reader(services.db), actor.organization));
}

/** @throws FORBIDDEN */
export async function readSigners(
  services: Services,
  actor: Actor,
): Promise<readonly NodeHealth[]> {
  requirePermission(actor, 'wallets:read');
  return services.cluster.health();
}
