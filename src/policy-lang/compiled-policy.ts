/** A policy that has passed every check and is ready to decide. */
import type { Instant } from '#core/time.ts';
import type { Program } from './program.ts';
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
  /** What decides. Only this floor looks into it. */
  readonly program: Program;
};

/** One running total that a rule compares. */
export type AggregateNeed = {
  /** Canonical text, e.g. `sum(value) over last 24h by wallet in USD`. */
  readonly key: string;
  readonly function: 'sum';
  readonly of: 'value';
  readonly currency: string;
  /** Half-open window `(now - windowMs, now]`. */
  readonly windowMs: number;
  readonly by: readonly 'wallet'[];
  /** The pending request counts towards the total. */
  readonly includesThis: boolean;
};

export type GroupMember = {
  readonly email: string;
  /** The user's id, where the compiler could resolve the address. */
  readonly user?: string;
};
