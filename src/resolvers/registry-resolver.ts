/** Networks and assets: those that are built in, and the organisation's own tokens. */
import { Arg, Args, Ctx, FieldResolver, Mutation, Query, Resolver, Root } from 'type-graphql';
import {
  type AssetId,
  formatDecimal,
  type NetworkId,
  networkOf,
  parseAssetId,
  parseNetworkId,
  symbolOf,
} from '#core/money.ts';
import { registerAsset, retireAsset } from '#workflow/assets.ts';
import * as registry from '#workflow/networks.ts';
import {
  Asset,
  AssetConnection,
  AssetsArgs,
  Network,
  type NetworkAlarm,
  RegisterAssetInput,
  RegisterAssetPayload,
  RetireAssetInput,
  RetireAssetPayload,
} from '#schema/network.ts';
import type { Connection } from '#schema/node.ts';
import { connectionView, pageOfKeys } from './connection.ts';
import { type ChangeView, changeView } from './change-view.ts';
import type { Context } from './context.ts';
import { type UserAction, UserActionArg } from './user-action.ts';

/** `50000000000` of USDC -> `50,000 USDC`. */
export const displayAmount = ({ id, decimals }: AssetView, units: bigint): string =>
  `${formatDecimal(units, decimals)} ${symbolOf(id)}`;

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

const assetView = ({
  id,
  symbol,
  name,
  decimals,
  contract,
  retired,
}: registry.Asset): AssetView => ({
  id,
  symbol,
  name,
  decimals,
  retired: retired === true,
  ...(contract === undefined ? {} : { contract }),
});

/** An asset that a wallet, a transfer or a client names. @throws INVALID_INPUT, NOT_FOUND */
export const assetOf = async ({ services, actor }: Context, id: AssetId): Promise<AssetView> =>
  assetView(await registry.describeAsset(services, await actor(), id));

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
  nativeAsset(@Root() { native }: NetworkView, @Ctx() context: Context): Promise<AssetView> {
    return assetOf(context, native);
  }
}

@Resolver(() => Asset)
export class AssetResolver {
  @Query(() => AssetConnection, { description: 'The assets that the platform knows.' })
  async assets(
    @Args(() => AssetsArgs) args: AssetsArgs,
    @Ctx() { services, actor }: Context,
  ): Promise<Connection<AssetView>> {
    const assets = await registry.listAssets(services, await actor());
    const network = args.network ? parseNetworkId(args.network) : undefined;
    const search = args.search?.toLowerCase();
    const found = assets
      .filter((asset) => network === undefined || networkOf(asset.id) === network)
      .filter(
        ({ symbol, name }) =>
          search === undefined ||
          symbol.toLowerCase().includes(search) ||
          name.toLowerCase().includes(search),
      )
      .map((asset) => [asset.id, assetView(asset)] as const);
    const views = new Map(found);
    const page = pageOfKeys([...views.keys()], args);
    return connectionView(page, (id) => views.get(id) as AssetView);
  }

  @Query(() => Asset, { description: 'The asset with this id, e.g. `USDC@local-evm`.' })
  async asset(
    @Arg('id', () => String, { description: 'The id of the asset.' }) id: string,
    @Ctx() context: Context,
  ): Promise<AssetView> {
    return assetOf(context, parseAssetId(id, 'id'));
  }

  @Mutation(() => RegisterAssetPayload, {
    description:
      "Registers a token of the organisation's own: its wallets can pay it, and policies that are published " +
      'from then on know it. Signed by a person.',
  })
  async registerAsset(
    @Arg('input', () => RegisterAssetInput, { description: 'The token.' })
    input: RegisterAssetInput,
    @UserActionArg() userAction: UserAction,
    @Ctx() { services, actor }: Context,
  ): Promise<{ readonly change: ChangeView }> {
    return { change: changeView(await registerAsset(services, await actor(), input, userAction)) };
  }

  @Mutation(() => RetireAssetPayload, {
    description: 'Nothing new is paid with the token, for good. Signed by a person.',
  })
  async retireAsset(
    @Arg('input', () => RetireAssetInput, { description: 'The token.' })
    input: RetireAssetInput,
    @UserActionArg() userAction: UserAction,
    @Ctx() { services, actor }: Context,
  ): Promise<{ readonly change: ChangeView }> {
    return { change: changeView(await retireAsset(services, await actor(), input, userAction)) };
  }

  @FieldResolver()
  network(@Root() { id }: AssetView): NetworkView {
    return networkView(networkOf(id));
  }
}
