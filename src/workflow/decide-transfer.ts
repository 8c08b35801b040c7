/**
 * One decision about one transfer: gathers the facts, asks the policy, and keeps both for the
 * record.
 */
import type { OrganizationId, TransferId } from '#core/ids.ts';
import type { AssetId } from '#core/money.ts';
import type { Instant } from '#core/time.ts';
import type { Asset } from '#chains/adapter.ts';
import { freshId } from '#identity/services.ts';
import type { SpendingActivity } from '#mandate/intent.ts';
import { ledgerValue } from '#policy-lang/values/exact.ts';
import { isQuoteGood } from '#policy-lang/deciding/quotes.ts';
import { registryFact } from '#policy-lang/registry.ts';
import type { Quote, RequestFacts, Snapshot } from '#policy-lang/snapshot.ts';
import type { Tx } from '#persistence/database.ts';
import type { WalletRow } from '#persistence/wallet.ts';
import { type Decided, decidedOf } from '#identity/decision-record.ts';
import type { Inputs } from './gather-inputs.ts';
import { type Initiator, initiatorFacts } from './initiator.ts';
import { decideWith, type PolicyInForce } from './policy-in-force.ts';
import { runningTotals } from './running-totals.ts';
import { screeningCauses, screeningFacts } from './screening-facts.ts';
import type { Services } from './services.ts';

/** A transfer or allowance as the platform knows it, before it is described to a policy. */
export type TransferQuestion = {
  readonly now: Instant;
  readonly organization: OrganizationId;
  readonly activity: SpendingActivity;
  readonly wallet: Pick<WalletRow, 'id' | 'network' | 'tags' | 'address'>;
  readonly asset: AssetId;
  readonly units: bigint;
  readonly recipient: string;
  readonly initiator: Initiator;
  readonly inputs: Inputs;
  /** The transfer itself, where its own reservation exists already. */
  readonly transfer?: TransferId;
};

/**
 * The caller holds the wallet's row lock and has called `lockTotals`, or asks without consequence.
 */
export async function decideTransfer(
  services: Services,
  tx: Tx,
  policy: PolicyInForce,
  question: TransferQuestion,
): Promise<Decided> {
  const snapshot = await snapshotOf(tx, policy, question);
  return decidedOf(freshId(services, 'decision'), snapshot, decideWith(policy, snapshot));
}

async function snapshotOf(
  tx: Tx,
  policy: PolicyInForce,
  question: TransferQuestion,
): Promise<Snapshot> {
  const { now, organization, activity, asset, inputs, transfer } = question;
  const request = requestFacts(policy, question);
  const of = { organization, now, request, ...(transfer === undefined ? {} : { transfer }) };
  const { compiled } = policy;
  const totals = compiled && (await runningTotals(tx, compiled, of));
  const causes = new Map([...(totals?.causes ?? []), ...screeningCauses(inputs.screening)]);
  for (const currency of compiled?.currencies ?? []) {
    const { cause } = inputs.prices;
    if (cause !== undefined) causes.set(`price ${asset} in ${currency}`, cause);
  }
  return {
    now,
    activity,
    request,
    prices: new Map([[asset, inputs.prices.quotes]]),
    aggregates: totals?.facts ?? new Map(),
    causes,
    ...(compiled === undefined ? {} : registryFact(compiled)),
  };
}

function requestFacts(policy: PolicyInForce, question: TransferQuestion): RequestFacts {
  const { wallet, asset, units, recipient, initiator, inputs } = question;
  const { id, tags, address } = wallet;
  return {
    network: wallet.network,
    wallet: { id, tags, ...(typeof address === 'string' ? { address } : {}) },
    initiator: initiatorFacts(policy, initiator),
    asset,
    units,
    recipient,
    ...(inputs.screening === undefined ? {} : { screening: screeningFacts(inputs.screening) }),
  };
}

/**
 * The value of an amount in minor units by currency, at these quotes. Rounded up: against a limit a
 * fraction of a cent counts as a cent.
 */
export function valuesOf(
  { decimals }: Pick<Asset, 'decimals'>,
  units: bigint,
  quotes: readonly Quote[],
  now: Instant,
): Readonly<Record<string, string>> {
  const fresh = quotes.filter((quote) => isQuoteGood(quote, now));
  return Object.fromEntries(
    fresh.map(({ price }) => [price.currency, ledgerValue(units, decimals, price).toString()]),
  );
}
