/**
 * Changes of what people sign with. A passkey gains authority by a change that names its key, signed by
 * the one-time key of an invitation, or with another passkey of the same person.
 */
import { invalidInput } from '#core/errors.ts';
import { DAY_MS, instant } from '#core/time.ts';
import { rejectUnless } from './evidence.ts';
import { readPasskey, readRecovery, readRevocation } from './inputs.ts';
import { type Kind, ungoverned } from './kind.ts';
import {
  activeCredentialsOf,
  handsOf,
  hasEnrolled,
  requireAnother,
  requireMayAppoint,
  requireNotFrozen,
  requirePresent,
  requireUser,
  rolesOf,
  versionOfUser,
  withCredential,
  withoutCredentials,
  withUser,
} from './members.ts';
import type { AuthorityState } from './state.ts';

/** How long a one-time key lets a passkey in. */
export const ENROLMENT_LIFETIME_MS = 7 * DAY_MS;

/** Of one person, at a time. */
export const PASSKEYS_MAX = 10;

/**
 * The invitation, or the recovery, named who signs. While the organisation is frozen somebody may come
 * back whose authority is older than that; nobody arrives.
 */
export const registerCredential: Kind = {
  permission: 'enrolment',
  versionOf: versionOfUser,
  read: (input, subject) => {
    const { credential, publicKey } = readPasskey(input);
    return {
      parts: ungoverned,
      apply: (state, { initiator, version }) => {
        rejectUnless(initiator === subject, 'subject', 'nobody registers a passkey for another');
        if (!hasEnrolled(state, initiator)) requireMayAppoint(state);
        const { enrolment: _enrolment, ...user } = requireUser(state, initiator);
        const passkey = { user: initiator, kind: 'passkey', publicKey } as const;
        const added = withCredential(state, credential, passkey, 'credential');
        return withUser(added, initiator, { ...user, state: 'active', version });
      },
    };
  },
};

/** One more passkey of whoever signs: each person counts once, however many they have. */
export const addCredential: Kind = {
  permission: 'own',
  peopleOnly: true,
  versionOf: versionOfUser,
  read: (input, subject) => {
    const { credential, publicKey } = readPasskey(input);
    const kind = 'add-credential';
    return {
      parts: () => [{ activity: 'permission-change', kind, target: subject }],
      apply: (state, { initiator, version }) => {
        rejectUnless(initiator === subject, 'subject', 'nobody adds a passkey for another');
        requireNotFrozen(state);
        if (activeCredentialsOf(state, initiator).length >= PASSKEYS_MAX) {
          const hint = 'Revoke one that is not used any more.';
          throw invalidInput('credential', `there are ${PASSKEYS_MAX} passkeys already`, hint);
        }
        const passkey = { user: initiator, kind: 'passkey', publicKey } as const;
        const added = withCredential(state, credential, passkey, 'credential');
        return withUser(added, initiator, { ...requireUser(state, initiator), version });
      },
    };
  },
};

const isOwnCredential = (state: AuthorityState, id: string, initiator: string): boolean =>
  state.credentials.get(id)?.user === initiator;

/**
 * Everybody may end a passkey of their own, at once: it may be in the wrong hands. That of somebody else
 * takes the permission, and the policy where it governs changes of permissions.
 */
export const revokeCredential: Kind = {
  permission: 'credentials:revoke',
  peopleOnly: true,
  isOwn: isOwnCredential,
  versionOf: ({ credentials }, subject) => credentials.get(subject)?.version ?? 0,
  read: (input, subject) => {
    const { credential } = readRevocation(input);
    rejectUnless(credential === subject, 'subject', 'not the credential of the input');
    return {
      parts: (state, initiator) => {
        if (isOwnCredential(state, credential, initiator)) return [];
        const target = state.credentials.get(credential)?.user ?? '';
        return [{ activity: 'permission-change', kind: 'revoke-credential', target }];
      },
      apply: (state, { initiator }) => {
        const known = state.credentials.get(credential);
        rejectUnless(known !== undefined, 'subject', 'no such credential');
        if (known.state === 'revoked') {
          throw invalidInput('credential', 'it is revoked already', 'Nothing is left to do.');
        }
        if (known.user === initiator && activeCredentialsOf(state, initiator).length === 1) {
          const hint = 'Add another one before, or ask an administrator.';
          throw invalidInput('credential', 'it is your only passkey', hint);
        }
        return withoutCredentials(state, [credential]);
      },
    };
  },
};

/**
 * Whoever has lost every passkey registers a new one, with a one-time key; the old ones end here. It
 * lends the person's authority to whoever holds that key, and so takes two, and neither is that person:
 * they can do it once more if the key is lost as well. Whoever asked for it made that key: with the new
 * passkey nobody is a second person beside them (`consent.ts`).
 */
export const recoverUser: Kind = {
  permission: 'users:recover',
  peopleOnly: true,
  people: 2,
  versionOf: versionOfUser,
  read: (input, subject) => {
    const { userId, enrolmentKey } = readRecovery(input);
    rejectUnless(userId === subject, 'subject', 'not the user of the input');
    return {
      parts: ({ users }) => rolesOf('recover', userId, users.get(userId)?.roles ?? []),
      apply: (state, { initiator, version, at }) => {
        requireAnother(userId, initiator);
        const user = requirePresent(state, userId);
        if (user.kind !== 'person') {
          const hint = 'Make another service account.';
          throw invalidInput('userId', 'a service account has no passkey', hint);
        }
        const ended = withoutCredentials(state, activeCredentialsOf(state, userId));
        const expires = instant(at + ENROLMENT_LIFETIME_MS);
        const enrolment = { key: enrolmentKey, expires };
        const recoveredBy = handsOf(state, initiator);
        const invited = { ...user, state: 'invited', enrolment, recoveredBy, version } as const;
        return withUser(ended, userId, invited);
      },
    };
  },
};
