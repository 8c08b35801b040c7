/** Changes of who belongs to an organisation, and what they may do: people and service accounts. */
import { base64url } from '#core/bytes.ts';
import { invalidInput } from '#core/errors.ts';
import { parseId } from '#core/ids.ts';
import type { Role } from '#core/roles.ts';
import { instant } from '#core/time.ts';
import { type Permission, permissionsOf } from '#mandate/permissions.ts';
import { ENROLMENT_LIFETIME_MS } from './credentials.ts';
import { rejectUnless } from './evidence.ts';
import { readDeactivation, readInvitation, readRoles, readServiceAccount } from './inputs.ts';
import type { ChangeContext, Kind } from './kind.ts';
import {
  requireAnother,
  requireMayAppoint,
  requireNotFrozen,
  requirePresent,
  requireUser,
  rolesOf,
  versionOfUser,
  withCredential,
  withUser,
} from './members.ts';

export const inviteUser: Kind = {
  permission: 'users:invite',
  peopleOnly: true,
  versionOf: versionOfUser,
  read: (input) => {
    const { name, email, roles, enrolmentKey } = readInvitation(input);
    return {
      parts: () => rolesOf('assign', email, roles),
      gives: () => permissionsOf(roles),
      apply: (state, { subject, version, at }) => {
        requireNew(version);
        requireMayAppoint(state);
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

/** It gives nobody authority over others: what a service account may do needs no person. */
export const createServiceAccount: Kind = {
  permission: 'users:invite',
  peopleOnly: true,
  versionOf: versionOfUser,
  read: (input) => {
    const { name, roles, credentialId, publicKey } = readServiceAccount(input);
    return {
      parts: () => rolesOf('assign', name, roles),
      apply: (state, { subject, version }) => {
        requireNew(version);
        requireNotFrozen(state);
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
    return {
      parts: ({ users }) => rolesOf('deactivate', userId, users.get(userId)?.roles ?? []),
      apply: (state, { initiator, version }) => {
        requireAnother(userId, initiator);
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

/** All the roles that the user has from here on. Nobody changes his own. */
export const changeRoles: Kind = {
  permission: 'users:assign',
  peopleOnly: true,
  versionOf: versionOfUser,
  read: (input, subject) => {
    const { userId, roles } = readRoles(input);
    rejectUnless(userId === subject, 'subject', 'not the user of the input');
    return {
      parts: ({ users }) => {
        const before = users.get(userId)?.roles ?? [];
        const isNew = (role: Role) => !before.includes(role);
        const isLost = (role: Role) => !roles.includes(role);
        return [
          ...rolesOf('assign', userId, roles.filter(isNew)),
          ...rolesOf('withdraw', userId, before.filter(isLost)),
        ];
      },
      gives: ({ users }) => {
        const user = users.get(userId);
        const before = permissionsOf(user?.roles ?? []);
        const isNew = (permission: Permission) => !before.includes(permission);
        return user?.kind === 'person' ? permissionsOf(roles).filter(isNew) : [];
      },
      apply: (state, { initiator, version }) => {
        requireAnother(userId, initiator);
        const user = requirePresent(state, userId);
        if (roles.some((role) => !user.roles.includes(role))) requireMayAppoint(state);
        if (
          roles.length === user.roles.length &&
          roles.every((role) => user.roles.includes(role))
        ) {
          throw invalidInput('roles', 'the user has exactly these', 'Nothing is left to do.');
        }
        return withUser(state, userId, { ...user, roles, version });
      },
    };
  },
};

function requireNew(version: ChangeContext['version']): void {
  rejectUnless(version === 1, 'subject', 'it exists already');
}
