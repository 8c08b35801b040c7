/**
 * The facts of one decision, as conditions ask for them. A fact that the snapshot does not hold, or
 * that is too old, is undefined here; `missing.ts` says which and why. What conditions ask for
 * several times is worked out once.
 */
import { type AssetId, type NetworkId, networkOf } from '#core/money.ts';
import type { AddressKey } from '#policy-lang/values/address.ts';
import { knownAddressKey } from '#policy-lang/values/address-memory.ts';
import type { GroupMember } from '#policy-lang/compiled-policy.ts';
import { type Exact, worth } from '#policy-lang/values/exact.ts';
import type { AddressList } from '#policy-lang/imports/list-file.ts';
import { interned } from './interned.ts';
import { quoteAt } from './quotes.ts';
import type { Quote, RequestFacts, Snapshot } from '#policy-lang/snapshot.ts';
import type { AssetFact } from '#policy-lang/world.ts';

/** One object for each asset, so that two of them are told apart without reading their names. */
export type KnownAsset = AssetFact & { readonly id: AssetId };

export const knownAssets = (
  assets: ReadonlyMap<AssetId, AssetFact>,
): ReadonlyMap<AssetId, KnownAsset> =>
  new Map([...assets].map(([id, fact]) => [id, { ...fact, id: interned(id) }]));

/** What the names of a policy stand for, once it is linked. */
export type Linked = {
  readonly assets: ReadonlyMap<AssetId, KnownAsset>;
  readonly lists: ReadonlyMap<string, AddressList>;
  /** Addresses of imported contracts, by the name of the import. */
  readonly contracts: ReadonlyMap<string, AddressList>;
  readonly groups: ReadonlyMap<string, readonly GroupMember[]>;
};

/** Base units of the asset, of a contract call those that it sends; never negative. */
export function unitsOf({ activity, request }: Snapshot): bigint | undefined {
  const units = activity === 'contract-call' ? request.call?.value : request.units;
  return units !== undefined && units >= 0n ? units : undefined;
}

export class Facts {
  readonly snapshot: Snapshot;
  readonly request: RequestFacts;
  readonly linked: Linked;
  readonly wallet: string | undefined;
  readonly tags: readonly string[] | undefined;
  readonly asset: AssetId | undefined;
  /** Undefined where there is none, null where nobody has asked. */
  private knownAsset: KnownAsset | undefined | null;
  private recipientKey: AddressKey | undefined | null;
  /** The currency that was asked for first. */
  private currency: string | undefined;
  private firstValue: Exact | undefined;
  private moreValues: Map<string, Exact | undefined> | undefined;

  constructor(snapshot: Snapshot, linked: Linked) {
    this.snapshot = snapshot;
    const { request } = snapshot;
    const { wallet } = request;
    this.request = request;
    this.linked = linked;
    this.wallet = wallet?.id;
    this.tags = wallet?.tags;
    this.asset = request.asset;
    // Every field from the start, so that all facts have one shape.
    this.knownAsset = null;
    this.recipientKey = null;
    this.currency = undefined;
    this.firstValue = undefined;
    this.moreValues = undefined;
  }

  get roles(): readonly string[] | undefined {
    return this.request.initiator?.roles;
  }

  get network(): NetworkId | undefined {
    const { asset } = this;
    return this.request.network ?? (asset === undefined ? undefined : networkOf(asset));
  }

  get recipient(): AddressKey | undefined {
    if (this.recipientKey === null) {
      const written = this.request.recipient;
      this.recipientKey = written === undefined ? undefined : knownAddressKey(written);
    }
    return this.recipientKey;
  }

  get units(): bigint | undefined {
    return unitsOf(this.snapshot);
  }

  get isCall(): boolean {
    return this.snapshot.activity === 'contract-call';
  }

  /** Absent for an asset that the compiler did not know either. */
  get assetFact(): KnownAsset | undefined {
    if (this.knownAsset === null) {
      const { asset } = this;
      this.knownAsset = asset === undefined ? undefined : this.linked.assets.get(asset);
    }
    return this.knownAsset;
  }

  /** The quote that counts at `now`, of this currency. */
  quote(currency: string): Quote | undefined {
    const { assetFact, snapshot } = this;
    const asset = assetFact === undefined ? this.asset : assetFact.id;
    return asset === undefined
      ? undefined
      : quoteAt(snapshot.prices.get(asset), currency, snapshot.now);
  }

  /** What the request is worth in a currency. Most policies know one currency only. */
  value(currency: string): Exact | undefined {
    return this.currency === currency ? this.firstValue : this.newValue(currency);
  }

  private newValue(currency: string): Exact | undefined {
    if (this.currency === undefined) {
      this.currency = currency;
      this.firstValue = this.worthIn(currency);
      return this.firstValue;
    }
    this.moreValues ??= new Map();
    if (!this.moreValues.has(currency)) this.moreValues.set(currency, this.worthIn(currency));
    return this.moreValues.get(currency);
  }

  private worthIn(currency: string): Exact | undefined {
    const { units, assetFact } = this;
    if (units === undefined || assetFact === undefined) return undefined;
    const quote = this.quote(currency);
    return quote && worth(units, assetFact.decimals, quote.price);
  }
}
