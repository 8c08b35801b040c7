/**
 * What a node knows to have been spent by one organisation, and the running totals that a policy
 * compares. What a total means is `HistoryWindows`'s to say, for the platform's database as for this
 * ledger: a spend counts in each window with the facts, the prices and the time of its own.
 *
 * A spend counts from the moment at which the node put it in writing, whatever a session reports
 * afterwards, and until nothing can pay it any more. An allowance counts as if all of it had left; that another one
 * takes its place, or takes it back, changes nothing: its spender may have been there before.
 */
import type { Instant } from '#core/time.ts';
import type { CompiledPolicy } from '#policy-lang/compiled-policy.ts';
import {
  type AggregateFact,
  isCountedAs,
  type Quote,
  type RequestFacts,
} from '#policy-lang/snapshot.ts';
import { HistoryWindows, type PastRequest } from '#policy-lang/history/windows.ts';
import type { SpendingActivity } from './intent.ts';
import type { Terms } from './replacement.ts';

export type Spend = {
  /** The hash of the intent, in hex: one intent is one spend. */
  readonly id: string;
  /** When the node put it in writing, by its own clock. */
  readonly at: Instant;
  readonly activity: SpendingActivity;
  /** As a policy sees it; of an allowance the most that may be taken. */
  readonly request: RequestFacts;
  /** What the node's own source said of the asset's price at `at`. */
  readonly quotes: readonly Quote[];
  /** The transactions that the intent stands for: the first, and what may take its place. */
  readonly transactions: readonly Terms[];
};

/** DEAD: its sequence number is used by another transaction, or its time has passed for good. */
export type SpendState = 'COUNTED' | 'DEAD';

type Entry = { readonly spend: Spend; readonly past: Done; readonly state: SpendState };
type Done = PastRequest & { readonly state: 'done' };

/** Policies whose totals are kept up to date: the one in force and some that mandates still name. */
const POLICIES_MAX = 8;

const NO_TOTALS: ReadonlyMap<string, AggregateFact> = new Map();

/** Constant time, amortised, for each spend, each total and each step of a clock that goes forward. */
export class Ledger {
  private readonly entries = new Map<string, Entry>();
  private readonly windows = new Map<CompiledPolicy, HistoryWindows>();

  /** What is known of an intent's spend. */
  find(id: string): { readonly spend: Spend; readonly state: SpendState } | undefined {
    return this.entries.get(id);
  }

  /**
   * Counts a spend. One that counts already is moved to its latest time, and never back: a limit is
   * about what leaves, and a share may leave when it is asked for again. The dead stay dead.
   */
  count(spend: Spend): void {
    const known = this.entries.get(spend.id);
    if (known?.state === 'DEAD') return;
    const isLater = known === undefined || known.spend.at < spend.at;
    const next = isLater ? spend : { ...known.spend, transactions: spend.transactions };
    const past = pastOf(next);
    this.entries.set(spend.id, { spend: next, past, state: 'COUNTED' });
    for (const windows of this.windows.values()) {
      if (known !== undefined) windows.forget(known.past);
      windows.record(past);
    }
  }

  /** Nothing can pay it any more: it counts nowhere, and its intent is never signed again. */
  bury(id: string): void {
    const known = this.entries.get(id);
    if (known === undefined || known.state === 'DEAD') return;
    this.entries.set(id, { ...known, state: 'DEAD' });
    for (const windows of this.windows.values()) windows.forget(known.past);
  }

  /**
   * The totals that the policy compares, for a request at a time, without the spend of the intent
   * `except`, which is the request itself. Those that are not known are absent, and so are those of
   * activities of which this ledger keeps no history, messages among them: none is not the same as nothing.
   */
  totals(
    policy: CompiledPolicy,
    request: RequestFacts,
    now: Instant,
    except: string,
  ): ReadonlyMap<string, AggregateFact> {
    if (policy.aggregates.length === 0) return NO_TOTALS;
    const windows = this.windowsOf(policy);
    const own = this.entries.get(except);
    if (own?.state !== 'COUNTED') return windows.facts(request, now);
    windows.forget(own.past);
    const facts = windows.facts(request, now);
    windows.record(own.past);
    return facts;
  }

  private windowsOf(policy: CompiledPolicy): HistoryWindows {
    const known = this.windows.get(policy);
    if (known !== undefined) {
      // The one that was asked last stands last, so that the first is the one to let go.
      this.windows.delete(policy);
      this.windows.set(policy, known);
      return known;
    }
    const kept = policy.aggregates.filter(({ activity }) => isCountedAs('transfer', activity));
    const windows = new HistoryWindows(kept, policy.program.linked);
    for (const { past, state } of this.entries.values()) {
      if (state === 'COUNTED') windows.record(past);
    }
    const [oldest] = this.windows.keys();
    if (this.windows.size >= POLICIES_MAX && oldest !== undefined) this.windows.delete(oldest);
    this.windows.set(policy, windows);
    return windows;
  }
}

function pastOf({ at, activity, request, quotes }: Spend): Done {
  const { asset } = request;
  const prices = new Map(asset === undefined ? [] : [[asset, quotes]]);
  return { at, activity, request, prices, state: 'done' };
}
