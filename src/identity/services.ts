/** What the use cases of this folder work with; the workflow's services are a superset of it. */
import { type Bytes, base64url } from '#core/bytes.ts';
import { type Id, type IdKind, type OrganizationId, type UserId, newId } from '#core/ids.ts';
import type { Instant } from '#core/time.ts';
import { AUDIT_SALT_SIZE, type AuditDetail } from '#core/audit-entry.ts';
import { appendAudit } from '#persistence/audit.ts';
import type { Database, Tx } from '#persistence/database.ts';

export type IdentityServices = {
  readonly db: Database;
  readonly clock: { now(): Instant };
  /** Fresh, uniformly random bytes. */
  readonly random: (size: number) => Bytes;
  /** Scheme, host and port of the page on which people sign; its host is the WebAuthn rpID. */
  readonly origin: string;
};

/** A new id of this kind, made of the present time and ten random bytes. */
export const freshId = <K extends IdKind>(services: IdentityServices, kind: K): Id<K> =>
  newId(kind, services.clock.now(), services.random(10));

const NONCE_BYTES = 32;

/** 32 random bytes in base64url. */
export const freshNonce = (services: IdentityServices): string =>
  base64url(services.random(NONCE_BYTES));

/** Appends an audit entry as of now. Locks the organisation's log: call it last. */
export async function record(
  services: IdentityServices,
  tx: Tx,
  entry: {
    readonly organization: OrganizationId;
    readonly actor: UserId | 'system';
    readonly action: string;
    readonly subject: string;
    readonly detail?: AuditDetail;
  },
): Promise<void> {
  const id = freshId(services, 'audit');
  const salt = services.random(AUDIT_SALT_SIZE);
  await appendAudit(tx, { detail: {}, ...entry, id, at: services.clock.now(), salt });
}
