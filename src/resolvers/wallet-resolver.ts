/** Wallets. */
import { Arg, Args, Ctx, FieldResolver, ID, Mutation, Query, Resolver, Root } from 'type-graphql';
import { updateWallet } from '#workflow/update-wallet.ts';
import { listTransfers } from '#workflow/transfer.ts';
import {
  createWallet,
  listWallets,
  readBalances,
  readLocalWallet,
  readWallet,
} from '#workflow/wallet.ts';
import { type Connection, PageArgs } from '#schema/node.ts';
import {
  CreateWalletInput,
  CreateWalletPayload,
  LocalWallet,
  UpdateWalletInput,
  UpdateWalletPayload,
  Wallet,
  WalletConnection,
} from '#schema/wallet.ts';
import { type ChangeView, changeOf, changeView } from './change-view.ts';
import { connectionView } from './connection.ts';
import type { Context } from './context.ts';
import { type KeyView, keyView } from './key-view.ts';
import { assetOf, displayAmount, type NetworkView, networkView } from './registry-resolver.ts';
import { type TransferView, transferView } from './transfer-view.ts';
import { type WalletView, walletView } from './wallet-view.ts';
import { requireUser, type UserView } from './user-resolver.ts';
import { type UserAction, UserActionArg } from './user-action.ts';

@Resolver(() => Wallet)
export class WalletResolver {
  @Query(() => WalletConnection, { description: 'The wallets of the organisation.' })
  async wallets(
    @Args(() => PageArgs) page: PageArgs,
    @Ctx() { services, actor }: Context,
  ): Promise<Connection<WalletView>> {
    return connectionView(await listWallets(services, await actor(), page), walletView);
  }

  @Query(() => Wallet, { description: 'The wallet with this id.' })
  async wallet(
    @Arg('id', () => ID, { description: 'The id of the wallet.' }) id: string,
    @Ctx() { services, actor }: Context,
  ): Promise<WalletView> {
    return walletView(await readWallet(services, await actor(), id));
  }

  @Query(() => LocalWallet, {
    description:
      'A wallet on a local network, for the operator who funds it. The operator token is sent as `Authorization: Bearer`.',
  })
  async localWallet(
    @Arg('id', () => ID, { description: 'The id of the wallet.' }) id: string,
    @Ctx() { services, operatorToken, token }: Context,
  ): Promise<LocalWallet> {
    const tokens = { own: operatorToken, sent: token };
    const { address, network } = await readLocalWallet(services, tokens, id);
    return { id, address, network };
  }

  @Mutation(() => CreateWalletPayload, {
    description: 'Makes a wallet; the signer nodes then generate its key. Signed.',
  })
  async createWallet(
    @Arg('input', () => CreateWalletInput, { description: 'The wallet to be made.' })
    input: CreateWalletInput,
    @UserActionArg() userAction: UserAction,
    @Ctx() context: Context,
  ): Promise<{ readonly wallet: WalletView; readonly change: ChangeView }> {
    const { services, actor } = context;
    const wallet = await createWallet(services, await actor(), input, userAction);
    const change = await changeOf(context, 'createWallet', wallet.id);
    return { wallet: walletView(wallet), change };
  }

  @Mutation(() => UpdateWalletPayload, {
    description:
      'Gives a wallet other tags; policies decide by them at once, also about payments that wait. ' +
      'Signed by a person.',
  })
  async updateWallet(
    @Arg('input', () => UpdateWalletInput, { description: 'The wallet and its tags.' })
    input: UpdateWalletInput,
    @UserActionArg() userAction: UserAction,
    @Ctx() { services, actor }: Context,
  ): Promise<{ readonly wallet: WalletView; readonly change: ChangeView }> {
    const asking = await actor();
    const change = await updateWallet(services, asking, input, userAction);
    const wallet = await readWallet(services, asking, change.subject);
    return { wallet: walletView(wallet), change: changeView(change) };
  }

  @FieldResolver()
  async frozen(@Root() { id }: WalletView, @Ctx() { loaders }: Context): Promise<boolean> {
    return (await loaders.authority())?.wallets.get(id)?.frozen === true;
  }

  @FieldResolver()
  network(@Root() { row }: WalletView): NetworkView {
    return networkView(row.network);
  }

  @FieldResolver()
  async key(@Root() { row }: WalletView, @Ctx() { loaders }: Context): Promise<KeyView> {
    const key = await loaders.key(row.key);
    if (key === undefined) throw new Error(`wallet ${row.id} names the unknown key ${row.key}`);
    return keyView(key);
  }

  @FieldResolver()
  createdBy(@Root() { row }: WalletView, @Ctx() context: Context): Promise<UserView> {
    return requireUser(context, row.createdBy);
  }

  @FieldResolver()
  async balances(@Root() { row }: WalletView, @Ctx() context: Context) {
    const { services, actor } = context;
    const balances = await readBalances(services, await actor(), row);
    return Promise.all(
      balances.map(async ({ asset: id, units }) => {
        const asset = await assetOf(context, id);
        return { asset, amount: units, display: displayAmount(asset, units) };
      }),
    );
  }

  @FieldResolver()
  async transfers(
    @Root() { id }: WalletView,
    @Args(() => PageArgs) page: PageArgs,
    @Ctx() { services, actor }: Context,
  ): Promise<Connection<TransferView>> {
    const filter = { walletId: id };
    return connectionView(await listTransfers(services, await actor(), filter, page), transferView);
  }
}
