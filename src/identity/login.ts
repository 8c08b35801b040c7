/**
 * Login with a passkey, or with the key of a service account. Nobody learns here whether an address or a passkey is known: an unknown
 * address is offered a made-up passkey, always the same one, and every refusal that depends on what
 * is stored reads alike until a valid signature shows that the owner is asking.
 */
import { createHmac } from 'node:crypto';
import { base64url, concat, parseBase64url, parseHex } from '#core/bytes.ts';
import { canonicalText } from '#core/canonical.ts';
import { relyingPartyOf, requireCeremony } from '#mandate/assertion.ts';
import type { AuthenticatorReport } from '#mandate/authenticator-data.ts';
import { LOGIN_DOMAIN } from '#mandate/ceremony.ts';
import { isSignedBy, parseCredentialKey } from '#mandate/credential-key.ts';
import { refuseUnless } from '#mandate/refusal.ts';
import type { CeremonyChallengeRow } from '#persistence/ceremony.ts';
import { reader, transaction } from '#persistence/database.ts';
import {
  type CredentialRow,
  type UserRow,
  activeCredentialsByEmail,
  findCredential,
  findUser,
} from '#persistence/identity.ts';
import { platformSecret } from '#persistence/platform-secret.ts';
import { isCounterTaken } from '#persistence/user-action.ts';
import {
  CEREMONY_LIFETIME_MS,
  type CeremonyAnswer,
  type CeremonyOffer,
  beginCeremony,
  consumeChallenge,
  expectedStatement,
  requireChallenge,
} from './ceremony.ts';
import { useCredential } from './credential-use.ts';
import { type AssertionResponse, parseAssertionResponse } from './passkey-response.ts';
import { isEmail } from '#mandate/fields.ts';
import { recordRefusal } from './refused-action.ts';
import { type IdentityServices, record } from './services.ts';
import { type OpenedSession, openSession } from './session.ts';
import { isHandleOf } from './user-handle.ts';

/** PublicKeyCredentialRequestOptionsJSON without its challenge. */
export type LoginOptions = {
  readonly rpId: string;
  /** Empty: any passkey that the device holds for this platform. */
  readonly allowCredentials: readonly { readonly type: 'public-key'; readonly id: string }[];
  readonly userVerification: 'required';
  readonly timeout: number;
};

/**
 * A public key that belongs to nobody. A signature that names an unknown passkey is checked against
 * it, so that the answer takes as long as for a known one.
 */
const NOBODYS_KEY = concat(
  parseHex('a5010203262001215820'),
  parseHex('6b17d1f2e12c4247f8bce6e563a440f277037d812deb33a0f4a13945d898c296'),
  parseHex('225820'),
  parseHex('4fe342e2fe1a7f9b8ee7eb4a7c0f9e162bce33576b315ececbb6406837bf51f5'),
);

/** With an e-mail address, its passkeys are named; without, the device offers what it holds. */
export async function beginLogin(
  services: IdentityServices,
  input: { readonly email?: string | null } = {},
): Promise<CeremonyOffer<LoginOptions>> {
  const ids = input.email ? await passkeysOf(services, input.email.toLowerCase()) : [];
  const options: LoginOptions = {
    rpId: relyingPartyOf(services.origin).id,
    allowCredentials: ids.map((id) => ({ type: 'public-key', id })),
    userVerification: 'required',
    timeout: CEREMONY_LIFETIME_MS,
  };
  return beginCeremony(services, LOGIN_DOMAIN, options, null);
}

async function passkeysOf(services: IdentityServices, email: string): Promise<readonly string[]> {
  const tx = reader(services.db);
  const secret = await platformSecret(tx, 'login-decoy', services.random(32));
  const decoy = base64url(new Uint8Array(createHmac('sha256', secret).update(email).digest()));
  // What is no address may hold a character that no text in the database can have.
  const credentials = isEmail(email) ? await activeCredentialsByEmail(tx, email) : [];
  return credentials.length === 0 ? [decoy] : credentials.map(({ externalId }) => externalId);
}

/**
 * @throws INVALID_INPUT, NOT_FOUND for an unknown challenge, CHALLENGE_USED, CHALLENGE_EXPIRED,
 *   WEBAUTHN_REFUSED, CREDENTIAL_CLONED
 */
export async function completeLogin(
  services: IdentityServices,
  answer: CeremonyAnswer,
): Promise<OpenedSession> {
  const response = parseAssertionResponse(answer.credential);
  const tx = reader(services.db);
  const challenge = await requireChallenge(tx, LOGIN_DOMAIN, answer.challengeId);
  const credential = await findCredential(tx, response.credentialId);
  const user = credential && (await findUser(tx, credential.user));
  try {
    const statement = expectedStatement(services, LOGIN_DOMAIN, challenge, answer);
    const report = requireLogin(services, canonicalText(statement), response, { credential, user });
    return await enter(services, challenge, report);
  } catch (error) {
    if (user !== null) {
      const { organization, id } = user;
      const attempt = { organization, user: id, action: 'login.refused', subject: id };
      await recordRefusal(services, attempt, error);
    }
    throw error;
  }
}

type Login = {
  readonly report: AuthenticatorReport;
  readonly credential: CredentialRow;
  readonly user: UserRow;
};

function requireLogin(
  services: IdentityServices,
  statement: string,
  response: AssertionResponse,
  known: { readonly credential: CredentialRow | null; readonly user: UserRow | null },
): Login {
  const relyingParty = relyingPartyOf(services.origin);
  const { kind } = response;
  const { report, message } = requireCeremony({ statement, ...response }, kind, relyingParty);
  const { credential, user } = known;
  const key = parseCredentialKey(credential?.publicKey ?? NOBODYS_KEY);
  const isGenuine = isSignedBy(key, message, parseBase64url(response.signature));
  const { userHandle } = response;
  const isOwn = userHandle === undefined || (user !== null && isHandleOf(userHandle, user.id));
  refuseUnless(
    isGenuine && isOwn && credential?.kind === kind && user !== null,
    'it was not made with a passkey that is registered here',
  );
  refuseUnless(user.state === 'active', 'this user is suspended');
  return { report, credential, user };
}

async function enter(
  services: IdentityServices,
  challenge: CeremonyChallengeRow,
  { report, credential, user }: Login,
): Promise<OpenedSession> {
  return transaction(services.db, async (tx) => {
    const use = { now: services.clock.now(), credential: credential.id, counter: report.counter };
    await consumeChallenge(tx, challenge, use);
    await useCredential(services, tx, credential, report, {
      isTaken: (counter) => isCounterTaken(tx, credential.id, { counter, challenge: challenge.id }),
    });
    const { organization, id, kind } = user;
    const owner = { organization, user: id, kind, credential: credential.id };
    const session = await openSession(services, tx, owner);
    await record(services, tx, {
      organization: user.organization,
      actor: user.id,
      action: 'session.opened',
      subject: session.actor.session,
      detail: { credential: credential.id },
    });
    return session;
  });
}
