/**
 * The facts of one decision, as conditions ask for them. A fact that the snapshot does not hold, or
 * that is too old, is undefined here; `missing.ts` says which and why. What conditions ask for
 * several times is worked out once.
 */
import { type AssetId, type NetworkId, networkOf } from '#core/money.ts';
import type { AddressKey } from './address.ts';
import { knownAddressKey } from './address-memory.ts';
import type { GroupMember } from './compiled-policy.ts';
import { type Exact, worth } from './exact.ts';
import type { AddressList } from './list-file.ts';
import type { Quote, RequestFacts, Snapshot } from './snapshot.ts';
import type { AssetFact } from './world.ts';

/** What the names of a policy stand for, once it is linked. */
export type Linked = {
  readonly assets: ReadonlyMap<AssetId, AssetFact>;
  readonly lists: ReadonlyMap<string, AddressList>;
  /** Addresses of imported contracts, by the name of the import. */
  readonly contracts: ReadonlyMap<string, AddressList>;
  readonly groups: ReadonlyMap<string, readonly GroupMember[]>;
};

/** The values of the request in the currencies that were asked for. */
type Valued = { readonly currency: string; readonly value: Exact | undefined };

export class Facts {
  readonly snapshot: Snapshot;
  readonly request: RequestFacts;
  readonly linked: Linked;
  #recipient: AddressKey | undefined;
  #recipientRead = false;
  #valued: Valued | undefined;
  #more: Map<string, Exact | undefined> | undefined;

  constructor(snapshot: Snapshot, linked: Linked) {
    this.snapshot = snapshot;
    this.request = snapshot.request;
    this.linked = linked;
  }

  get tags(): readonly string[] | undefined {
    return this.request.wallet?.tags;
  }

  get roles(): readonly string[] | undefined {
    return this.request.initiator?.roles;
  }

  get asset(): AssetId | undefined {
    return this.request.asset;
  }

  get network(): NetworkId | undefined {
    const { network, asset } = this.request;
    return network ?? (asset === undefined ? undefined : networkOf(asset));
  }

  get recipient(): AddressKey | undefined {
    if (!this.#recipientRead) {
      const written = this.request.recipient;
      this.#recipient = written === undefined ? undefined : knownAddressKey(written);
      this.#recipientRead = true;
    }
    return this.#recipient;
  }

  /** Base units of the asset, which a contract call may state as its value; never negative. */
  get units(): bigint | undefined {
    const { request } = this;
    const units = request.units ?? request.call?.value;
    return units !== undefined && units >= 0n ? units : undefined;
  }

  get isCall(): boolean {
    return this.snapshot.activity === 'contract-call';
  }

  /** Absent for an asset that the compiler did not know either. */
  get assetFact(): AssetFact | undefined {
    const { asset } = this.request;
    return asset === undefined ? undefined : this.linked.assets.get(asset);
  }

  /** The quote that counts at `now`: of this currency, and neither too old nor from the future. */
  quote(currency: string): Quote | undefined {
    const { asset } = this.request;
    const quotes = asset === undefined ? undefined : this.snapshot.prices.get(asset);
    if (quotes === undefined) return undefined;
    for (const quote of quotes) {
      if (quote.price.currency !== currency) continue;
      const ageMs = this.snapshot.now - quote.asOf;
      return ageMs <= quote.maxAgeMs && -ageMs <= quote.maxAgeMs ? quote : undefined;
    }
    return undefined;
  }

  /** What the request is worth in a currency. Most policies know one currency only. */
  value(currency: string): Exact | undefined {
    const first = this.#valued;
    if (first === undefined) {
      const value = this.#worthIn(currency);
      this.#valued = { currency, value };
      return value;
    }
    if (first.currency === currency) return first.value;
    this.#more ??= new Map();
    if (!this.#more.has(currency)) this.#more.set(currency, this.#worthIn(currency));
    return this.#more.get(currency);
  }

  #worthIn(currency: string): Exact | undefined {
    const { units, assetFact } = this;
    if (units === undefined || assetFact === undefined) return undefined;
    const quote = this.quote(currency);
    return quote && worth(units, assetFact.decimals, quote.price);
  }
}
