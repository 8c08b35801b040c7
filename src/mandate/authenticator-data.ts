/**
 * The authenticator's part of a WebAuthn response. Web Authentication Level 3, section 6.1:
 * rpIdHash (32) | flags (1) | signCount (4, big endian) | attested credential data | extensions.
 */
import { sha256 } from '@noble/hashes/sha2.js';
import { type Bytes, equalBytes, utf8 } from '#core/bytes.ts';
import { endOfItem, isMap } from './cbor.ts';
import { refuseUnless } from './refusal.ts';

const HEADER_BYTES = 37;
const USER_PRESENT = 0x01;
const USER_VERIFIED = 0x04;
const BACKUP_ELIGIBLE = 0x08;
const BACKED_UP = 0x10;
const ATTESTED = 0x40;
const EXTENSIONS = 0x80;

export type AuthenticatorReport = {
  /** How often the authenticator has signed, or 0 where it does not count. */
  readonly counter: number;
  /** The passkey may be synchronised between devices. */
  readonly backupEligible: boolean;
  readonly backedUp: boolean;
};

/**
 * The checks that registration and assertion share: the relying party, the person's presence and
 * verification, and flags that do not contradict each other.
 * @throws WEBAUTHN_REFUSED
 */
export function requireReport(authenticatorData: Bytes, rpId: string): AuthenticatorReport {
  refuseUnless(authenticatorData.length >= HEADER_BYTES, 'the authenticator data is too short');
  const rpIdHash = authenticatorData.subarray(0, 32);
  refuseUnless(equalBytes(rpIdHash, sha256(utf8(rpId))), `it was not made for ${rpId}`);
  const flags = flagsOf(authenticatorData);
  refuseUnless((flags & USER_PRESENT) !== 0, 'nobody was present');
  refuseUnless((flags & USER_VERIFIED) !== 0, 'the person was not verified by PIN or biometrics');
  const backupEligible = (flags & BACKUP_ELIGIBLE) !== 0;
  const backedUp = (flags & BACKED_UP) !== 0;
  refuseUnless(backupEligible || !backedUp, 'it claims a backup of a passkey that cannot have one');
  const view = new DataView(authenticatorData.buffer, authenticatorData.byteOffset + 33, 4);
  return { counter: view.getUint32(0), backupEligible, backedUp };
}

/**
 * The authenticator data of an assertion: no attested credential, and not one byte more than the
 * flags announce.
 * @throws WEBAUTHN_REFUSED
 */
export function requireAssertionReport(
  authenticatorData: Bytes,
  rpId: string,
): AuthenticatorReport {
  const report = requireReport(authenticatorData, rpId);
  const flags = flagsOf(authenticatorData);
  refuseUnless((flags & ATTESTED) === 0, 'an assertion carries no new credential');
  const end = (flags & EXTENSIONS) === 0 ? HEADER_BYTES : endOfExtensions(authenticatorData);
  refuseUnless(end === authenticatorData.length, 'the authenticator data has another length');
  return report;
}

const flagsOf = (authenticatorData: Bytes): number => authenticatorData[32] ?? 0;

function endOfExtensions(authenticatorData: Bytes): number | undefined {
  return isMap(authenticatorData[HEADER_BYTES])
    ? endOfItem(authenticatorData, HEADER_BYTES)
    : undefined;
}
