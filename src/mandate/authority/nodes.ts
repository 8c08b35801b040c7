/**
 * The organisation's word about signer nodes, which each node asks for beside its own operator's: two
 * people stand behind it, or more where the policy asks for more.
 */
import type { ChangeInput } from '#mandate/change.ts';
import type { Permission } from '#mandate/permissions.ts';
import type { ChangeKind } from '#policy-lang/change-kinds.ts';
import { rejectUnless } from './evidence.ts';
import { type NodeChoice, readReadmission, readRestore } from './inputs.ts';
import type { ChangeContext, Kind } from './kind.ts';
import { type AuthorityState, type NodeState, withEntry } from './state.ts';

/** A node as changes name it: its committee's record, by its hash in hex, and its number there. */
export const nodeSubject = ({ committee, party }: NodeChoice): string => `${committee}-${party}`;

const UNKNOWN: NodeState = { version: 0, restored: [], readmitted: [] };

const nodeOf = ({ nodes }: AuthorityState, subject: string): NodeState =>
  nodes.get(subject) ?? UNKNOWN;

type Rule<T> = {
  readonly permission: Permission;
  readonly kind: ChangeKind;
  readonly read: (input: ChangeInput) => T;
  readonly apply: (before: NodeState, input: T, context: ChangeContext) => Partial<NodeState>;
};

const nodeKind = <T extends NodeChoice>({ permission, kind, read, apply }: Rule<T>): Kind => ({
  permission,
  peopleOnly: true,
  people: 2,
  versionOf: (state, subject) => nodeOf(state, subject).version,
  read: (input, subject) => {
    const said = read(input);
    rejectUnless(nodeSubject(said) === subject, 'subject', 'not the node of the input');
    return {
      parts: () => [{ activity: 'permission-change', kind, target: subject }],
      apply: (state, context) => {
        const before = nodeOf(state, subject);
        const next = { ...before, ...apply(before, said, context), version: context.version };
        return { ...state, nodes: withEntry(state.nodes, subject, next) };
      },
    };
  },
});

/**
 * A node whose journal was set back goes on for this organisation: what its peers had heard of is lost, up to
 * exactly these places. A later setback has other places, since no two histories end in the same MAC.
 */
export const restoreNode = nodeKind({
  permission: 'nodes:restore',
  kind: 'restore-node',
  read: readRestore,
  apply: ({ restored }, { lost }) => ({ restored: [...restored, ...lost] }),
});

/** A node that others have banned comes back with the next refresh: for exactly these bans, and none after. */
export const readmitNode = nodeKind({
  permission: 'nodes:readmit',
  kind: 'readmit-node',
  read: readReadmission,
  apply: ({ readmitted }, { bans }, { sequence }) => ({
    readmitted: [...readmitted, ...bans.map((ban) => ({ ...ban, sequence }))],
  }),
});
