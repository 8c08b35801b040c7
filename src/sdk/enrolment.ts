/**
 * The client's part of letting a passkey in: the secret of an invitation is made here, travels in the
 * fragment of a link, and signs here. The server sees neither the secret nor a link that holds it.
 */
import { type Bytes, parseBase64url } from '#core/bytes.ts';
import { type AttestedPasskey, attestedPasskey } from '#mandate/attestation.ts';
import {
  enrolmentStatement,
  joinInvitation,
  parseEnrolmentOffer,
  signEnrolment,
  type SignedEnrolment,
  splitInvitation,
} from '#mandate/enrolment.ts';
import type { CreationOptions } from './authenticator.ts';
import type { ChallengeOffer } from './ceremony.ts';
import { asCountersignError, CountersignError } from './error.ts';
import type { Invitation } from './types.ts';
import { requireTimely } from './user-action.ts';

/** `enrolment` is null for the first administrator. */
export type RegistrationOffer = ChallengeOffer<CreationOptions> & { readonly enrolment: unknown };

/** The answer of the server, with the secret in its token and in its link. */
export const withSecret = <Invited extends Invitation>(
  invited: Invited,
  secret: Bytes,
): Invited => ({
  ...invited,
  inviteToken: joinInvitation(invited.inviteToken, secret),
  inviteLink: joinInvitation(invited.inviteLink, secret),
});

/** @throws INVALID_INPUT for a secret that is not whole */
export function invitationOf(text: string): ReturnType<typeof splitInvitation> {
  try {
    return splitInvitation(text);
  } catch (error) {
    throw asCountersignError(error);
  }
}

/**
 * Signs the change that lets the passkey in, where the server asks for it. What is signed names the
 * key in the attestation, which no server can have changed on its way here.
 * @throws INVALID_INPUT without the secret, USER_ACTION_MISMATCH for a time that no honest platform
 *   sends
 */
export function enrol(
  offer: unknown,
  credential: unknown,
  { secret, now }: { readonly secret: Bytes | undefined; readonly now: number },
): { readonly enrolment?: SignedEnrolment } {
  if (offer === null || offer === undefined) return {};
  if (secret === undefined) {
    const message = 'The link of the invitation is not whole: open it as it was sent.';
    throw new CountersignError('INVALID_INPUT', message);
  }
  try {
    const statement = enrolmentStatement(parseEnrolmentOffer(offer), passkeyIn(credential));
    return { enrolment: signEnrolment(requireTimely(statement, now), secret) };
  } catch (error) {
    throw asCountersignError(error);
  }
}

/**
 * The passkey that the browser has made, as changes name it.
 * @throws WEBAUTHN_REFUSED for an answer that holds none
 */
export const passkeyIn = (credential: unknown): AttestedPasskey =>
  attestedPasskey(parseBase64url(attestationOf(credential)));

function attestationOf(credential: unknown): string {
  const { response } = credential as {
    readonly response?: { readonly attestationObject?: unknown };
  };
  return typeof response?.attestationObject === 'string' ? response.attestationObject : '';
}
