/**
 * One use of a passkey whose signature is valid: is the passkey still trusted, and does its counter
 * say that no copy of it exists?
 */
import { PlatformError } from '#core/errors.ts';
import type { AuthenticatorReport } from '#mandate/authenticator-data.ts';
import { refuseUnless } from '#mandate/refusal.ts';
import type { Tx } from '#persistence/database.ts';
import { type CredentialRow, lockCredential, recordUse } from '#persistence/identity.ts';
import type { IdentityServices } from './services.ts';

export type CounterRule = {
  /**
   * The signature was made after the passkey had reached this counter, so an honest one is higher.
   * Absent: the highest counter seen so far.
   */
  readonly floor?: number | undefined;
  /** Whether another accepted signature carried this counter. */
  readonly isTaken: (counter: number) => Promise<boolean>;
};

/**
 * Holds the credential's row to the end of the transaction. A passkey that never counts stays at
 * zero, which is no sign of a copy (Web Authentication Level 3, section 6.1.1).
 * @throws WEBAUTHN_REFUSED when it is suspended, CREDENTIAL_CLONED when its counter went back
 */
export async function useCredential(
  services: IdentityServices,
  tx: Tx,
  found: CredentialRow,
  report: AuthenticatorReport,
  rule: CounterRule,
): Promise<void> {
  const credential = await lockCredential(tx, found.id);
  refuseUnless(credential.state === 'active', `this passkey is ${credential.state}`);
  const known = credential.backupEligible ?? report.backupEligible;
  const isSameKind = report.backupEligible === known;
  refuseUnless(isSameKind, 'the passkey changed its kind since it was registered');
  const { counter } = report;
  const isCounting = counter > 0 || credential.counter > 0;
  const isStale = counter <= (rule.floor ?? credential.counter);
  if (isCounting && (isStale || (await rule.isTaken(counter)))) {
    throw new PlatformError('CREDENTIAL_CLONED', { credential: credential.id });
  }
  await recordUse(tx, credential, report, services.clock.now());
}
