/**
 * Whether a change of authority is in effect: a quorum of nodes has signed that it has the authority log, with
 * this change in it, in writing. Whoever checks it trusts the nodes' keys and nothing else. Safe in a
 * browser.
 */
import type { Canonical } from '#core/canonical.ts';
import { PlatformError } from '#core/errors.ts';
import { type AuthorityHead, entryHash, headWith } from './authority/chain.ts';
import { parseChange } from './change.ts';
import { quorumOf } from './quorum.ts';
import type { NodeKeys, Receipt } from './receipt-text.ts';
import { fieldsOf, soundParties } from './sound-parties.ts';
import { canonicalOrUndefined } from './statement.ts';

/** What a platform shows of a change that it calls effective. Hashes in hex. */
export type ChangeProof = {
  /** The place of the change in the log, and the head before it. */
  readonly sequence: number;
  readonly previous: string;
  /** The canonical text of the log's entry. */
  readonly entry: string;
  /** The hashes of the entries that follow, up to the head of the receipts. */
  readonly links: readonly string[];
  readonly receipts: readonly Receipt[];
};

/** What is told of the change, which its statement must say too. */
export type ToldChange = {
  readonly organization: string;
  readonly operation: string;
  readonly subject: string;
  /** Canonical text, as its initiator signed it. */
  readonly statement: string;
};

/** More than a platform brings to the nodes before they answer once. */
const LINKS_MAX = 100_000;

/**
 * Refuses a proof that is not of exactly this change, or that too few of these nodes stand behind.
 * @throws EVIDENCE_REJECTED with the field `receipts`
 */
export function requireEffective(told: ToldChange, proof: ChangeProof, nodes: NodeKeys): void {
  const { statement, organization } = told;
  if (statementOf(proof.entry) !== statement) throw refused('the entry is another change');
  const said = parseChange(statement);
  const isSame =
    said.organization === organization &&
    said.operation === told.operation &&
    said.subject === told.subject;
  if (!isSame) throw refused('the statement is of another change');
  const head = headOf(proof);
  const subject = { kind: 'change', organization, authority: { ...head } } as const;
  const parties = soundParties(proof.receipts, subject, nodes);
  const quorum = quorumOf(nodes);
  if (parties.size >= quorum) return;
  const those = parties.size === 0 ? '' : ` (${[...parties].toSorted((a, b) => a - b).join(', ')})`;
  throw refused(
    `${parties.size} of ${nodes.members} nodes have given one that holds${those}, and ${quorum} must`,
  );
}

const refused = (reason: string): PlatformError =>
  new PlatformError('EVIDENCE_REJECTED', { field: 'receipts', reason });

function statementOf(entry: string): unknown {
  const fields = fieldsOf(entry) as { readonly [field: string]: Canonical };
  if (canonicalOrUndefined(fields) !== entry)
    throw refused('the entry is not in its canonical form');
  return (fields['change'] as { readonly statement?: unknown } | undefined)?.statement;
}

/** Where the log stood when the nodes signed, if the platform tells the truth: else no receipt is of it. */
function headOf({ sequence, previous, entry, links }: ChangeProof): AuthorityHead {
  if (links.length > LINKS_MAX) throw refused('the receipts are of a much later time');
  const before = { sequence: sequence - 1, hash: previous };
  return [entryHash(entry), ...links].reduce(headWith, before);
}
