/** A change as the log keeps it, with its time and the head that it makes. */
import { canonicalText } from '#core/canonical.ts';
import { type Instant, instant, parseInstant } from '#core/time.ts';
import { parseApproval } from '#mandate/approval.ts';
import type { SignedStatement } from '#mandate/assertion.ts';
import { parseChange } from '#mandate/change.ts';
import { entryHash, headWith } from './chain.ts';
import type { AuthorityHead } from './chain.ts';

/** A change with the approvals that the policy asks for, each over the hash of the change. */
export type SignedChange = {
  /** The initiator's, over a `ChangeStatement`. */
  readonly change: SignedStatement;
  /** Over `ApprovalStatement`s, whose `intentHash` is the hash of the change's statement. */
  readonly approvals: readonly SignedStatement[];
};

/**
 * When the last of its signatures was made, as they say themselves: from then on it could be applied.
 * @throws INVALID_INPUT for what is neither a change nor an approval
 */
export function signedAt({ change, approvals }: SignedChange): Instant {
  const votes = approvals.map(({ statement }) => parseApproval(statement));
  const times = [parseChange(change.statement), ...votes].map(({ created }) => created);
  return instant(Math.max(...times.map((time) => parseInstant(time))));
}

/** The head after one more change. */
export const headAfter = (previous: AuthorityHead, content: SignedChange): AuthorityHead =>
  headWith(previous, entryHash(canonicalText(content)));
