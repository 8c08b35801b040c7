/**
 * The networks and assets of the registry, and which networks this installation is connected to.
 */
import { isPlatformError } from '#core/errors.ts';
import type { AssetId, NetworkId } from '#core/money.ts';
import type { Asset, Network } from '#chains/adapter.ts';
import { findAsset, findNetwork, NETWORKS } from '#chains/registry.ts';
import type { Services } from './services.ts';

export type { Asset, Network };

export const listNetworks = (): readonly Network[] => NETWORKS;

/** Every asset of every network, sorted by id. */
export const listAssets = (): readonly Asset[] =>
  NETWORKS.flatMap((network) => network.assets).toSorted((a, b) => (a.id < b.id ? -1 : 1));

/** @throws INVALID_INPUT, NOT_FOUND */
export const describeNetwork = (id: NetworkId): Network => findNetwork(id);

/** @throws INVALID_INPUT, NOT_FOUND */
export const describeAsset = (id: AssetId): Asset => findAsset(id);

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
