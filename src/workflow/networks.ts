/**
 * The networks and assets of the registry, and which networks this installation is connected to.
 */
import { isPlatformError } from '#core/errors.ts';
import type { AssetId, NetworkId } from '#core/money.ts';
import type { Asset as ChainAsset, Network } from '#chains/adapter.ts';
import { findNetwork, NETWORKS } from '#chains/registry.ts';
import type { Actor } from '#identity/actor.ts';
import { reader } from '#persistence/database.ts';
import { assetOf, listOwnAssets } from './assets.ts';
import type { Services } from './services.ts';

export type { Network };

/** Nothing new is paid with one that is retired. */
export type Asset = ChainAsset & { readonly retired?: boolean };

export const listNetworks = (): readonly Network[] => NETWORKS;

/** Every asset of every network and those of the organisation, retired ones too, sorted by id. */
export async function listAssets(services: Services, actor: Actor): Promise<readonly Asset[]> {
  const own = await listOwnAssets(services, actor);
  const all = [...NETWORKS.flatMap((network) => network.assets), ...own.values()];
  return all.toSorted((a, b) => (a.id < b.id ? -1 : 1));
}

/** @throws INVALID_INPUT, NOT_FOUND */
export const describeNetwork = (id: NetworkId): Network => findNetwork(id);

/** @throws INVALID_INPUT, NOT_FOUND */
export async function describeAsset(
  { db }: Services,
  { organization }: Actor,
  id: AssetId,
): Promise<Asset> {
  return builtIn(id) ?? assetOf(reader(db), organization, id);
}

const builtIn = (id: AssetId): Asset | undefined =>
  NETWORKS.flatMap((network) => network.assets).find((asset) => asset.id === id);

/** Whether this installation has an endpoint of the network. It does not ask the endpoint. */
export function isConnected(services: Pick<Services, 'chains'>, network: NetworkId): boolean {
  try {
    services.chains.connection(network);
    return true;
  } catch (error) {
    if (isPlatformError(error, 'NOT_CONFIGURED')) return false;
    throw error;
  }
}
