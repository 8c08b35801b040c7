/**
 * The facts of one decision, as the conditions ask for them. A fact that the snapshot does not
 * hold, or that is too old, is undefined here; `causeOf` says why.
 */
import type { AssetId } from '#core/money.ts';
import { type AddressKey, addressKey } from './address.ts';
import type { AggregateNeed } from './compiled-policy.ts';
import { type Exact, add, fiat, worth } from './exact.ts';
import type { Quote, Snapshot } from './snapshot.ts';
import type { AssetFact } from './world.ts';

export class Facts {
  readonly snapshot: Snapshot;
  readonly tags: ReadonlySet<string> | undefined;
  readonly recipient: AddressKey | undefined;
  readonly asset: AssetId | undefined;
  /** Absent for an asset that the compiler did not know either. */
  readonly assetFact: AssetFact | undefined;
  readonly units: bigint | undefined;
  readonly #values = new Map<string, Exact | undefined>();

  constructor(snapshot: Snapshot, assets: ReadonlyMap<AssetId, AssetFact>) {
    const { wallet, asset, units, recipient } = snapshot.request;
    this.snapshot = snapshot;
    this.tags = wallet?.tags && new Set(wallet.tags);
    this.recipient = recipient === undefined ? undefined : addressKey(recipient);
    this.asset = asset;
    this.assetFact = asset && assets.get(asset);
    this.units = units !== undefined && units >= 0n ? units : undefined;
  }

  /** The quote that counts at `now`: of this currency, and neither too old nor from the future. */
  quote(currency: string): Quote | undefined {
    const quotes = this.asset && this.snapshot.prices.get(this.asset);
    const quote = quotes?.find((candidate) => candidate.price.currency === currency);
    if (quote === undefined) return undefined;
    const ageMs = this.snapshot.now - quote.asOf;
    return Math.abs(ageMs) <= quote.maxAgeMs ? quote : undefined;
  }

  /** What the request is worth in a currency. */
  value(currency: string): Exact | undefined {
    if (this.#values.has(currency)) return this.#values.get(currency);
    const quote = this.quote(currency);
    const value =
      quote === undefined || this.units === undefined || this.assetFact === undefined
        ? undefined
        : worth(this.units, this.assetFact.decimals, quote.price);
    this.#values.set(currency, value);
    return value;
  }

  /** A running total, with the request itself where the need says so. */
  total(need: AggregateNeed): Exact | undefined {
    const before = this.snapshot.aggregates.get(need.key)?.total;
    if (before === undefined || before < 0n || need.currency === undefined) return undefined;
    if (!need.includesThis) return fiat(before);
    const value = this.value(need.currency);
    return value && add(fiat(before), value);
  }

  /** The paths that keep `value` from being known. */
  missingForValue(currency: string): string[] {
    if (this.asset === undefined) return ['asset'];
    if (this.assetFact === undefined) return ['asset'];
    const paths = this.units === undefined ? ['amount'] : [];
    return this.quote(currency) === undefined
      ? [...paths, `price ${this.asset} in ${currency}`]
      : paths;
  }

  missingForTotal({ key, currency, includesThis }: AggregateNeed): string[] {
    const before = this.snapshot.aggregates.get(key)?.total;
    const paths = before === undefined || before < 0n ? [key] : [];
    if (!includesThis || currency === undefined) return paths;
    return [...paths, ...this.missingForValue(currency)];
  }

  /** Why the fact at a path is missing, in words; undefined when nobody said. */
  causeOf(path: string): string | undefined {
    const stated = this.snapshot.causes?.get(path);
    if (stated !== undefined) return stated;
    if (!path.startsWith('price ') || this.asset === undefined) return undefined;
    const currency = path.slice(path.lastIndexOf(' ') + 1);
    const quotes = this.snapshot.prices.get(this.asset) ?? [];
    const stale = quotes.some((quote) => quote.price.currency === currency);
    return stale ? 'the last quote is too old' : 'there is no quote';
  }
}
