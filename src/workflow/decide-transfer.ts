/**
 * One decision about one transfer: gathers the facts, asks the policy, and keeps both for the
 * record.
 */
import type { Canonical } from '#core/canonical.ts';
import { PlatformError } from '#core/errors.ts';
import type { TransferId, UserId, WalletId } from '#core/ids.ts';
import type { AssetId } from '#core/money.ts';
import { formatInstant, type Instant } from '#core/time.ts';
import { findAsset } from '#chains/registry.ts';
import type { AggregateNeed } from '#policy-lang/compiled-policy.ts';
import type { DecisionTrace } from '#policy-lang/decision.ts';
import { ledgerValue } from '#policy-lang/exact.ts';
import type { AggregateFact, Quote, Snapshot } from '#policy-lang/snapshot.ts';
import type { Tx } from '#persistence/database.ts';
import { sumReserved } from '#persistence/ledger.ts';
import type { DecisionRecord } from '#persistence/transfer.ts';
import { decideWith, type PolicyInForce } from './policy-in-force.ts';
import type { Services } from './services.ts';

/** What is known of an asset's price; `cause` says why nothing is. */
export type Prices = { readonly quotes: readonly Quote[]; readonly cause?: string };

/** Never throws for a price that is missing: the policy fails closed where it needs one. */
export async function gatherPrices(services: Services, asset: AssetId): Promise<Prices> {
  try {
    return { quotes: await services.prices.quotes(asset) };
  } catch (error) {
    if (!(error instanceof PlatformError)) throw error;
    services.log.warn({ error, asset }, 'no price');
    return { quotes: [], cause: error.message };
  }
}

export type TransferQuestion = {
  readonly now: Instant;
  readonly wallet: { readonly id: WalletId; readonly tags: readonly string[] };
  readonly asset: AssetId;
  readonly units: bigint;
  readonly recipient: string;
  readonly initiator: { readonly id: UserId; readonly roles: readonly string[] };
  readonly prices: Prices;
  /** The transfer itself, where its own reservation exists already. */
  readonly transfer?: TransferId;
};

export type Decided = { readonly decision: DecisionTrace; readonly record: DecisionRecord };

/** The caller holds the wallet's row lock, or asks without consequence. */
export async function decideTransfer(
  tx: Tx,
  policy: PolicyInForce,
  question: TransferQuestion,
): Promise<Decided> {
  const snapshot = await snapshotOf(tx, policy, question);
  const decision = decideWith(policy, snapshot);
  return {
    decision,
    record: {
      at: formatInstant(question.now),
      decision: plain(decision) as DecisionRecord['decision'],
      snapshot: plain(snapshot) as DecisionRecord['snapshot'],
    },
  };
}

async function snapshotOf(
  tx: Tx,
  policy: PolicyInForce,
  question: TransferQuestion,
): Promise<Snapshot> {
  const { now, wallet, asset, units, recipient, initiator, prices } = question;
  const causes = new Map<string, string>();
  const aggregates = new Map<string, AggregateFact>();
  for (const need of policy.compiled?.aggregates ?? []) {
    const sum = await aggregate(tx, need, question);
    if (sum === undefined)
      causes.set(need.key, `an earlier transfer has no value in ${need.currency}`);
    else aggregates.set(need.key, { total: sum });
  }
  for (const currency of policy.compiled?.currencies ?? []) {
    if (prices.cause !== undefined) causes.set(`price ${asset} in ${currency}`, prices.cause);
  }
  return {
    now,
    activity: 'transfer',
    request: { wallet, asset, units, recipient, initiator },
    prices: new Map([[asset, prices.quotes]]),
    aggregates,
    causes,
  };
}

/** Undefined, which the policy takes as missing, where this total is not kept. */
async function aggregate(
  tx: Tx,
  { currency, window }: AggregateNeed,
  { now, wallet, transfer }: TransferQuestion,
): Promise<bigint | undefined> {
  if (currency === undefined || window.kind !== 'last') return undefined;
  return sumReserved(tx, {
    wallet: wallet.id,
    currency,
    now,
    windowMs: window.ms,
    ...(transfer === undefined ? {} : { except: transfer }),
  });
}

/**
 * The value of an amount in minor units by currency, at these quotes. Rounded up: against a limit a
 * fraction of a cent counts as a cent.
 */
export function valuesOf(
  asset: AssetId,
  units: bigint,
  quotes: readonly Quote[],
  now: Instant,
): Readonly<Record<string, string>> {
  const { decimals } = findAsset(asset);
  const fresh = quotes.filter((quote) => Math.abs(now - quote.asOf) <= quote.maxAgeMs);
  return Object.fromEntries(
    fresh.map(({ price }) => [price.currency, ledgerValue(units, decimals, price).toString()]),
  );
}

/** Plain JSON: maps as objects, whole numbers beyond 2^53 as text, absent fields left out. */
export function plain(value: unknown): Canonical {
  if (typeof value === 'bigint') return value.toString();
  if (value instanceof Map) {
    return Object.fromEntries([...value].map(([key, entry]) => [String(key), plain(entry)]));
  }
  if (value instanceof Set || Array.isArray(value)) return [...value].map(plain);
  if (typeof value === 'object' && value !== null) {
    const fields = Object.entries(value).filter(([, entry]) => entry !== undefined);
    return Object.fromEntries(fields.map(([key, entry]) => [key, plain(entry)]));
  }
  return value as Canonical;
}
