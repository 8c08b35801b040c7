/** The table of all kinds of change: one line each. */
import { type UserId, parseId } from '#core/ids.ts';
import { bundleHash } from '#policy-lang/bundle-files.ts';
import { registerAsset, retireAsset } from './assets.ts';
import { addCredential, recoverUser, registerCredential, revokeCredential } from './credentials.ts';
import { rejectUnless } from './evidence.ts';
import { requireSuccession } from './governed.ts';
import { readmitNode, restoreNode } from './nodes.ts';
import { readNothing, readPolicy } from './inputs.ts';
import { type Kind, ungoverned } from './kind.ts';
import { frozenBy, isOnlyReleaser } from './members.ts';
import { changeRoles, createServiceAccount, deactivateUser, inviteUser } from './people.ts';
import { compileFor, publishedPolicy } from './policies.ts';
import { setAddressList, setGroup } from './registry.ts';
import type { AuthorityState } from './state.ts';
import {
  createKey,
  createWallet,
  exportKey,
  freezeWallet,
  importKey,
  refreshKey,
  requireOther,
  reshareKey,
  unfreezeWallet,
  unlockKey,
  updateWallet,
} from './wallets.ts';

/** Its version is the number of policies before it: two at once would not know of each other. */
const publishPolicy: Kind = {
  permission: 'policies:publish',
  peopleOnly: true,
  versionOf: ({ policies }, subject) => {
    const id = parseId('policy', subject, 'subject');
    rejectUnless(!policies.some((policy) => policy.id === id), 'subject', 'it exists already');
    return policies.length;
  },
  read: (input, subject) => {
    const { files } = readPolicy(input);
    const target = bundleHash(files);
    return {
      parts: () => [{ activity: 'policy-change', kind: 'publish', target }],
      apply: (state, { at }) => {
        const compiled = compileFor(state, files, at);
        requireSuccession(state, compiled.policy, at);
        const entry = { id: parseId('policy', subject), files, publishedAt: at };
        return { ...state, policies: [...state.policies, publishedPolicy(compiled, entry)] };
      },
    };
  },
};

const versionOfOrganization = ({ organization, version }: AuthorityState, subject: string) =>
  organization === subject ? version : 0;

const RELEASE = 'organization:unfreeze';

/** Who has frozen it alone, and is alone still: nobody was ended to have the release of another's freeze. */
const isAloneToRelease = (state: AuthorityState, _: string, initiator: UserId): boolean =>
  state.frozenAlone === initiator && isOnlyReleaser(state, RELEASE, initiator);

const freezing = (frozen: boolean): Kind => ({
  permission: frozen ? 'organization:freeze' : RELEASE,
  ...(frozen ? {} : { peopleOnly: true, people: 2, isAlone: isAloneToRelease }),
  versionOf: versionOfOrganization,
  read: (input, subject) => {
    readNothing(input);
    const part = { activity: 'permission-change', kind: 'unfreeze', target: subject } as const;
    return {
      parts: frozen ? ungoverned : () => [part],
      apply: (state, { version, initiator }) => {
        rejectUnless(state.organization === subject, 'subject', 'not this organisation');
        requireOther(state.frozen, frozen, 'subject');
        const { frozenAlone: _, ...others } = state;
        const by = { permission: RELEASE, initiator } as const;
        return { ...others, ...frozenBy(state, frozen, by), version };
      },
    };
  },
});

/** By the operation that a change statement names. Later work adds lines, never another path. */
export const KINDS = {
  inviteUser,
  createServiceAccount,
  changeRoles,
  deactivateUser,
  recoverUser,
  registerCredential,
  addCredential,
  revokeCredential,
  publishPolicy,
  setAddressList,
  setGroup,
  registerAsset,
  retireAsset,
  createWallet,
  updateWallet,
  freezeWallet,
  unfreezeWallet,
  createKey,
  importKey,
  refreshKey,
  reshareKey,
  exportKey,
  unlockKey,
  freezeOrganization: freezing(true),
  unfreezeOrganization: freezing(false),
  restoreNode,
  readmitNode,
} as const satisfies Readonly<Record<string, Kind>>;

export type ChangeOperation = keyof typeof KINDS;

export const isChangeOperation = (operation: string): operation is ChangeOperation =>
  Object.hasOwn(KINDS, operation);
