/**
 * Everything that one decision looks at, and nothing else: the same policy and the same snapshot
 * give the same decision, on the gateway and on each node. A fact that is absent here is missing,
 * and missing facts fail closed.
 */
import type { AssetId, Price } from '#core/money.ts';
import type { Instant } from '#core/time.ts';

export type Activity = 'transfer';

export type Snapshot = {
  /** The one trusted time of the decision. */
  readonly now: Instant;
  readonly activity: Activity;
  readonly request: TransferFacts;
  /** At most one quote a currency for each asset. */
  readonly prices: ReadonlyMap<AssetId, readonly Quote[]>;
  /**
   * Minor units of the need's currency by `AggregateNeed.key`: the sum over the window **without**
   * the pending request, which `decide` adds exactly where the need says `includesThis`.
   */
  readonly aggregates: ReadonlyMap<string, bigint>;
  /**
   * Why a fact is absent, in words, by its path (`price USDC@ethereum in USD`, an aggregate's key).
   */
  readonly causes?: ReadonlyMap<string, string>;
};

/** The facts of a transfer. The platform gives all of them; a policy's test may leave some out. */
export type TransferFacts = {
  readonly wallet?: { readonly id: string; readonly tags?: readonly string[] };
  readonly asset?: AssetId;
  /** Base units of the asset. */
  readonly units?: bigint;
  /** The address in its family's canonical spelling. */
  readonly recipient?: string;
  readonly initiator?: { readonly id: string; readonly roles?: readonly string[] };
};

/** A price with its age: older than `maxAgeMs` at `Snapshot.now` counts as missing. */
export type Quote = {
  readonly price: Price;
  readonly asOf: Instant;
  readonly maxAgeMs: number;
  /** Where the quote came from, for the record. */
  readonly source: string;
};
