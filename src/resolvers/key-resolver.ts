/** Keys, and what the signer nodes do with them. */
import { Arg, Args, Ctx, FieldResolver, ID, Mutation, Query, Resolver, Root } from 'type-graphql';
import { hasPermission } from '#mandate/permissions.ts';
import type { KeyRow } from '#persistence/key.ts';
import {
  createKey,
  exportKey,
  importKey,
  listKeys,
  readExtendedKey,
  readKey,
  refreshKey,
  reshareKey,
} from '#workflow/key.ts';
import { listWallets } from '#workflow/wallet.ts';
import {
  CreateKeyInput,
  CreateKeyPayload,
  ExportKeyInput,
  ExportKeyPayload,
  ImportKeyInput,
  ImportKeyPayload,
  Key,
  KeyConnection,
  RefreshKeyInput,
  RefreshKeyPayload,
  ReshareKeyInput,
  ReshareKeyPayload,
} from '#schema/key.ts';
import { type Connection, PageArgs } from '#schema/node.ts';
import { type ChangeView, changeOf } from './change-view.ts';
import { connectionView } from './connection.ts';
import type { Context } from './context.ts';
import { type KeyView, keyView } from './key-view.ts';
import { type UserAction, UserActionArg } from './user-action.ts';
import { requireUser, type UserView } from './user-resolver.ts';
import { type WalletView, walletView } from './wallet-view.ts';

type KeyChanged = { readonly key: KeyView; readonly change: ChangeView };

const keyChanged = async (
  context: Context,
  operation: string,
  key: KeyRow,
): Promise<KeyChanged> => ({
  key: keyView(key),
  change: await changeOf(context, operation, key.id),
});

@Resolver(() => Key)
export class KeyResolver {
  @Query(() => KeyConnection, { description: 'The keys of the organisation.' })
  async keys(
    @Args(() => PageArgs) page: PageArgs,
    @Ctx() { services, actor }: Context,
  ): Promise<Connection<KeyView>> {
    return connectionView(await listKeys(services, await actor(), page), keyView);
  }

  @Query(() => Key, { description: 'The key with this id.' })
  async key(
    @Arg('id', () => ID, { description: 'The id of the key.' }) id: string,
    @Ctx() { services, actor }: Context,
  ): Promise<KeyView> {
    return keyView(await readKey(services, await actor(), id));
  }

  @Mutation(() => CreateKeyPayload, {
    description: 'Has the signer nodes make a key that wallets are derived from. Signed.',
  })
  async createKey(
    @Arg('input', () => CreateKeyInput, { description: 'The key to be made.' })
    input: CreateKeyInput,
    @UserActionArg() userAction: UserAction,
    @Ctx() context: Context,
  ): Promise<KeyChanged> {
    return keyChanged(
      context,
      'createKey',
      await createKey(context.services, await context.actor(), input, userAction),
    );
  }

  @Mutation(() => RefreshKeyPayload, {
    description:
      'Has every signer node take a new share of a key: old shares are worth nothing afterwards. ' +
      'The key and its wallets stay. Signed.',
  })
  async refreshKey(
    @Arg('input', () => RefreshKeyInput, { description: 'The key.' })
    input: RefreshKeyInput,
    @UserActionArg() userAction: UserAction,
    @Ctx() context: Context,
  ): Promise<KeyChanged> {
    return keyChanged(
      context,
      'refreshKey',
      await refreshKey(context.services, await context.actor(), input, userAction),
    );
  }

  @Mutation(() => ReshareKeyPayload, {
    description:
      'Gives a key to other signer nodes, or under another threshold. It waits for the word of the ' +
      'operator of each dealer. The key and its wallets stay. Signed.',
  })
  async reshareKey(
    @Arg('input', () => ReshareKeyInput, { description: 'The key, and who is to hold it.' })
    input: ReshareKeyInput,
    @UserActionArg() userAction: UserAction,
    @Ctx() context: Context,
  ): Promise<KeyChanged> {
    return keyChanged(
      context,
      'reshareKey',
      await reshareKey(context.services, await context.actor(), input, userAction),
    );
  }

  @Mutation(() => ImportKeyPayload, {
    description:
      'Has the signer nodes take in a key that a dealer has split for them. It waits for the word of ' +
      'enough of their operators. Signed.',
  })
  async importKey(
    @Arg('input', () => ImportKeyInput, { description: 'The key, and its dealing.' })
    input: ImportKeyInput,
    @UserActionArg() userAction: UserAction,
    @Ctx() context: Context,
  ): Promise<KeyChanged> {
    return keyChanged(
      context,
      'importKey',
      await importKey(context.services, await context.actor(), input, userAction),
    );
  }

  @Mutation(() => ExportKeyPayload, {
    description:
      'Lets a key leave, its shares encrypted to a recipient. It waits for the word of the operator ' +
      'of each exporter; then nobody signs with it any more. Signed.',
  })
  async exportKey(
    @Arg('input', () => ExportKeyInput, { description: 'The key, and who receives it.' })
    input: ExportKeyInput,
    @UserActionArg() userAction: UserAction,
    @Ctx() context: Context,
  ): Promise<KeyChanged> {
    return keyChanged(
      context,
      'exportKey',
      await exportKey(context.services, await context.actor(), input, userAction),
    );
  }

  @FieldResolver(() => String, { nullable: true })
  async xpub(
    @Root() { row }: KeyView,
    @Arg('path', () => String, {
      defaultValue: 'm',
      description: 'A BIP-32 path without hardened steps, e.g. `m/44/60/0/0`.',
    })
    path: string,
    @Ctx() { actor }: Context,
  ): Promise<string | null> {
    return readExtendedKey(await actor(), row, path) ?? null;
  }

  @FieldResolver()
  async exportedShares(
    @Root() { row }: KeyView,
    @Ctx() { actor }: Context,
  ): Promise<readonly string[] | null> {
    const isAllowed = hasPermission(await actor(), 'keys:export');
    return isAllowed ? (row.exported?.shares ?? null) : null;
  }

  @FieldResolver()
  createdBy(@Root() { row }: KeyView, @Ctx() context: Context): Promise<UserView> {
    return requireUser(context, row.createdBy);
  }

  @FieldResolver()
  async wallets(
    @Root() { id }: KeyView,
    @Args(() => PageArgs) page: PageArgs,
    @Ctx() { services, actor }: Context,
  ): Promise<Connection<WalletView>> {
    return connectionView(
      await listWallets(services, await actor(), page, { key: id }),
      walletView,
    );
  }
}
