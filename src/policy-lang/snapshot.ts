/**
 * Everything that one decision looks at, and nothing else: the same policy and the same snapshot
 * give the same decision, on the gateway and on each node. A fact that is absent here is missing,
 * and missing facts fail closed.
 */
import type { AssetId, NetworkId, Price } from '#core/money.ts';
import type { Instant } from '#core/time.ts';
import type { Exact } from '#policy-lang/values/exact.ts';
import type { Registry } from './registry.ts';

/** What a policy can govern. */
export const ACTIVITIES = [
  'transfer',
  'allowance',
  'unlimited-allowance',
  'contract-call',
  'sign-message',
  'incoming',
  'permission-change',
  'policy-change',
] as const;
export type Activity = (typeof ACTIVITIES)[number];

/** Who has an allowance may take it as if it had been paid, and needs nobody for it. */
const ALLOWANCES: readonly Activity[] = ['allowance', 'unlimited-allowance'];

/**
 * Whether a total of `counted` counts a request of another activity: one of transfers counts allowances, each
 * at its maximum, and one of allowances those without a bound, too.
 */
export function isCountedAs(counted: Activity, asked: Activity): boolean {
  if (counted === asked) return true;
  return (counted === 'transfer' || counted === 'allowance') && ALLOWANCES.includes(asked);
}

/** The activities whose requests a total of `counted` counts. */
export const countedAs = (counted: Activity): readonly Activity[] =>
  ACTIVITIES.filter((activity) => isCountedAs(counted, activity));

export type Snapshot = {
  /** The one trusted time of the decision. */
  readonly now: Instant;
  readonly activity: Activity;
  /**
   * What the request is besides: a permit gives an allowance, and is a message that is signed. Both are
   * decided, and the stricter answer counts.
   */
  readonly also?: Activity;
  readonly request: RequestFacts;
  /** At most one quote a currency for each asset. */
  readonly prices: ReadonlyMap<AssetId, readonly Quote[]>;
  /** By `AggregateNeed.key`. */
  readonly aggregates: ReadonlyMap<string, AggregateFact>;
  /**
   * Why a fact is absent, in words, by its path (`price USDC@ethereum in USD`, an aggregate's key).
   */
  readonly causes?: ReadonlyMap<string, string>;
  /**
   * What the policy imported from the registry, as it was at `now`: the policy was compiled with it.
   * Absent where it imports nothing from there.
   */
  readonly registry?: Registry;
};

/** The same request as the other thing that it is, where it is two. */
export function asOther(snapshot: Snapshot): Snapshot | undefined {
  const { activity, also } = snapshot;
  return also && { ...snapshot, activity: also, also: activity };
}

/**
 * A running total **without** the pending request, which `decide` adds exactly where the need says
 * `includesThis`: minor units of the need's currency, base units of its asset, or a count.
 */
export type AggregateFact = {
  readonly total: bigint;
  /** With `count(distinct x)`: this request's x is among those that are counted already. */
  readonly seen?: boolean;
};

/** The facts of a request. The platform gives all that its activity has; a test may leave some out. */
export type RequestFacts = {
  readonly network?: NetworkId;
  readonly wallet?: {
    readonly id: string;
    readonly tags?: readonly string[];
    /** In its family's canonical spelling, as every address here. */
    readonly address?: string;
  };
  readonly initiator?: {
    readonly id: string;
    readonly email?: string;
    readonly roles?: readonly string[];
    /** Groups that the initiator is in; without it the people of the policy's groups count. */
    readonly groups?: readonly string[];
  };
  /** What moves, or may; of a contract call the native asset of its network. */
  readonly asset?: AssetId;
  /** Base units of the asset, of an allowance the most that may be taken; where a contract call does not give them, its `value` counts. */
  readonly units?: bigint;
  /** Of an allowance the spender. */
  readonly recipient?: string;
  readonly sender?: string;
  readonly call?: CallFacts;
  readonly message?: { readonly kind?: string };
  readonly typedData?: TypedDataFacts;
  readonly screening?: ScreeningFacts;
  readonly change?: {
    readonly kind?: string;
    readonly target?: string;
    readonly role?: string;
  };
};

export type CallFacts = {
  readonly contract?: string;
  readonly function?: string;
  /** Base units of the network's native asset. */
  readonly value?: bigint;
  readonly args?: ReadonlyMap<string, FactValue>;
};

export type TypedDataFacts = {
  readonly primaryType?: string;
  readonly domainName?: string;
  readonly contract?: string;
  readonly fields?: ReadonlyMap<string, FactValue>;
};

/** What a contract call's argument or a field of typed data is. */
export type FactValue =
  | { readonly type: 'address'; readonly address: string }
  | { readonly type: 'number'; readonly number: bigint }
  | { readonly type: 'text'; readonly text: string }
  | { readonly type: 'boolean'; readonly value: boolean };

/** How a message that is signed is made. */
export const MESSAGE_KINDS = ['raw', 'personal', 'typed-data'] as const;

/** From harmless to worst. */
export const LEVELS = ['NONE', 'LOW', 'MEDIUM', 'HIGH', 'SEVERE'] as const;
export type Level = (typeof LEVELS)[number];

/** Why there is no screening. */
export const SCREENING_FAILURES = [
  'unscreenable',
  'unsupported-network',
  'unsupported-asset',
  'provider-failure',
] as const;
export type ScreeningFailure = (typeof SCREENING_FAILURES)[number];

/** Once `failure` is set the other fields are missing, and the failure is their cause. */
export type ScreeningFacts = {
  readonly alertLevel?: Level;
  readonly riskScore?: Exact;
  readonly directExposure?: readonly string[];
  readonly categories?: readonly string[];
  readonly addressCategories?: readonly string[];
  readonly travelRule?: string;
  readonly failure?: ScreeningFailure;
};

/** A price with its age: older than `maxAgeMs` at `Snapshot.now` counts as missing. */
export type Quote = {
  readonly price: Price;
  readonly asOf: Instant;
  readonly maxAgeMs: number;
  /** Where the quote came from, for the record. */
  readonly source: string;
};
