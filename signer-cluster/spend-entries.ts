/** What the journal says of payments that count here. */
import type { SignedStatement } from '#mandate/assertion.ts';
import type { Claim } from '#mandate/handover.ts';

/** A payment that counts from here on; `id` is the hash of its intent. */
export type SpendEntry = {
  readonly kind: 'spend';
  readonly id: string;
  readonly organization: string;
  readonly key: string;
  readonly digests: readonly string[];
  /** As the intent says, in milliseconds since 1970. */
  readonly created: number;
  readonly expires: number;
  /** What the ledger of limits counts (`spendText`); absent where the node had no policy to ask. */
  readonly counted?: string;
  /** Its intent with the initiator's signature, or what was shown of one that was told; absent in entries of before. */
  readonly initiators?: readonly SignedStatement[];
};

/** Told by too few members of the record before to be believed: judged by the organisation's log. */
export type ClaimedEntry = Claim & {
  readonly kind: 'claimed';
  /** The record under which it was told, by its hash. */
  readonly committee: string;
};
