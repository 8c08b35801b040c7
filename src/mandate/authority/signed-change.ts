/** A change as the log keeps it, and how each entry is chained to the one before it. */
import { hex } from '#core/bytes.ts';
import { hashOf } from '#core/canonical.ts';
import type { SignedStatement } from '#mandate/assertion.ts';
import type { AuthorityHead } from './state.ts';

/** A change with the approvals that the policy asks for, each over the hash of the change. */
export type SignedChange = {
  /** The initiator's, over a `ChangeStatement`. */
  readonly change: SignedStatement;
  /** Over `ApprovalStatement`s, whose `intentHash` is the hash of the change's statement. */
  readonly approvals: readonly SignedStatement[];
};

const AUTHORITY_DOMAIN = 'countersign/authority/v1';

/** The head after one more change: each hash covers the one before it. */
export function headAfter(previous: AuthorityHead, content: SignedChange): AuthorityHead {
  const sequence = previous.sequence + 1;
  const entry = hex(hashOf(content));
  const hash = hashOf({ domain: AUTHORITY_DOMAIN, sequence, previous: previous.hash, entry });
  return { sequence, hash: hex(hash) };
}
