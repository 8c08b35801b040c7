/**
 * What a change can be, as `change.kind` says it. A new kind of change is a line here: whoever asks a
 * policy about a change names one of these, and a rule that names another one is not compiled.
 */
import type { Activity } from './snapshot.ts';

type ChangeActivity = Extract<Activity, 'permission-change' | 'policy-change'>;

const KINDS = {
  assign: ['permission-change', 'A person or a service account is given roles.'],
  withdraw: ['permission-change', 'A person or a service account loses roles.'],
  deactivate: ['permission-change', 'A person or a service account can do nothing any more.'],
  recover: ['permission-change', 'A person gets a new passkey in the place of all lost ones.'],
  'add-credential': ['permission-change', 'A person adds a passkey to their own.'],
  'revoke-credential': ['permission-change', 'A credential of somebody else ends.'],
  unfreeze: ['permission-change', 'A frozen wallet, or the organisation, may pay again.'],
  'restore-node': ['permission-change', 'A signer node goes on whose disk was put back.'],
  'readmit-node': ['permission-change', 'A signer node that its peers have banned comes back.'],
  publish: ['policy-change', 'A bundle becomes a version of the policy.'],
  'set-list': ['policy-change', 'A list of the registry gets other entries.'],
  'set-group': ['policy-change', 'A group of the registry gets other members.'],
  'register-asset': ['policy-change', 'A token may be paid that was not known before.'],
  'retire-asset': ['policy-change', 'A token of the registry is paid no more.'],
  'set-tags': ['policy-change', 'A wallet gets other tags.'],
} as const satisfies Readonly<Record<string, readonly [ChangeActivity, about: string]>>;

export type ChangeKind = keyof typeof KINDS;

/** The kinds of one activity. */
export type ChangeKindOf<A extends ChangeActivity> = {
  [kind in ChangeKind]: (typeof KINDS)[kind][0] extends A ? kind : never;
}[ChangeKind];

export const CHANGE_KINDS = Object.keys(KINDS) as readonly ChangeKind[];

/** For people: each kind, the activity that it is of, and one sentence. */
export const changeKindRows = (): readonly (readonly [string, string, string])[] =>
  CHANGE_KINDS.map((kind) => [kind, ...KINDS[kind]]);
