/** Changes of who belongs to an organisation: people, their passkeys, and service accounts. */
import { base64url } from '#core/bytes.ts';
import { invalidInput } from '#core/errors.ts';
import { type UserId, parseId } from '#core/ids.ts';
import type { Role } from '#core/roles.ts';
import { DAY_MS, instant } from '#core/time.ts';
import { rejectUnless } from './evidence.ts';
import type { GovernedChange } from './governed.ts';
import { readDeactivation, readInvitation, readPasskey, readServiceAccount } from './inputs.ts';
import { type ChangeContext, type Kind, ungoverned } from './kind.ts';
import { type AuthorityState, type CredentialState, type UserState, withEntry } from './state.ts';

/** How long a one-time key lets a passkey in. */
export const ENROLMENT_LIFETIME_MS = 7 * DAY_MS;

const versionOfUser = ({ users }: AuthorityState, subject: string): number =>
  users.get(parseId('user', subject, 'subject'))?.version ?? 0;

/** Every role that is given is one question. */
const assignments = (target: string, roles: readonly Role[]): readonly GovernedChange[] =>
  roles.map((role) => ({ activity: 'permission-change', kind: 'assign', target, role }));

export const inviteUser: Kind = {
  permission: 'users:invite',
  peopleOnly: true,
  versionOf: versionOfUser,
  read: (input) => {
    const { name, email, roles, enrolmentKey } = readInvitation(input);
    return {
      parts: () => assignments(email, roles),
      apply: (state, { subject, version, at }) => {
        requireNew(version);
        if ([...state.users.values()].some((user) => user.email === email)) {
          throw invalidInput('email', 'a user has this address already', 'Use another address.');
        }
        const expires = instant(at + ENROLMENT_LIFETIME_MS);
        const enrolment = { key: enrolmentKey, expires };
        const user = { kind: 'person', name, email, state: 'invited', roles, enrolment } as const;
        return withUser(state, subject, { ...user, version });
      },
    };
  },
};

export const createServiceAccount: Kind = {
  permission: 'users:invite',
  peopleOnly: true,
  versionOf: versionOfUser,
  read: (input) => {
    const { name, roles, credentialId, publicKey } = readServiceAccount(input);
    return {
      parts: () => assignments(name, roles),
      apply: (state, { subject, version }) => {
        requireNew(version);
        const account = { kind: 'service-account', name, email: null, state: 'active' } as const;
        const user = parseId('user', subject);
        const key = { user, kind: 'service-key', publicKey: base64url(publicKey) } as const;
        const added = withCredential(state, credentialId, key, 'publicKey');
        return withUser(added, subject, { ...account, roles, version });
      },
    };
  },
};

/** Nobody deactivates himself, so an administrator remains. */
export const deactivateUser: Kind = {
  permission: 'users:deactivate',
  peopleOnly: true,
  versionOf: versionOfUser,
  read: (input, subject) => {
    const { userId } = readDeactivation(input);
    rejectUnless(userId === subject, 'subject', 'not the user of the input');
    const partsOf = ({ users }: AuthorityState) =>
      (users.get(userId)?.roles ?? []).map((role): GovernedChange => ({
        activity: 'permission-change',
        kind: 'deactivate',
        target: userId,
        role,
      }));
    return {
      parts: partsOf,
      apply: (state, { initiator, version }) => {
        if (userId === initiator) {
          throw invalidInput('userId', 'this is your own user', 'Ask another administrator.');
        }
        const { enrolment: _enrolment, ...user } = requireUser(state, userId);
        if (user.state === 'deactivated') {
          const hint = 'Nothing is left to do.';
          throw invalidInput('userId', 'the user is deactivated already', hint);
        }
        return withUser(state, userId, { ...user, state: 'deactivated', version });
      },
    };
  },
};

/** A credential gains authority by this alone: it names the key, and the invitation named who signs. */
export const registerCredential: Kind = {
  permission: 'enrolment',
  versionOf: versionOfUser,
  read: (input, subject) => {
    const { credential, publicKey } = readPasskey(input);
    return {
      parts: ungoverned,
      apply: (state, { initiator, version }) => {
        rejectUnless(initiator === subject, 'subject', 'nobody registers a passkey for another');
        const { enrolment: _enrolment, ...user } = requireUser(state, initiator);
        const passkey = { user: initiator, kind: 'passkey', publicKey } as const;
        const added = withCredential(state, credential, passkey, 'credential');
        return withUser(added, initiator, { ...user, state: 'active', version });
      },
    };
  },
};

function requireNew(version: ChangeContext['version']): void {
  rejectUnless(version === 1, 'subject', 'it exists already');
}

function requireUser({ users }: AuthorityState, id: UserId): UserState {
  const user = users.get(id);
  rejectUnless(user !== undefined, 'subject', 'no such user');
  return user;
}

const withUser = (state: AuthorityState, subject: string, user: UserState): AuthorityState => ({
  ...state,
  users: withEntry(state.users, parseId('user', subject), user),
});

function withCredential(
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
