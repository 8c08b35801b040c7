/** Registration of a passkey with an invitation, which opens the user's first session. */
import { base64url } from '#core/bytes.ts';
import { PlatformError, invalidInput } from '#core/errors.ts';
import type { CredentialId } from '#core/ids.ts';
import { formatInstant, instant } from '#core/time.ts';
import { genesisOf } from '#mandate/authority/genesis.ts';
import { REGISTRATION_DOMAIN } from '#mandate/ceremony.ts';
import { type EnrolmentOffer, type SignedEnrolment } from '#mandate/enrolment.ts';
import { passkeyChange } from '#mandate/change-input.ts';
import { changeWithInput, parseChange } from '#mandate/change.ts';
import { refuseUnless } from '#mandate/refusal.ts';
import { requireSameStatement } from '#mandate/statement.ts';
import type { CeremonyChallengeRow } from '#persistence/ceremony.ts';
import { type Tx, reader, transaction } from '#persistence/database.ts';
import {
  type InvitationRow,
  type UserRow,
  findCredential,
  findInvitation,
  findInvitationByToken,
  findUser,
  insertCredential,
  useInvitation,
} from '#persistence/identity.ts';
import { findOrganization } from '#persistence/organization.ts';
import { appendGenesis, findAuthority } from './authority.ts';
import { makeChange } from './change-request.ts';
import {
  CEREMONY_LIFETIME_MS,
  type CeremonyAnswer,
  type CeremonyOffer,
  beginCeremony,
  consumeChallenge,
  expectedStatement,
  requireChallenge,
} from './ceremony.ts';
import { parseAttestationResponse } from './passkey-response.ts';
import {
  type Passkey,
  passkeyOptions,
  type RegistrationOptions,
  requirePasskey,
} from './new-passkey.ts';
import { recordRefusal } from './refused-action.ts';
import { type IdentityServices, freshId, record } from './services.ts';
import { type OpenedSession, openSession } from './session.ts';
import { tokenHash } from './token.ts';

/** `enrolment` is absent for the first administrator, whose passkey founds the authority log. */
export type RegistrationOffer = CeremonyOffer<RegistrationOptions> & {
  readonly enrolment?: EnrolmentOffer;
};

/** The invitation stays good until a passkey is registered. @throws INVALID_INPUT */
export async function beginRegistration(
  services: IdentityServices,
  input: { readonly inviteToken: string },
): Promise<RegistrationOffer> {
  const tx = reader(services.db);
  const hash = tokenHash(input.inviteToken);
  const invitation = hash === undefined ? null : await findInvitationByToken(tx, hash);
  requireUsable(services, invitation);
  const user = await requireUser(tx, invitation);
  const options = await passkeyOptions(services, tx, user);
  const offer = await beginCeremony(services, REGISTRATION_DOMAIN, options, invitation.id);
  const state = await findAuthority(tx, user.organization);
  const invited = state?.users.get(user.id);
  if (invited === undefined) return offer;
  return { ...offer, enrolment: enrolmentOffer(services, user, invited.version) };
}

/** What the invited person's client signs with the secret of the link. */
function enrolmentOffer(
  services: IdentityServices,
  { id, organization }: UserRow,
  replaces: number,
): EnrolmentOffer {
  const created = services.clock.now();
  return {
    organization,
    user: id,
    replaces,
    nonce: base64url(services.random(16)),
    created: formatInstant(created),
    expires: formatInstant(instant(created + CEREMONY_LIFETIME_MS)),
  };
}

/** Only who holds the token can tell the three apart. @throws INVALID_INPUT */
function requireUsable(
  services: IdentityServices,
  invitation: InvitationRow | null,
): asserts invitation is InvitationRow {
  if (invitation === null) throw unusable('not an invitation');
  if (invitation.usedAt !== null) throw unusable('this invitation was used already');
  if (invitation.expiresAt <= services.clock.now()) throw unusable('this invitation has expired');
}

const unusable = (reason: string): PlatformError =>
  invalidInput('inviteToken', reason, 'Ask an administrator for a new invitation.');

async function requireUser(tx: Tx, { user: id }: InvitationRow): Promise<UserRow> {
  const user = await findUser(tx, id);
  if (user === null) throw new Error(`the invitation names no user: ${id}`);
  return user;
}

/** `enrolment` is signed with the one-time key that the invitation names. */
export type RegistrationAnswer = CeremonyAnswer & {
  readonly enrolment?: SignedEnrolment | null | undefined;
};

/**
 * Stores the passkey, uses the invitation up and opens a session. The first administrator's passkey
 * founds the organisation's authority log; every other one is let in by a signed change of it.
 * @throws INVALID_INPUT, NOT_FOUND for an unknown challenge, CHALLENGE_USED, CHALLENGE_EXPIRED,
 *   WEBAUTHN_REFUSED, EVIDENCE_REJECTED without the signature of the invitation's key
 */
export async function completeRegistration(
  services: IdentityServices,
  answer: RegistrationAnswer,
): Promise<OpenedSession> {
  const tx = reader(services.db);
  const challenge = await requireChallenge(tx, REGISTRATION_DOMAIN, answer.challengeId);
  const invitation = challenge.invitation && (await findInvitation(tx, challenge.invitation));
  // A challenge without one is of whoever adds a passkey, and signs in with no new one.
  if (!invitation) throw new PlatformError('NOT_FOUND', { field: 'challengeId' });
  const user = await requireUser(tx, invitation);
  try {
    const statement = expectedStatement(services, REGISTRATION_DOMAIN, challenge, answer);
    requireUsable(services, invitation);
    const response = parseAttestationResponse(answer.credential);
    const passkey = await requirePasskey(services, statement, response);
    const { enrolment } = answer;
    return await enroll(services, { challenge, invitation, user, enrolment }, passkey);
  } catch (error) {
    const { organization, id } = user;
    const attempt = { organization, user: id, action: 'registration.refused', subject: id };
    await recordRefusal(services, attempt, error);
    throw error;
  }
}

async function enroll(
  services: IdentityServices,
  begun: {
    readonly challenge: CeremonyChallengeRow;
    readonly invitation: InvitationRow;
    readonly user: UserRow;
    readonly enrolment: RegistrationAnswer['enrolment'];
  },
  passkey: Passkey,
): Promise<OpenedSession> {
  const { challenge, invitation, user, enrolment } = begun;
  return transaction(services.db, async (tx) => {
    const now = services.clock.now();
    await consumeChallenge(tx, challenge, { now });
    if (!(await useInvitation(tx, invitation, now))) throw new PlatformError('CHALLENGE_USED');
    const isNew = (await findCredential(tx, passkey.externalId)) === null;
    refuseUnless(isNew, 'this passkey is registered already');
    await giveAuthority(services, tx, user, { passkey, enrolment });
    const id: CredentialId = freshId(services, 'credential');
    const credential = { ...passkey, id, user: user.id, kind: 'passkey', createdAt: now } as const;
    await insertCredential(tx, credential);
    const { organization } = user;
    const session = await openSession(services, tx, {
      organization,
      user: user.id,
      kind: user.kind,
      credential: id,
    });
    await record(services, tx, {
      organization,
      actor: user.id,
      action: 'credential.registered',
      subject: id,
      detail: {
        session: session.actor.session,
        invitation: invitation.id,
        kind: credential.kind,
        credential: credential.externalId,
        publicKey: base64url(credential.publicKey),
      },
    });
    return session;
  });
}

/**
 * The first passkey of an organisation founds its log. Any other is let in by the change that the
 * invited person's client signed, and that change must name this very passkey.
 */
async function giveAuthority(
  services: IdentityServices,
  tx: Tx,
  user: UserRow,
  { passkey, enrolment }: { passkey: Passkey; enrolment: RegistrationAnswer['enrolment'] },
): Promise<void> {
  const { organization } = user;
  const named = { credential: passkey.externalId, publicKey: base64url(passkey.publicKey) };
  const state = await findAuthority(tx, organization);
  if (state === undefined) {
    const { name } = await findOrganization(tx, organization);
    await appendGenesis(
      tx,
      genesisOf({
        organization,
        name,
        origin: services.origin,
        administrator: {
          id: user.id,
          name: user.name,
          email: user.email ?? '',
          credential: { id: named.credential, publicKey: named.publicKey },
        },
        created: services.clock.now(),
      }),
    );
    return;
  }
  const key = state.users.get(user.id)?.enrolment?.key;
  if (!enrolment || key === undefined) {
    throw new PlatformError('EVIDENCE_REJECTED', {
      field: 'enrolment',
      reason: 'the key of the invitation has not signed it',
      hint: 'Open the whole link, as it was sent.',
    });
  }
  const { statement, signature } = enrolment;
  requireSameStatement(changeWithInput(parseChange(statement), passkeyChange(named)), statement);
  const bare = { authenticatorData: '', clientDataJSON: '' };
  const signed = { statement, credentialId: key, ...bare, signature };
  await makeChange(services, tx, { organization, statement: signed });
}
