/**
 * The running totals that a policy compares, from the ledger of reservations. `HistoryWindows` of the
 * policy floor says what each of them means; a test compares the two over random histories.
 */
import type { OrganizationId, TransferId } from '#core/ids.ts';
import type { Instant } from '#core/time.ts';
import { calendarPeriod } from '#policy-lang/values/calendar.ts';
import type {
  AggregateNeed,
  AggregateWindow,
  CompiledPolicy,
  GroupingField,
} from '#policy-lang/compiled-policy.ts';
import type { Linked } from '#policy-lang/deciding/facts.ts';
import { isQuoteGood } from '#policy-lang/deciding/quotes.ts';
import { type AggregateFact, isCountedAs, type RequestFacts } from '#policy-lang/snapshot.ts';
import { readSnapshotText } from '#policy-lang/snapshot-text.ts';
import { HistoryWindows } from '#policy-lang/history/windows.ts';
import type { Tx } from '#persistence/database.ts';
import { lockSpending } from '#persistence/ledger.ts';
import {
  distinctReserved,
  type History,
  pastReservations,
  type ScopeField,
  totalReserved,
} from '#persistence/running-totals.ts';
import type { PolicyInForce } from './policy-in-force.ts';

/** The pending request: all that totals are grouped by. */
export type TotalsQuestion = {
  readonly organization: OrganizationId;
  readonly now: Instant;
  readonly request: RequestFacts;
  /** The transfer itself, where its own reservation exists already. */
  readonly transfer?: TransferId;
};

/** Earlier transfers that a total with a condition looks at one by one. */
const LOOKED_AT_MAX = 50_000;

/**
 * Keeps two decisions at one moment from missing each other. The caller holds the wallet's row lock,
 * and calls this once, for all policies that it will ask.
 */
export async function lockTotals(
  tx: Tx,
  organization: OrganizationId,
  policies: readonly PolicyInForce[],
): Promise<void> {
  const needs = policies.flatMap(({ compiled }) => compiled?.aggregates ?? []);
  // A total of the wallet, or of a part of what it does, is guarded by the wallet's own lock.
  const isWide = needs.some(({ by }) => !by.includes('wallet'));
  await lockSpending(tx, organization, isWide ? 'alone' : 'shared');
}

export type Totals = {
  readonly facts: ReadonlyMap<string, AggregateFact>;
  /** Why a total is not known, by its key. */
  readonly causes: ReadonlyMap<string, string>;
};

/** What is read of a policy. */
type Totalling = Pick<CompiledPolicy, 'aggregates'> & {
  readonly program: { readonly linked: Linked };
};

/** Every total that the policy compares, without the pending request. */
export async function runningTotals(
  tx: Tx,
  policy: Totalling,
  question: TotalsQuestion,
): Promise<Totals> {
  const facts = new Map<string, AggregateFact>();
  const causes = new Map<string, string>();
  for (const need of policy.aggregates) {
    const answer = await totalOf(tx, policy, need, question);
    if (typeof answer === 'string') causes.set(need.key, answer);
    else facts.set(need.key, answer);
  }
  return { facts, causes };
}

/** The total, or why it is not known. */
async function totalOf(
  tx: Tx,
  policy: Totalling,
  need: AggregateNeed,
  question: TotalsQuestion,
): Promise<AggregateFact | string> {
  const isKept = isCountedAs('transfer', need.activity);
  if (!isKept) return `the platform keeps no history of ${need.activity}`;
  const history = historyOf(need, question);
  if (history === undefined) return 'the request does not say what the total is grouped by';
  // All that is reserved is a transfer to a total of transfers; of allowances alone it is some.
  const isOfSome = need.where !== undefined || need.activity !== 'transfer';
  if (isOfSome) return filteredTotal(tx, policy, need, { history, question });
  if (need.distinct) {
    const field = need.of as GroupingField;
    return distinctReserved(tx, history, field, nameOf(question.request, field) ?? '');
  }
  const total = await totalReserved(
    tx,
    history,
    need.function === 'max' ? 'max' : 'sum',
    measureOf(need),
  );
  return total === undefined ? `an earlier transfer has no value in ${need.currency}` : { total };
}

function measureOf({ of, currency }: AggregateNeed): Parameters<typeof totalReserved>[3] {
  if (of === 'value' && currency !== undefined) return { of, currency };
  return { of: of === 'amount' ? of : 'requests' };
}

function historyOf(
  { by, asset, window }: AggregateNeed,
  { organization, now, request, transfer }: TotalsQuestion,
): History | undefined {
  const scope: (readonly [ScopeField, string])[] = asset === undefined ? [] : [['asset', asset]];
  for (const field of by) {
    const name = nameOf(request, field);
    if (name === undefined) return undefined;
    scope.push([field, name]);
  }
  return {
    organization,
    scope,
    after: lastBefore(window, now),
    ...(transfer === undefined ? {} : { except: transfer }),
  };
}

/** The last moment before the window: what left later counts. */
const lastBefore = (window: AggregateWindow, now: Instant): number =>
  window.kind === 'last' ? now - window.ms : calendarPeriod(window.unit, window.zone, now).from - 1;

const nameOf = (request: RequestFacts, field: GroupingField): string | undefined =>
  field === 'wallet' || field === 'initiator' ? request[field]?.id : request[field];

/** The condition is asked of each earlier transfer, with the facts and the prices of its own time. */
async function filteredTotal(
  tx: Tx,
  policy: Totalling,
  need: AggregateNeed,
  { history, question }: { readonly history: History; readonly question: TotalsQuestion },
): Promise<AggregateFact | string> {
  const past = await pastReservations(tx, history, LOOKED_AT_MAX);
  if (past === undefined) return `more than ${LOOKED_AT_MAX} earlier transfers would count`;
  const windows = new HistoryWindows([need], policy.program.linked);
  for (const { at, reserved, facts } of past) {
    const { now, activity, request, prices } = readSnapshotText(facts);
    // A transfer that waited counts when it left, with the prices of when it was asked for.
    const dated = new Map(
      [...prices].map(([asset, quotes]) => [
        asset,
        quotes.filter((quote) => isQuoteGood(quote, now)).map((quote) => ({ ...quote, asOf: at })),
      ]),
    );
    windows.record({ at, activity, request, prices: dated, state: reserved ? 'reserved' : 'done' });
  }
  return (
    windows.facts(question.request, question.now).get(need.key) ??
    'what the condition asks is not known of an earlier transfer'
  );
}
