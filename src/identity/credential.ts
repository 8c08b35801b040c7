/** What a person signs with, after the first passkey: another one, and the end of one. */
import { base64url, parseBase64url } from '#core/bytes.ts';
import { PlatformError } from '#core/errors.ts';
import type { CredentialId } from '#core/ids.ts';
import { parseCredentialId, type NewPasskey, readPasskey } from '#mandate/authority/inputs.ts';
import { REGISTRATION_DOMAIN } from '#mandate/ceremony.ts';
import { passkeyChange, revocationChange } from '#mandate/change-input.ts';
import { parseChange } from '#mandate/change.ts';
import type { ChangeRequestRow } from '#persistence/change.ts';
import { reader, type Tx } from '#persistence/database.ts';
import {
  findCredential,
  findUser,
  insertCredential,
  revokeCredentials,
} from '#persistence/identity.ts';
import { revokeSessionsOf } from '#persistence/session.ts';
import { requireAction } from './action.ts';
import type { Actor } from './actor.ts';
import {
  beginCeremony,
  type CeremonyAnswer,
  type CeremonyOffer,
  expectedStatement,
  requireChallenge,
} from './ceremony.ts';
import type { Effect } from './change-request.ts';
import { passkeyOptions, type RegistrationOptions, requirePasskey } from './new-passkey.ts';
import { parseAttestationResponse } from './passkey-response.ts';
import { freshId, type IdentityServices, record } from './services.ts';
import { signedChange } from './signed-change.ts';
import type { SignedAction } from './user-action.ts';

/** What the browser makes the new passkey with. @throws FORBIDDEN for a service account */
export async function beginAddCredential(
  services: IdentityServices,
  actor: Actor,
): Promise<CeremonyOffer<RegistrationOptions>> {
  await requireAction(services, actor, 'addCredential');
  const tx = reader(services.db);
  const user = await findUser(tx, actor.user);
  if (user === null) throw new Error(`a session names the unknown user ${actor.user}`);
  const options = await passkeyOptions(services, tx, user);
  return beginCeremony(services, REGISTRATION_DOMAIN, options, null);
}

/**
 * The passkey in the answer to `beginAddCredential`, as the change names it. The challenge is not used up:
 * a passkey is registered once.
 * @throws NOT_FOUND for an unknown challenge, CHALLENGE_EXPIRED, WEBAUTHN_REFUSED
 */
export async function parseNewCredential(
  services: IdentityServices,
  answer: CeremonyAnswer,
): Promise<NewPasskey> {
  const tx = reader(services.db);
  const challenge = await requireChallenge(tx, REGISTRATION_DOMAIN, answer.challengeId);
  if (challenge.invitation !== null) throw new PlatformError('NOT_FOUND', { field: 'challengeId' });
  const statement = expectedStatement(services, REGISTRATION_DOMAIN, challenge, answer);
  const response = parseAttestationResponse(answer.credential);
  const { externalId, publicKey } = await requirePasskey(services, statement, response);
  return { credential: externalId, publicKey: base64url(publicKey) };
}

/**
 * One more passkey of the actor, who signs with one that is there.
 * @throws FORBIDDEN, INVALID_INPUT, and what `parseNewCredential` and `signedChange` throw
 */
export async function addCredential(
  services: IdentityServices,
  actor: Actor,
  answer: CeremonyAnswer,
  signed: SignedAction | null | undefined,
): Promise<{ readonly change: ChangeRequestRow; readonly externalId: string }> {
  await requireAction(services, actor, 'addCredential');
  const passkey = await parseNewCredential(services, answer);
  const mutation = { operation: 'addCredential', input: passkeyChange(passkey), signed };
  const change = await signedChange(services, actor, mutation, insertAdded);
  return { change, externalId: passkey.credential };
}

/** Its counter, and whether it is copied between devices, its first signature says. */
export const insertAdded: Effect = async (services, tx, { change, statement }) => {
  const { input, initiator: user } = parseChange(statement.statement);
  const { credential: externalId, publicKey } = readPasskey(input);
  if ((await findCredential(tx, externalId)) !== null) {
    // It is of another organisation: the log of this one would have said so.
    throw new PlatformError('INVALID_INPUT', { field: 'credential', reason: 'it is registered' });
  }
  const id: CredentialId = freshId(services, 'credential');
  await insertCredential(tx, {
    id,
    user,
    kind: 'passkey',
    externalId,
    publicKey: parseBase64url(publicKey, 'publicKey'),
    counter: 0,
    backupEligible: null,
    createdAt: services.clock.now(),
  });
  const { organization, requestedBy: actor } = change;
  const detail = { kind: 'passkey', credential: externalId, publicKey };
  await record(services, tx, {
    organization,
    actor,
    action: 'credential.registered',
    subject: id,
    detail,
  });
};

export type RevokeCredentialInput = { readonly credentialId: string };

/** The canonical form: what is signed. @throws INVALID_INPUT */
export const parseRevocation = ({ credentialId }: RevokeCredentialInput) => ({
  credential: parseCredentialId(credentialId),
});

/** @throws NOT_FOUND for a credential of nobody in the actor's organisation */
export async function requireOwnCredential(
  tx: Tx,
  { organization }: Actor,
  externalId: string,
): Promise<void> {
  const found = await findCredential(tx, externalId);
  const owner = found && (await findUser(tx, found.user));
  if (owner?.organization === organization) return;
  throw new PlatformError('NOT_FOUND', { field: 'credentialId' });
}

/**
 * From here on nothing is signed with it, and the sessions that it opened end. Everybody may end one of
 * their own, but not the last; somebody else's takes the permission.
 * @throws FORBIDDEN, INVALID_INPUT, NOT_FOUND, and what `signedChange` throws
 */
export async function revokeCredential(
  services: IdentityServices,
  actor: Actor,
  input: RevokeCredentialInput,
  signed: SignedAction | null | undefined,
): Promise<ChangeRequestRow> {
  await requireAction(services, actor, 'revokeCredential');
  const choice = parseRevocation(input);
  await requireOwnCredential(reader(services.db), actor, choice.credential);
  const change = { operation: 'revokeCredential', input: revocationChange(choice), signed };
  return signedChange(services, actor, change, endRevoked);
}

export const endRevoked: Effect = async (services, tx, { change, subject }) => {
  const credential = await findCredential(tx, subject);
  if (credential === null) throw new Error(`the log revokes the unknown credential ${subject}`);
  await revokeCredentials(tx, { id: credential.id });
  await revokeSessionsOf(tx, { credential: credential.id }, services.clock.now());
  const { organization, requestedBy: actor } = change;
  const detail = { user: credential.user, credential: subject };
  await record(services, tx, {
    organization,
    actor,
    action: 'credential.revoked',
    subject: credential.id,
    detail,
  });
};
