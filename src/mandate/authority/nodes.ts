/**
 * The organisation's word about signer nodes, which each node asks for beside its own operator's: two
 * people stand behind it, or more where the policy asks for more.
 */
import { rejectUnless } from './evidence.ts';
import { type NodeChoice, readRestore } from './inputs.ts';
import type { Kind } from './kind.ts';
import { type AuthorityState, type NodeState, withEntry } from './state.ts';

/** A node as changes name it: its committee's record, by its hash in hex, and its number there. */
export const nodeSubject = ({ committee, party }: NodeChoice): string => `${committee}-${party}`;

const UNKNOWN: NodeState = { version: 0, restored: [] };

const nodeOf = ({ nodes }: AuthorityState, subject: string): NodeState =>
  nodes.get(subject) ?? UNKNOWN;

/**
 * A node whose journal was set back goes on for this organisation: what its peers had heard of is lost, up to
 * exactly these places. A later setback has other places, since no two histories end in the same MAC.
 */
export const restoreNode: Kind = {
  permission: 'nodes:restore',
  peopleOnly: true,
  people: 2,
  versionOf: (state, subject) => nodeOf(state, subject).version,
  read: (input, subject) => {
    const { lost, ...node } = readRestore(input);
    rejectUnless(nodeSubject(node) === subject, 'subject', 'not the node of the input');
    return {
      parts: () => [{ activity: 'permission-change', kind: 'restore-node', target: subject }],
      apply: (state, { version }) => {
        const { restored } = nodeOf(state, subject);
        const next = { version, restored: [...restored, ...lost] };
        return { ...state, nodes: withEntry(state.nodes, subject, next) };
      },
    };
  },
};
