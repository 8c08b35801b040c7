/** One way to refuse a WebAuthn response, so that every reason reads alike. */
import { PlatformError } from '#core/errors.ts';

/** `reason` completes "The passkey response was refused: ...". */
export const refused = (reason: string, options?: ErrorOptions): PlatformError =>
  new PlatformError('WEBAUTHN_REFUSED', { reason }, options);

/** @throws WEBAUTHN_REFUSED */
export function refuseUnless(condition: boolean, reason: string): asserts condition {
  if (!condition) throw refused(reason);
}
