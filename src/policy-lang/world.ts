/** What the compiler must know about the world outside the bundle. */
import type { AssetId, NetworkId } from '#core/money.ts';

/** Families whose addresses the language can read. */
export type AddressFamily = 'evm' | 'solana';

export type AssetFact = {
  readonly decimals: number;
  readonly network: NetworkId;
  readonly family: AddressFamily;
};

export type World = {
  readonly assets: ReadonlyMap<AssetId, AssetFact>;
  /** Networks without an asset of their own in `assets` need a line here to appear in a list. */
  readonly networks?: ReadonlyMap<NetworkId, AddressFamily>;
  /**
   * The user id of an e-mail address, or undefined when the organisation has no such user. Where
   * the function is absent (at the command line), addresses stay unresolved and that is no error.
   */
  readonly resolveUser?: (email: string) => string | undefined;
  /** The version in force: a new one must be higher. */
  readonly previousVersion?: number;
};
