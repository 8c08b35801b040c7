/**
 * What a signer node is shown with every request to sign, what it knows by itself, and what it knows
 * once both agree (`verify-mandate.ts`).
 */
import type { Explanation, Payload } from '#chains/adapter.ts';
import type { Bytes } from '#core/bytes.ts';
import type { KeyId, OrganizationId } from '#core/ids.ts';
import type { AssetId } from '#core/money.ts';
import type { Scheme } from '#core/scheme.ts';
import type { Instant } from '#core/time.ts';
import type { Decision } from '#policy-lang/decision.ts';
import type { Quote } from '#policy-lang/snapshot.ts';
import type { SignedStatement } from './assertion.ts';
import type { AuthorityState } from './authority/state.ts';
import type { Witnesses } from './checkpoint.ts';
import type { Intent } from './intent.ts';
import type { Ledger, Spend } from './ledger.ts';
import type { SignedScreening } from './screening-word.ts';

/** Nothing in it is believed before it is checked; no time in it is believed at all. */
export type Mandate = {
  /** The canonical text of a `Intent`. */
  readonly intent: string;
  /** The initiator's signature over that very text. */
  readonly initiator: SignedStatement;
  /** The published version under which the transfer was decided. */
  readonly policy: { readonly hash: string; readonly version: number };
  /** Over `ApprovalStatement`s. */
  readonly approvals: readonly SignedStatement[];
  /** The transaction to be signed. */
  readonly unsigned: Bytes;
  /** What the gateway says of the asset's price. Absent: it has nothing to add to the node's own. */
  readonly quotes?: readonly QuoteWord[];
  readonly screening?: SignedScreening;
  /**
   * That the audit log holds the initiator's statement and every approval: the canonical text of a `LogProof`.
   * Absent, nothing is signed.
   */
  readonly log?: string;
};

/** A quote of the mandate's asset. `price` is a decimal, `asOf` RFC 3339. */
export type QuoteWord = {
  readonly currency: string;
  readonly price: string;
  readonly asOf: string;
  readonly maxAgeMs: number;
};

/** What the node knows by itself. */
export type OwnKnowledge = {
  /** The node's copy of the organisation's authority log, as of its head. */
  readonly state: AuthorityState;
  readonly now: Instant;
  /** Of the node's own price source. */
  readonly quotes: ReadonlyMap<AssetId, readonly Quote[]>;
  /** Of this organisation. */
  readonly ledger: Ledger;
  /** The key that is asked to sign. */
  readonly key: {
    readonly keyId: KeyId;
    readonly organization: OrganizationId;
    readonly scheme: Scheme;
  };
  /** As the node derives them from its share of the key. */
  readonly wallet: {
    readonly path: string;
    readonly publicKey: Bytes;
    /** In its family's canonical spelling. */
    readonly address: string;
  };
  /** Ed25519 keys of the screening providers that the operator trusts, 32 bytes each. */
  readonly screeners: readonly Bytes[];
  /** The nodes of the committee, as its record has them, and how many of them cosign a checkpoint. */
  readonly witnesses: Witnesses;
};

export type VerifiedMandate = {
  readonly intent: Intent;
  /** SHA-256 of the intent's text, in hex: what the ledger and the journal know the spend by. */
  readonly id: string;
  /** What is to be signed, from the transaction's own bytes. */
  readonly payloads: readonly Payload[];
  /** What the payment does; absent where the bytes are not it but the set-up that it needs first. */
  readonly explanation?: Explanation;
  /** The policy in force and, where they are others, those that the mandate names. */
  readonly decisions: readonly Decision[];
  /** What the ledger counts once it is in writing; absent for a set-up, which gives nothing away. */
  readonly spend?: Spend;
};
