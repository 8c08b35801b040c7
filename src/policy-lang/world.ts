/** What the compiler must know about the world outside the bundle. */
import type { AssetId, NetworkId } from '#core/money.ts';
import type { Registry } from './registry.ts';
import type { Instant } from '#core/time.ts';

/** Families whose addresses the language can read. */
export type AddressFamily = 'evm' | 'solana' | 'bitcoin';

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
  /** Whether a user may not act now. A suspended member of a group approves nothing. */
  readonly isSuspended?: (user: string) => boolean;
  /** What `from "registry"` reads. Such imports do not compile where it is absent. */
  readonly registry?: Registry;
  /**
   * The bundle passed all checks when it was published. The registry goes on changing since then: a list
   * that has become empty, or a group too small for its quorum, is no fault of the bundle any more.
   */
  readonly isPublished?: boolean;
  /** The version in force: a new one must be higher. */
  readonly previousVersion?: number;
  /** How long the platform keeps the requests that totals add up, in milliseconds. */
  readonly historyMs?: number;
  /** Versions that are published already, with the times in which they are in force. */
  readonly versions?: readonly PublishedVersion[];
};

/**
 * The same with an organisation's registry: its lists and groups, and its tokens beside the assets that
 * everybody knows.
 */
export const withRegistry = (world: World, registry: Registry | undefined): World =>
  registry === undefined
    ? world
    : { ...world, registry, assets: new Map([...registry.assets, ...world.assets]) };

export type PublishedVersion = {
  readonly version: number;
  readonly effective: { readonly from: Instant; readonly until?: Instant };
};
