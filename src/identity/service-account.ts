/**
 * Service accounts: users that are programs. Each has one registered key, signs in and signs actions
 * with it as people do with passkeys, and does what its roles permit, except for what takes a person.
 */
import { base64url } from '#core/bytes.ts';
import { invalidInput } from '#core/errors.ts';
import { parseId } from '#core/ids.ts';
import type { Role } from '#core/roles.ts';
import { parseChange } from '#mandate/change.ts';
import { serviceAccountChange } from '#mandate/change-input.ts';
import { credentialKeyOf, requireUsableKey } from '#mandate/credential-key.ts';
import { parsePersonName, parseRoles } from '#mandate/fields.ts';
import { parseServiceKey, serviceKeyId } from '#mandate/service-key.ts';
import { requireText } from '#mandate/statement.ts';
import type { ChangeRequestRow } from '#persistence/change.ts';
import { findCredential, insertCredential, insertUser } from '#persistence/identity.ts';
import { requireAction } from './action.ts';
import type { Actor } from './actor.ts';
import type { Effect } from './change-request.ts';
import { type IdentityServices, freshId, record } from './services.ts';
import { signedChange } from './signed-change.ts';
import type { SignedAction } from './user-action.ts';

export type ServiceAccountInput = {
  readonly name: string;
  readonly roles: readonly string[];
  /** A DER SubjectPublicKeyInfo in base64url: Ed25519 or P-256. */
  readonly publicKey: string;
};

/** The canonical form: what is signed. Roles stand in the order of `ROLES`. */
export type NewServiceAccount = {
  readonly name: string;
  readonly roles: readonly Role[];
  readonly publicKey: string;
};

/** @throws INVALID_INPUT */
export function parseServiceAccount(input: ServiceAccountInput): NewServiceAccount {
  const key = parseServiceKey(input.publicKey);
  requireUsableKey(key);
  return {
    name: parsePersonName(input.name, 'name'),
    roles: parseRoles(input.roles),
    publicKey: input.publicKey,
  };
}

/**
 * A service account of the actor's organisation, which may sign in at once, or when people have approved
 * of it.
 * @throws FORBIDDEN, INVALID_INPUT, and what `signedChange` throws
 */
export async function createServiceAccount(
  services: IdentityServices,
  actor: Actor,
  input: ServiceAccountInput,
  signed: SignedAction | null | undefined,
): Promise<ChangeRequestRow> {
  await requireAction(services, actor, 'createServiceAccount');
  const account = parseServiceAccount(input);
  const mutation = {
    operation: 'createServiceAccount',
    input: serviceAccountChange(account),
    signed,
  };
  return signedChange(services, actor, mutation, addServiceAccount);
}

/** What follows from the change: a user who may sign in with the key that it names. */
export const addServiceAccount: Effect = async (services, tx, { change, subject, state }) => {
  const id = parseId('user', subject);
  const made = state.users.get(id);
  const { publicKey } = parseChange(change.statement.statement).input;
  const key = parseServiceKey(requireText(publicKey, 'publicKey'));
  const externalId = serviceKeyId(key);
  if (made === undefined) throw new Error(`the log holds no user ${id}`);
  if ((await findCredential(tx, externalId)) !== null) {
    throw invalidInput('publicKey', 'this key is registered already', 'Make another key.');
  }
  const { organization, requestedBy } = change;
  const { name, roles } = made;
  const createdAt = services.clock.now();
  const kind = 'service-account';
  const user = { id, organization, kind, name, email: null, state: 'active', createdAt } as const;
  await insertUser(tx, user, roles);
  await insertCredential(tx, {
    id: freshId(services, 'credential'),
    user: id,
    kind: 'service-key',
    externalId,
    publicKey: credentialKeyOf(key),
    counter: 0,
    backupEligible: false,
    createdAt,
  });
  await record(services, tx, {
    organization,
    actor: requestedBy,
    action: 'service-account.created',
    subject: id,
    detail: { name, roles, key: externalId, publicKey: base64url(credentialKeyOf(key)) },
  });
};
