/**
 * What remains of an attempt that was refused: its own transaction is rolled back, but the audit
 * entry, and the suspension of a copied passkey, must stay.
 */
import { type ErrorCode, type PlatformError, isPlatformError } from '#core/errors.ts';
import { type OrganizationId, type UserId, parseId } from '#core/ids.ts';
import { transaction } from '#persistence/database.ts';
import { suspendCredential } from '#persistence/identity.ts';
import { revokeSessionsOf } from '#persistence/session.ts';
import { type IdentityServices, record } from './services.ts';

const RECORDED: ReadonlySet<ErrorCode> = new Set<ErrorCode>([
  'USER_ACTION_MISMATCH',
  'CHALLENGE_USED',
  'CHALLENGE_EXPIRED',
  'WEBAUTHN_REFUSED',
  'CREDENTIAL_CLONED',
]);

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
  const { organization, user, action, subject } = attempt;
  await transaction(services.db, async (tx) => {
    const isSuspended = error.code === 'CREDENTIAL_CLONED' && (await suspend(services, tx, error));
    const detail = { ...attempt.detail, code: error.code, reason: reasonOf(error) };
    await record(services, tx, { organization, actor: user, action, subject, detail });
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

/** Whoever held the copy may hold sessions as well, so those that the passkey opened end too. */
async function suspend(
  services: IdentityServices,
  tx: Parameters<typeof suspendCredential>[0],
  error: PlatformError,
): Promise<boolean> {
  const credential = credentialOf(error);
  const isSuspended = await suspendCredential(tx, credential);
  await revokeSessionsOf(tx, credential, services.clock.now());
  return isSuspended;
}

const credentialOf = (error: PlatformError) => parseId('credential', error.context['credential']);

const reasonOf = (error: PlatformError): string => String(error.context['reason'] ?? '');
