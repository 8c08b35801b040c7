/**
 * People of a test: each has a software passkey, was invited and registered as anybody is, and signs
 * what a use case asks for. The client's half of each ceremony is done here as the SDK does it.
 */
import { randomBytes } from 'node:crypto';
import { type Bytes, base64url } from '#core/bytes.ts';
import type { Statement } from '#core/canonical.ts';
import { newId } from '#core/ids.ts';
import type { Role } from '#core/roles.ts';
import type { Actor } from '#identity/actor.ts';
import { type Invited, type InviteInput, inviteUser, parseInvite } from '#identity/invitation.ts';
import { beginLogin, completeLogin } from '#identity/login.ts';
import { createOrganization } from '#identity/organization.ts';
import {
  beginRegistration,
  completeRegistration,
  type RegistrationAnswer,
} from '#identity/registration.ts';
import type { IdentityServices } from '#identity/services.ts';
import type { OpenedSession } from '#identity/session.ts';
import { type BegunAction, type SignedAction, beginChallenge } from '#identity/user-action.ts';
import { LOGIN_DOMAIN, REGISTRATION_DOMAIN, answerCeremony } from '#mandate/ceremony.ts';
import { invitationChange } from '#mandate/change-input.ts';
import { changeStatement } from '#mandate/change.ts';
import {
  enrolmentKeyOf,
  enrolmentStatement,
  joinInvitation,
  signEnrolment,
  splitInvitation,
} from '#mandate/enrolment.ts';
import { optionsFor } from '#mandate/statement.ts';
import type { ChangeRequestRow } from '#persistence/change.ts';
import { instant } from '#core/time.ts';
import { coseKeyOf, SoftwareAuthenticator, type Tampering } from './authenticator.ts';

const OPERATOR_TOKEN = 'the operator token of this test';

export type Person = {
  readonly actor: Actor;
  readonly token: string;
  readonly authenticator: SoftwareAuthenticator;
};

const fresh = (size: number): Bytes => new Uint8Array(randomBytes(size));

/** An organisation with its administrator, who is signed in. */
export async function foundOrganization(services: IdentityServices, name = 'Acme') {
  const token = { own: OPERATOR_TOKEN, sent: OPERATOR_TOKEN };
  const input = { name, adminName: 'Ada' };
  const { organization, administrator } = await createOrganization(services, token, input);
  return { organization, admin: await register(services, administrator.token) };
}

/** Registers a new passkey with an invitation: a token, and the secret where it has one. */
export async function register(
  services: IdentityServices,
  invitation: string,
  authenticator = new SoftwareAuthenticator({ origin: services.origin }),
  tampering: Tampering = {},
): Promise<Person> {
  const answer = await answerRegistration(services, invitation, authenticator, tampering);
  const session = await completeRegistration(services, answer);
  return { actor: session.actor, token: session.token, authenticator };
}

/** The client's half of a registration, ready to be sent. */
export async function answerRegistration(
  services: IdentityServices,
  invitation: string,
  authenticator: SoftwareAuthenticator,
  tampering: Tampering = {},
): Promise<RegistrationAnswer> {
  const { token: inviteToken, secret } = splitInvitation(invitation);
  const offer = await beginRegistration(services, { inviteToken });
  const own = { clientNonce: fresh(32), origin: services.origin };
  const { clientNonce, options } = answerCeremony(REGISTRATION_DOMAIN, offer, own);
  const credential = await authenticator.create(mutable(options), tampering);
  const { challengeId, enrolment } = offer;
  const answer = { challengeId, clientNonce, credential };
  if (enrolment === undefined || secret === undefined) return answer;
  // The passkey as it is, also where the attestation was tampered with.
  const made = authenticator.credentials.at(-1);
  if (made === undefined) throw new Error('the authenticator made no passkey');
  const passkey = { credential: made.id, publicKey: base64url(coseKeyOf(made)) };
  const statement = enrolmentStatement(enrolment, passkey);
  return { ...answer, enrolment: signEnrolment(statement, secret) };
}

export async function login(
  services: IdentityServices,
  authenticator: SoftwareAuthenticator,
  tampering: Tampering = {},
): Promise<OpenedSession> {
  return completeLogin(services, await answerLogin(services, authenticator, tampering));
}

/** The client's half of a login, ready to be sent. */
export async function answerLogin(
  services: IdentityServices,
  authenticator: SoftwareAuthenticator,
  tampering: Tampering = {},
) {
  const offer = await beginLogin(services);
  const own = { clientNonce: fresh(32), origin: services.origin };
  const { clientNonce, options } = answerCeremony(LOGIN_DOMAIN, offer, own);
  const credential = await authenticator.get(mutable(options), tampering);
  return { challengeId: offer.challengeId, clientNonce, credential };
}

/** Signs a begun action as it is. The SDK first compares it with what the person entered. */
export async function sign(
  { authenticator }: Pick<Person, 'authenticator'>,
  begun: BegunAction,
  tampering: Tampering = {},
): Promise<SignedAction> {
  const statement = JSON.parse(begun.intent) as Statement;
  const options = optionsFor(begun.options, statement);
  const credential = await authenticator.get(mutable(options), tampering);
  return { challengeId: begun.challengeId, credential };
}

/** Begins an invitation as `beginUserAction` does. */
export async function beginInvite(
  services: IdentityServices,
  admin: Person,
  person: Omit<InviteInput, 'enrolmentKey'> & Partial<InviteInput>,
): Promise<BegunAction> {
  const input = { enrolmentKey: enrolmentKeyOf(fresh(32)), ...person };
  const created = services.clock.now();
  const statement = changeStatement({
    organization: admin.actor.organization,
    operation: 'inviteUser',
    subject: newId('user', created, fresh(10)),
    replaces: 0,
    input: invitationChange(parseInvite(input)),
    initiator: admin.actor.user,
    nonce: services.random(16),
    created,
    expires: instant(created + 300_000),
  });
  return beginChallenge(services, admin.actor, 'inviteUser', statement);
}

/** An invitation as its link carries it beside what the server answered. */
export type SentInvitation = Invited & {
  readonly invitation: string;
  readonly change: ChangeRequestRow;
};

export async function invite(
  services: IdentityServices,
  admin: Person,
  person: Omit<InviteInput, 'enrolmentKey'>,
): Promise<SentInvitation> {
  const secret = fresh(32);
  const input = { ...person, enrolmentKey: enrolmentKeyOf(secret) };
  const signed = await sign(admin, await beginInvite(services, admin, input));
  const invited = await inviteUser(services, admin.actor, input, signed);
  return { ...invited, invitation: joinInvitation(invited.token, secret) };
}

/** Invites a colleague by the name's address: `inviteNamed(services, ada, 'Bob', 'compliance')`. */
export const inviteNamed = (
  services: IdentityServices,
  admin: Person,
  name: string,
  ...roles: Role[]
): Promise<SentInvitation> =>
  invite(services, admin, { name, email: `${name.toLowerCase()}@acme.example`, roles });

/**
 * Invites and registers a colleague: `join(services, ada, 'Alice', 'finance-operator')`. Who gets
 * authority over others joins so only where the administrator is alone (`appoint` of `acme.ts`).
 */
export async function join(
  services: IdentityServices,
  admin: Person,
  name: string,
  ...roles: Role[]
): Promise<Person> {
  return register(services, (await inviteNamed(services, admin, name, ...roles)).invitation);
}

/** An actor of no stored session, for what must refuse him. */
export function stranger(organization: Actor['organization'], ...roles: Role[]): Actor {
  const user = newId('user', 0, fresh(10));
  const session = newId('session', 0, fresh(10));
  return { organization, user, kind: 'person', session, roles };
}

/** The library's option types are mutable. */
const mutable = <T>(options: T) => options as Mutable<T>;
type Mutable<T> = T extends string | number | boolean
  ? T
  : { -readonly [K in keyof T]: Mutable<T[K]> };

export const nonce = (): string => base64url(fresh(32));
