/** A policy that has passed every check and is ready to decide. */
import type { AssetId } from '#core/money.ts';
import type { Instant } from '#core/time.ts';
import type { CheckedProve } from '#policy-lang/checking/checked-policy.ts';
import type { Condition } from '#policy-lang/checking/condition.ts';
import type { Program } from '#policy-lang/deciding/program.ts';
import type { Registry } from './registry.ts';
import type { Activity } from './snapshot.ts';

export type CompiledPolicy = {
  readonly title: string;
  readonly version: number;
  readonly owner?: string;
  /** Half-open: from `from` up to and without `until`. */
  readonly effective: { readonly from: Instant; readonly until?: Instant };
  readonly governs: readonly Activity[];
  /** Hash of the canonical bundle, 64 hex digits. */
  readonly hash: string;
  /** What the platform must compute before it can decide, sorted by key. */
  readonly aggregates: readonly AggregateNeed[];
  /** Currencies in which a rule compares a value, sorted: quotes in these are needed. */
  readonly currencies: readonly string[];
  /** The people of each imported group, in the order of the file. */
  readonly groups: ReadonlyMap<string, readonly GroupMember[]>;
  /** What it imports from the registry, as it was when it was compiled. */
  readonly registry: Registry;
  /** What the policy promises, to be proved. */
  readonly proves: readonly CheckedProve[];
  /** What decides. Only this floor looks into it. */
  readonly program: Program;
};

/** One running total that a rule compares. */
export type AggregateNeed = {
  /** Canonical text, which parses back: `sum(value) over last 24h by wallet in USD`. */
  readonly key: string;
  readonly function: 'sum' | 'count' | 'max';
  /** `requests` are counted as such: `count(transfer)`. */
  readonly of: 'value' | 'amount' | 'requests' | DistinctField;
  /** `count(distinct recipient)`: how many different ones. */
  readonly distinct: boolean;
  /** In which a value is added up. */
  readonly currency?: string;
  /** Whose base units an amount adds up. */
  readonly asset?: AssetId;
  /** Which requests count. */
  readonly activity: Activity;
  readonly window: AggregateWindow;
  /** Only earlier requests that share these with the pending one; empty: of the organisation. */
  readonly by: readonly GroupingField[];
  /** Holds for each request that counts; the pending one counts only where it holds. */
  readonly where?: Condition;
  /** The pending request counts towards the total. */
  readonly includesThis: boolean;
};

export type GroupingField = 'wallet' | 'initiator' | 'asset' | 'recipient' | 'network';

export type DistinctField = GroupingField;

/**
 * Half-open `(now - ms, now]`, or from the local midnight at which the day, the week (Monday) or the
 * month of `now` begins, up to and with `now`.
 */
export type AggregateWindow =
  | { readonly kind: 'last'; readonly ms: number }
  | {
      readonly kind: 'calendar';
      readonly unit: 'day' | 'week' | 'month';
      readonly zone: string;
    };

export type GroupMember = {
  readonly email: string;
  /** The user's id, where the compiler could resolve the address. */
  readonly user?: string;
};
