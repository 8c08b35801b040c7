/**
 * The registry: address lists and groups of people that a policy reads `from "registry"`, so that an
 * entry or a member counts, or counts no more, from the change on, without another version of the policy.
 */
import { invalidInput } from '#core/errors.ts';
import { rejectUnless } from './evidence.ts';
import { readAddressList, readGroup } from './inputs.ts';
import type { Kind } from './kind.ts';
import { usersByEmail } from './members.ts';
import { requireSuccession } from './governed.ts';
import { policiesFrom, requireSatisfiable } from './policies.ts';
import { withEntry } from './state.ts';

/** A list changes what payments are allowed, so that the policy is asked as of its own change. */
export const setAddressList: Kind = {
  permission: 'lists:set',
  peopleOnly: true,
  versionOf: ({ lists }, subject) => lists.get(subject)?.version ?? 0,
  read: (input, subject) => {
    const { name, entries } = readAddressList(input);
    rejectUnless(name === subject, 'subject', 'not the list of the input');
    return {
      parts: () => [{ activity: 'policy-change', kind: 'set-list', target: name }],
      apply: (state, { version }) => {
        const lists = withEntry(state.lists, name, { version, entries });
        return { ...state, lists };
      },
    };
  },
};

/** Addresses become users here; who leaves counts no more, and who comes back counts as somebody new. */
export const setGroup: Kind = {
  permission: 'groups:set',
  peopleOnly: true,
  versionOf: ({ groups }, subject) => groups.get(subject)?.version ?? 0,
  read: (input, subject) => {
    const { name, members: emails } = readGroup(input);
    rejectUnless(name === subject, 'subject', 'not the group of the input');
    return {
      parts: () => [{ activity: 'policy-change', kind: 'set-group', target: name }],
      apply: (state, { version, at }) => {
        const users = usersByEmail(state);
        const members = emails.map((email) => {
          const user = users.get(email);
          if (user !== undefined) return { email, user };
          throw invalidInput('members', `there is no user ${email}`, 'Invite the person first.');
        });
        const groups = withEntry(state.groups, name, { version, members });
        const next = { ...state, groups };
        requireSatisfiable(state, next, at);
        for (const { compiled } of policiesFrom(next, at)) {
          if (compiled !== undefined) requireSuccession(next, compiled, at);
        }
        return next;
      },
    };
  },
};
