/** The users and credentials of a state: finding one, and the state with one more or another one. */
import { invalidInput, PlatformError } from '#core/errors.ts';
import { type UserId, parseId } from '#core/ids.ts';
import type { Role } from '#core/roles.ts';
import { rejectUnless } from './evidence.ts';
import type { GovernedChange } from './governed.ts';
import { hasPermission, type Permission } from '#mandate/permissions.ts';
import {
  type AuthorityState,
  type CredentialState,
  isActivePerson,
  type UserState,
  withEntry,
} from './state.ts';

export const versionOfUser = ({ users }: AuthorityState, subject: string): number =>
  users.get(parseId('user', subject, 'subject'))?.version ?? 0;

/** Every role is one question. */
export const rolesOf = (
  kind: 'assign' | 'withdraw' | 'deactivate' | 'recover',
  target: string,
  roles: readonly Role[],
): readonly GovernedChange[] =>
  roles.map((role) => ({ activity: 'permission-change', kind, target, role }));

export function requireUser({ users }: AuthorityState, id: UserId): UserState {
  const user = users.get(id);
  rejectUnless(user !== undefined, 'subject', 'no such user');
  return user;
}

/**
 * Nothing gives anybody authority in a frozen organisation, so that whoever releases it had theirs
 * before. @throws CHANGE_DENIED
 */
export function requireNotFrozen({ frozen }: AuthorityState): void {
  if (!frozen) return;
  throw new PlatformError('CHANGE_DENIED', {
    reason:
      'the organisation is frozen: two people must release it before anybody is given anything',
  });
}

/**
 * The same of people and their roles, but while a founder is alone: otherwise nobody could ever stand
 * behind the release. @throws CHANGE_DENIED
 */
export function requireMayAppoint(state: AuthorityState): void {
  if (state.shared) requireNotFrozen(state);
}

/**
 * Who may be the one that signs as this person: the person, and whoever asked for the last recovery, who has
 * made its link and could have used it; of recoveries that follow from one, whoever asked for any of them.
 */
export const handsOf = ({ users }: AuthorityState, id: UserId): readonly UserId[] => [
  ...new Set([id, ...(users.get(id)?.recoveredBy ?? [])]),
];

/** Whether one person may be signing as both. Who is brought back by others keeps whom they took over. */
export function isSameHand(state: AuthorityState, one: UserId, other: UserId): boolean {
  const hands = handsOf(state, one);
  return handsOf(state, other).some((hand) => hands.includes(hand));
}

/** Whether the person has ever had a passkey. */
export const hasEnrolled = ({ credentials }: AuthorityState, id: UserId): boolean =>
  [...credentials.values()].some(({ user }) => user === id);

/** @throws INVALID_INPUT for the initiator's own user */
export function requireAnother(userId: UserId, initiator: UserId): void {
  if (userId !== initiator) return;
  throw invalidInput('userId', 'this is your own user', 'Ask another administrator.');
}

/** @throws INVALID_INPUT for who is deactivated */
export function requirePresent(state: AuthorityState, id: UserId): UserState {
  const user = requireUser(state, id);
  if (user.state !== 'deactivated') return user;
  throw invalidInput(
    'userId',
    'the user is deactivated',
    'Invite the person with another e-mail address.',
  );
}

export const withUser = (
  state: AuthorityState,
  subject: string,
  user: UserState,
): AuthorityState => ({
  ...state,
  users: withEntry(state.users, parseId('user', subject), user),
});

/** @throws INVALID_INPUT for one that was registered before, whatever has become of it */
export function withCredential(
  state: AuthorityState,
  id: string,
  credential: Omit<CredentialState, 'version' | 'state'>,
  field: string,
): AuthorityState {
  if (state.credentials.has(id)) {
    throw invalidInput(field, 'it is registered already', 'Make another one.');
  }
  const entry: CredentialState = { ...credential, version: 1, state: 'active' };
  return { ...state, credentials: withEntry(state.credentials, id, entry) };
}

/** Everybody who has an e-mail address and is not deactivated, by that address. */
export const usersByEmail = ({ users }: AuthorityState): ReadonlyMap<string, UserId> =>
  new Map(
    [...users].flatMap(([id, { email, state }]) =>
      email === null || state === 'deactivated' ? [] : [[email, id] as const],
    ),
  );

/** The ids of the credentials with which a user can sign. */
export const activeCredentialsOf = (
  { credentials }: AuthorityState,
  id: UserId,
): readonly string[] =>
  [...credentials].flatMap(([credential, { user, state }]) =>
    user === id && state === 'active' ? [credential] : [],
  );

/** From here on nothing is signed with these. */
export const withoutCredentials = (
  state: AuthorityState,
  ids: readonly string[],
): AuthorityState => {
  const credentials = new Map(state.credentials);
  for (const id of ids) {
    const known = credentials.get(id);
    rejectUnless(known !== undefined, 'subject', 'no such credential');
    credentials.set(id, { ...known, state: 'revoked', version: known.version + 1 });
  }
  return { ...state, credentials };
};

/** An active person, and whether they have a passkey to sign with. */
export const canSign = (state: AuthorityState, id: UserId): boolean =>
  isActivePerson(state, id) && activeCredentialsOf(state, id).length > 0;

/**
 * Whether this person could sign for the release and nobody else could, whoever they are and whatever they
 * are to each other.
 */
export const isOnlyReleaser = (
  state: AuthorityState,
  permission: Permission,
  id: UserId,
): boolean => {
  const able = [...state.users].flatMap(([other, user]) =>
    canSign(state, other) && hasPermission(user, permission) ? [other] : [],
  );
  return able.length === 1 && able[0] === id;
};

/**
 * What a freeze says of who made it; a release takes it back. A founder who is alone yet may appoint the second
 * person while it lasts (`requireMayAppoint`).
 */
export const frozenBy = (
  state: AuthorityState,
  frozen: boolean,
  { permission, initiator }: { readonly permission: Permission; readonly initiator: UserId },
): { readonly frozen: boolean; readonly frozenAlone?: UserId } =>
  frozen && state.shared && isOnlyReleaser(state, permission, initiator)
    ? { frozen, frozenAlone: initiator }
    : { frozen };
