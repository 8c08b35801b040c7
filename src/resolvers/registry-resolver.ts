/** Networks and assets: the registry, which is the same for every organisation. */
import { Arg, Args, Ctx, FieldResolver, Query, Resolver, Root } from 'type-graphql';
import {
  type AssetId,
  formatDecimal,
  type NetworkId,
  networkOf,
  parseNetworkId,
  symbolOf,
} from '#core/money.ts';
import * as registry from '#workflow/networks.ts';
import { Asset, AssetConnection, AssetsArgs, Network, type NetworkAlarm } from '#schema/network.ts';
import type { Connection } from '#schema/node.ts';
import { connectionView, pageOfKeys } from './connection.ts';
import type { Context } from './context.ts';

/** `50000000000` of USDC -> `50,000 USDC`. */
export const displayAmount = (asset: AssetId, units: bigint): string =>
  `${formatDecimal(units, registry.describeAsset(asset).decimals)} ${symbolOf(asset)}`;

export type NetworkView = Omit<Network, 'nativeAsset' | 'connected' | 'alarm'> & {
  readonly id: NetworkId;
  readonly native: AssetId;
};

export function networkView(id: NetworkId): NetworkView {
  const network = registry.describeNetwork(id);
  return {
    id,
    name: network.name,
    family: network.family,
    chainId: network.family === 'evm' ? network.chainId.toString() : null,
    confirmations: network.confirmations,
    local: network.local,
    native: network.native,
  };
}

export type AssetView = Omit<Asset, 'network'> & { readonly id: AssetId };

export function assetView(id: AssetId): AssetView {
  const { symbol, name, decimals, contract } = registry.describeAsset(id);
  return { id, symbol, name, decimals, ...(contract === undefined ? {} : { contract }) };
}

@Resolver(() => Network)
export class NetworkResolver {
  @Query(() => [Network], { description: 'The networks that the platform knows.' })
  async networks(@Ctx() { actor }: Context): Promise<readonly NetworkView[]> {
    await actor();
    return registry.listNetworks().map(({ id }) => networkView(id));
  }

  @FieldResolver()
  connected(@Root() { id }: NetworkView, @Ctx() { services }: Context): boolean {
    return registry.isConnected(services, id);
  }

  @FieldResolver()
  async alarm(
    @Root() { id }: NetworkView,
    @Ctx() { loaders }: Context,
  ): Promise<NetworkAlarm | undefined> {
    const alarm = await loaders.alarm(id);
    return alarm && { message: alarm.message, since: alarm.raisedAt };
  }

  @FieldResolver()
  nativeAsset(@Root() { native }: NetworkView): AssetView {
    return assetView(native);
  }
}

@Resolver(() => Asset)
export class AssetResolver {
  @Query(() => AssetConnection, { description: 'The assets that the platform knows.' })
  async assets(
    @Args(() => AssetsArgs) args: AssetsArgs,
    @Ctx() { actor }: Context,
  ): Promise<Connection<AssetView>> {
    await actor();
    const network = args.network ? parseNetworkId(args.network) : undefined;
    const search = args.search?.toLowerCase();
    const ids = registry
      .listAssets()
      .filter((asset) => network === undefined || networkOf(asset.id) === network)
      .filter(
        ({ symbol, name }) =>
          search === undefined ||
          symbol.toLowerCase().includes(search) ||
          name.toLowerCase().includes(search),
      )
      .map(({ id }) => id);
    return connectionView(pageOfKeys(ids, args), assetView);
  }

  @Query(() => Asset, { description: 'The asset with this id, e.g. `USDC@local-evm`.' })
  async asset(
    @Arg('id', () => String, { description: 'The id of the asset.' }) id: string,
    @Ctx() { actor }: Context,
  ): Promise<AssetView> {
    await actor();
    return assetView(registry.describeAsset(id as AssetId).id);
  }

  @FieldResolver()
  network(@Root() { id }: AssetView): NetworkView {
    return networkView(networkOf(id));
  }
}
