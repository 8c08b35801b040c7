/**
 * How a passkey is let in. Whoever invites makes a one-time Ed25519 key; the signed invitation names
 * its public half, and the private half travels in the fragment of the link, which no server sees. The
 * invited person's client signs with it that this passkey, and no other, is theirs. Safe in a browser.
 */
import { ed25519 } from '@noble/curves/ed25519.js';
import { type Bytes, base64url, parseBase64url } from '#core/bytes.ts';
import { canonicalText } from '#core/canonical.ts';
import { invalidInput } from '#core/errors.ts';
import { type OrganizationId, parseId, type UserId } from '#core/ids.ts';
import { parseInstant } from '#core/time.ts';
import { passkeyChange } from './change-input.ts';
import { type ChangeStatement, changeStatement } from './change.ts';
import { challengeOf, requireText } from './statement.ts';

/** The secret of an invitation: 32 random bytes. */
export const ENROLMENT_SECRET_BYTES = 32;

/** What the signed invitation names: the Ed25519 public key of the secret, base64url. */
export const enrolmentKeyOf = (secret: Bytes): string => base64url(ed25519.getPublicKey(secret));

/** An invitation as its link carries it: the server's token, and the secret that only people have. */
export const joinInvitation = (token: string, secret: Bytes): string =>
  `${token}.${base64url(secret)}`;

/** The first administrator's has no secret. @throws INVALID_INPUT for a secret that is not whole */
export function splitInvitation(text: string): { readonly token: string; readonly secret?: Bytes } {
  const [token = '', secretText] = text.split('.');
  if (secretText === undefined) return { token };
  const secret = parseBase64url(secretText, 'inviteToken');
  if (secret.length === ENROLMENT_SECRET_BYTES) return { token, secret };
  const hint = 'Open the whole link, as it was sent.';
  throw invalidInput('inviteToken', 'the link is not whole', hint);
}

/** What the server offers to be signed: everything but the passkey. Plain JSON. */
export type EnrolmentOffer = {
  readonly organization: OrganizationId;
  readonly user: UserId;
  readonly replaces: number;
  /** 16 random bytes in base64url. */
  readonly nonce: string;
  readonly created: string;
  readonly expires: string;
};

/** Reads what a server sent. @throws INVALID_INPUT */
export function parseEnrolmentOffer(value: unknown): EnrolmentOffer {
  const offer = value as { readonly [field: string]: string | number };
  const isObject = typeof value === 'object' && value !== null;
  const replaces = isObject ? offer['replaces'] : undefined;
  if (typeof replaces !== 'number') {
    throw invalidInput('enrolment', 'not an offer', 'Begin the registration again.');
  }
  return {
    organization: parseId('organization', offer['organization'], 'enrolment'),
    user: parseId('user', offer['user'], 'enrolment'),
    replaces,
    nonce: requireText(offer['nonce'], 'enrolment'),
    created: requireText(offer['created'], 'enrolment'),
    expires: requireText(offer['expires'], 'enrolment'),
  };
}

/** The change that lets the passkey in. @throws INVALID_INPUT */
export const enrolmentStatement = (
  offer: EnrolmentOffer,
  passkey: { readonly credential: string; readonly publicKey: string },
): ChangeStatement =>
  changeStatement({
    organization: offer.organization,
    operation: 'registerCredential',
    subject: offer.user,
    replaces: offer.replaces,
    input: passkeyChange(passkey),
    initiator: offer.user,
    nonce: parseBase64url(offer.nonce, 'nonce'),
    created: parseInstant(offer.created, 'created'),
    expires: parseInstant(offer.expires, 'expires'),
  });

/** What goes back to the server: the text that was signed, and its signature in base64url. */
export type SignedEnrolment = { readonly statement: string; readonly signature: string };

export const signEnrolment = (statement: ChangeStatement, secret: Bytes): SignedEnrolment => ({
  statement: canonicalText(statement),
  signature: base64url(ed25519.sign(challengeOf(statement), secret)),
});
