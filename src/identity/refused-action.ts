/**
 * What remains of an attempt that was refused: its own transaction is rolled back, but the audit
 * entry, and the suspension of a copied passkey, must stay. Somebody who tries the same again and
 * again leaves one entry a minute, which says how often it was tried.
 */
import { type ErrorCode, type ErrorContext, PlatformError, isPlatformError } from '#core/errors.ts';
import { type OrganizationId, type UserId, parseId } from '#core/ids.ts';
import { MINUTE_MS } from '#core/time.ts';
import type { AuditDetail } from '#core/audit-entry.ts';
import { type Tx, transaction } from '#persistence/database.ts';
import { suspendCredential } from '#persistence/identity.ts';
import { countRefusal } from '#persistence/refusal.ts';
import { revokeSessionsOf } from '#persistence/session.ts';
import { type IdentityServices, record } from './services.ts';

const RECORDED: ReadonlySet<ErrorCode> = new Set<ErrorCode>([
  'FORBIDDEN',
  'USER_ACTION_MISMATCH',
  'CHALLENGE_USED',
  'CHALLENGE_EXPIRED',
  'WEBAUTHN_REFUSED',
  'CREDENTIAL_CLONED',
  'CHANGE_DENIED',
  'CHANGE_NEEDS_APPROVAL',
  'EVIDENCE_REJECTED',
]);

/** A change that the policy refuses; why is kept with the refusal. */
export class RefusedChange extends PlatformError {
  /** Writes the policy's decision. */
  readonly keep: (tx: Tx) => void;

  constructor(
    code: 'CHANGE_DENIED' | 'CHANGE_NEEDS_APPROVAL',
    context: ErrorContext,
    keep: (tx: Tx) => void,
  ) {
    super(code, context);
    this.keep = keep;
  }
}

/** Within this time the same refusal of the same user is counted, not recorded again. */
export const REFUSAL_WINDOW_MS = MINUTE_MS;

export type Attempt = {
  readonly organization: OrganizationId;
  readonly user: UserId;
  /** What was refused, e.g. `login.refused`. */
  readonly action: string;
  readonly subject: string;
  readonly detail?: { readonly [field: string]: string };
};

/**
 * Records a refusal in a transaction of its own; anything else passes unrecorded. Call it after the
 * attempt's transaction has ended: the rows that it held are needed here.
 */
export async function recordRefusal(
  services: IdentityServices,
  attempt: Attempt,
  error: unknown,
): Promise<void> {
  if (!isPlatformError(error) || !RECORDED.has(error.code)) return;
  const { organization, user } = attempt;
  await transaction(services.db, async (tx) => {
    const isSuspended = error.code === 'CREDENTIAL_CLONED' && (await suspend(services, tx, error));
    if (error instanceof RefusedChange) error.keep(tx);
    await appendRefusal(services, tx, attempt, error);
    if (!isSuspended) return;
    await record(services, tx, {
      organization,
      actor: 'system',
      action: 'credential.suspended',
      subject: credentialOf(error),
      detail: { user },
    });
  });
}

/**
 * The audit entry of a refusal, in the caller's transaction. `detail.repeats`, where it is above
 * zero, says how many like it came since the entry before and were left out.
 */
export async function appendRefusal(
  services: IdentityServices,
  tx: Tx,
  attempt: Attempt,
  error: PlatformError,
): Promise<void> {
  const { organization, user, action, subject } = attempt;
  const { code } = error;
  const key = { user, action, subject, operation: attempt.detail?.['operation'] ?? '', code };
  const repeats = await countRefusal(tx, key, services.clock.now(), REFUSAL_WINDOW_MS);
  if (repeats === undefined) return;
  const detail: AuditDetail = { ...attempt.detail, code, reason: reasonOf(error) };
  const counted: AuditDetail = repeats === 0 ? detail : { ...detail, repeats };
  await record(services, tx, { organization, actor: user, action, subject, detail: counted });
}

/** Whoever held the copy may hold sessions as well, so those that the passkey opened end too. */
async function suspend(services: IdentityServices, tx: Tx, error: PlatformError): Promise<boolean> {
  const credential = credentialOf(error);
  const isSuspended = await suspendCredential(tx, credential);
  await revokeSessionsOf(tx, { credential }, services.clock.now());
  return isSuspended;
}

const credentialOf = (error: PlatformError) => parseId('credential', error.context['credential']);

const reasonOf = (error: PlatformError): string => String(error.context['reason'] ?? '');
