/**
 * What two versions of a policy answer to the same history. Each version keeps its own running
 * totals, of what it would not have blocked: a payment that it stops does not use up a limit.
 */
import type { AssetId } from '#core/money.ts';
import { type Instant, instant } from '#core/time.ts';
import { type Direction, directionOf } from './compare-decisions.ts';
import type { CompiledPolicy } from '#policy-lang/compiled-policy.ts';
import { decideProgram } from '#policy-lang/decide.ts';
import type { Decision, Outcome } from '#policy-lang/decision.ts';
import { ledgerValue } from '#policy-lang/values/exact.ts';
import { type Program, linkProgram } from '#policy-lang/deciding/program.ts';
import { isQuoteGood } from '#policy-lang/deciding/quotes.ts';
import type {
  Activity,
  AggregateFact,
  Quote,
  RequestFacts,
  Snapshot,
} from '#policy-lang/snapshot.ts';
import { HistoryWindows } from './windows.ts';

export type HistoryRequest = {
  /** As the history names it, for the report. */
  readonly id?: string;
  readonly at: Instant;
  readonly activity: Activity;
  readonly request: RequestFacts;
  /** As they were at `at`. */
  readonly prices: ReadonlyMap<AssetId, readonly Quote[]>;
  /** It failed or was withdrawn for reasons of its own, so it never counts towards a total. */
  readonly isReleased?: boolean;
};

/** Requests whose answer changed in one way, e.g. from ALLOW to BLOCK. */
export type Change = {
  readonly before: Outcome;
  readonly after: Outcome;
  readonly direction: Exclude<Direction, 'same'>;
  readonly count: number;
  /** Base units by asset. */
  readonly amounts: ReadonlyMap<AssetId, bigint>;
  /** Minor units by currency, each request at the price of its time, rounded up. */
  readonly values: ReadonlyMap<string, bigint>;
  /** The largest of them, by their value in the first currency that has a price. */
  readonly examples: readonly ChangeExample[];
};

export type ChangeExample = {
  readonly request: HistoryRequest;
  readonly before: Decision;
  readonly after: Decision;
  /** Rules that matched, or lacked data, under one version only. */
  readonly onlyBefore: readonly string[];
  readonly onlyAfter: readonly string[];
};

export type BacktestReport = {
  readonly requests: number;
  readonly changed: number;
  /** How many each version answered with. */
  readonly before: Readonly<Record<Outcome, number>>;
  readonly after: Readonly<Record<Outcome, number>>;
  /** The most frequent first. */
  readonly changes: readonly Change[];
};

/** One version with its own totals, in force whenever the history happened. */
class Side {
  readonly counts: Record<Outcome, number> = { ALLOW: 0, PENDING: 0, BLOCK: 0 };
  private readonly program: Program;
  private readonly windows: HistoryWindows | undefined;

  constructor({ program, aggregates }: CompiledPolicy) {
    const { until: _, ...effective } = program.header.effective;
    const header = { ...program.header, effective: { ...effective, from: instant(0) } };
    this.program = linkProgram({ ...program, header });
    if (aggregates.length > 0) this.windows = new HistoryWindows(aggregates, program.linked);
  }

  decide(past: HistoryRequest): Decision {
    const { at: now, activity, request, prices } = past;
    const aggregates = this.windows?.facts(request, now) ?? NO_TOTALS;
    const snapshot: Snapshot = { now, activity, request, prices, aggregates };
    const decision = decideProgram(this.program, snapshot);
    this.counts[decision.outcome] += 1;
    if (this.windows !== undefined && decision.outcome !== 'BLOCK' && past.isReleased !== true) {
      this.windows.record({ at: now, activity, request, prices, state: 'done' });
    }
    return decision;
  }
}

const NO_TOTALS: ReadonlyMap<string, AggregateFact> = new Map();

type OpenChange = {
  readonly before: Outcome;
  readonly after: Outcome;
  readonly direction: Change['direction'];
  count: number;
  readonly amounts: Map<AssetId, bigint>;
  readonly values: Map<string, bigint>;
  examples: { readonly value: bigint; readonly example: ChangeExample }[];
};

export class Backtest {
  private readonly before: Side;
  private readonly after: Side;
  private readonly assets: Program['linked']['assets'];
  private readonly examplesMax: number;
  private readonly changes = new Map<string, OpenChange>();
  private requests = 0;
  private changed = 0;

  /** @param examplesMax how many examples each kind of change keeps */
  constructor(before: CompiledPolicy, after: CompiledPolicy, examplesMax = 3) {
    this.before = new Side(before);
    this.after = new Side(after);
    this.assets = after.program.linked.assets;
    this.examplesMax = examplesMax;
  }

  /** The next request of the history, in the order of time. */
  add(past: HistoryRequest): void {
    const before = this.before.decide(past);
    const after = this.after.decide(past);
    this.requests += 1;
    const direction = directionOf(before, after);
    if (direction === 'same') return;
    this.changed += 1;
    this.count(past, before, after, direction);
  }

  private count(
    past: HistoryRequest,
    before: Decision,
    after: Decision,
    direction: Change['direction'],
  ): void {
    const key = `${before.outcome} ${after.outcome} ${direction}`;
    let change = this.changes.get(key);
    if (change === undefined) {
      change = {
        before: before.outcome,
        after: after.outcome,
        direction,
        count: 0,
        amounts: new Map(),
        values: new Map(),
        examples: [],
      };
      this.changes.set(key, change);
    }
    change.count += 1;
    const value = this.addMoney(change, past);
    const smallest = change.examples.at(-1);
    const isFull = change.examples.length >= this.examplesMax;
    if (isFull && (smallest === undefined || value <= smallest.value)) return;
    const example = {
      request: past,
      before,
      after,
      onlyBefore: onlyIn(before, after),
      onlyAfter: onlyIn(after, before),
    };
    change.examples = [...change.examples, { value, example }]
      .toSorted((left, right) => (left.value > right.value ? -1 : left.value < right.value ? 1 : 0))
      .slice(0, this.examplesMax);
  }

  /** Returns what the request is worth in the first currency that has a price, in minor units. */
  private addMoney(
    { amounts, values }: OpenChange,
    { at, request, prices }: HistoryRequest,
  ): bigint {
    const { asset } = request;
    const units = request.units ?? request.call?.value;
    if (asset === undefined || units === undefined) return 0n;
    amounts.set(asset, (amounts.get(asset) ?? 0n) + units);
    const decimals = this.assets.get(asset)?.decimals;
    if (decimals === undefined) return 0n;
    const quoted = (prices.get(asset) ?? [])
      .filter((quote) => isQuoteGood(quote, at))
      .map(({ price }) => [price.currency, ledgerValue(units, decimals, price)] as const);
    for (const [currency, minor] of quoted) {
      values.set(currency, (values.get(currency) ?? 0n) + minor);
    }
    return quoted[0]?.[1] ?? 0n;
  }

  report(): BacktestReport {
    return {
      requests: this.requests,
      changed: this.changed,
      before: { ...this.before.counts },
      after: { ...this.after.counts },
      changes: [...this.changes.values()]
        .toSorted((left, right) => right.count - left.count)
        .map(({ examples, ...change }) => ({
          ...change,
          examples: examples.map(({ example }) => example),
        })),
    };
  }
}

function onlyIn({ matched }: Decision, other: Decision): readonly string[] {
  const others = new Set(other.matched.map(({ rule }) => rule));
  return matched.map(({ rule }) => rule).filter((rule) => !others.has(rule));
}

/** The report of a whole history, which must be in the order of time. */
export function backtest(
  history: Iterable<HistoryRequest>,
  before: CompiledPolicy,
  after: CompiledPolicy,
): BacktestReport {
  const run = new Backtest(before, after);
  for (const request of history) run.add(request);
  return run.report();
}
