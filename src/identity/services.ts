/** What the use cases of this folder work with; the workflow's services are a superset of it. */
import { type Bytes, base64url } from '#core/bytes.ts';
import { type Id, type IdKind, type OrganizationId, type UserId, newId } from '#core/ids.ts';
import type { Role } from '#core/roles.ts';
import type { Instant } from '#core/time.ts';
import { AUDIT_SALT_SIZE, type AuditDetail } from '#core/audit-entry.ts';
import { appendAudit } from '#persistence/audit.ts';
import type { Database, Tx } from '#persistence/database.ts';
import type { ChangeKindOf } from '#policy-lang/change-kinds.ts';
import type { Actor } from './actor.ts';

export type IdentityServices = {
  readonly db: Database;
  readonly clock: { now(): Instant };
  /** Fresh, uniformly random bytes. */
  readonly random: (size: number) => Bytes;
  /** Scheme, host and port of the page on which people sign; its host is the WebAuthn rpID. */
  readonly origin: string;
  /** Asked in the transaction of each change of permissions, after the role's own permission. */
  readonly govern: GovernChange;
};

/**
 * Whether the policy lets a change of permissions happen. The floor of the policies gives it.
 * @throws CHANGE_DENIED, CHANGE_NEEDS_APPROVAL
 */
export type GovernChange = (
  services: IdentityServices,
  tx: Tx,
  actor: Actor,
  change: PermissionChange,
) => Promise<void>;

export type PermissionChange = {
  /** `assign` gives roles to a new user, `deactivate` ends what a user may do. */
  readonly kind: ChangeKindOf<'permission-change'>;
  /** The user: an id, or the e-mail address or the name of one who is new. */
  readonly target: string;
  readonly roles?: readonly Role[];
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
