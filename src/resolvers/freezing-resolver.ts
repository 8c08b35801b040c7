/** Stopping a wallet, the organisation or a key, and letting it go on. */
import { Arg, Ctx, Mutation, Resolver } from 'type-graphql';
import {
  freezeOrganization,
  freezeWallet,
  unfreezeOrganization,
  unfreezeWallet,
} from '#workflow/freezing.ts';
import { readKey } from '#workflow/key.ts';
import { unlockKey } from '#workflow/unlock-key.ts';
import { readWallet } from '#workflow/wallet.ts';
import type { ChangeRequestRow } from '#persistence/change.ts';
import {
  FreezeOrganizationInput,
  FreezeOrganizationPayload,
  FreezeWalletInput,
  FreezeWalletPayload,
  UnfreezeOrganizationInput,
  UnfreezeOrganizationPayload,
  UnfreezeWalletInput,
  UnfreezeWalletPayload,
  UnlockKeyInput,
  UnlockKeyPayload,
} from '#schema/freezing.ts';
import { type ChangeView, changeView } from './change-view.ts';
import type { Context } from './context.ts';
import { type KeyView, keyView } from './key-view.ts';
import { type UserAction, UserActionArg } from './user-action.ts';
import { organizationView } from './user-resolver.ts';
import { type WalletView, walletView } from './wallet-view.ts';

type WalletChanged = { readonly wallet: WalletView; readonly change: ChangeView };
type OrganizationChanged = {
  readonly organization: Awaited<ReturnType<typeof organizationView>>;
  readonly change: ChangeView;
};

@Resolver()
export class FreezingResolver {
  @Mutation(() => FreezeWalletPayload, {
    description: 'Stops a wallet at once: it pays nothing until two people release it. Signed.',
  })
  async freezeWallet(
    @Arg('input', () => FreezeWalletInput, { description: 'The wallet.' })
    input: FreezeWalletInput,
    @UserActionArg() userAction: UserAction,
    @Ctx() context: Context,
  ): Promise<WalletChanged> {
    const { services, actor } = context;
    return walletOf(context, await freezeWallet(services, await actor(), input, userAction));
  }

  @Mutation(() => UnfreezeWalletPayload, {
    description:
      'Asks to release a wallet; another person has to approve of it. Signed by a person.',
  })
  async unfreezeWallet(
    @Arg('input', () => UnfreezeWalletInput, { description: 'The wallet.' })
    input: UnfreezeWalletInput,
    @UserActionArg() userAction: UserAction,
    @Ctx() context: Context,
  ): Promise<WalletChanged> {
    const { services, actor } = context;
    return walletOf(context, await unfreezeWallet(services, await actor(), input, userAction));
  }

  @Mutation(() => FreezeOrganizationPayload, {
    description:
      'Stops every wallet of the organisation at once, until two people release it. Signed.',
  })
  async freezeOrganization(
    @Arg('input', () => FreezeOrganizationInput, { description: "One's own organisation." })
    input: FreezeOrganizationInput,
    @UserActionArg() userAction: UserAction,
    @Ctx() context: Context,
  ): Promise<OrganizationChanged> {
    const { services, actor } = context;
    return organizationOf(
      context,
      await freezeOrganization(services, await actor(), input, userAction),
    );
  }

  @Mutation(() => UnfreezeOrganizationPayload, {
    description:
      'Asks to release the organisation; another person has to approve of it. Signed by a person.',
  })
  async unfreezeOrganization(
    @Arg('input', () => UnfreezeOrganizationInput, { description: "One's own organisation." })
    input: UnfreezeOrganizationInput,
    @UserActionArg() userAction: UserAction,
    @Ctx() context: Context,
  ): Promise<OrganizationChanged> {
    const { services, actor } = context;
    return organizationOf(
      context,
      await unfreezeOrganization(services, await actor(), input, userAction),
    );
  }

  @Mutation(() => UnlockKeyPayload, {
    description:
      'Forgives what locked a key, as far as the organisation is concerned: the operator of each node ' +
      'must agree as well, and then the key is refreshed. Signed by a person.',
  })
  async unlockKey(
    @Arg('input', () => UnlockKeyInput, { description: 'The key.' })
    input: UnlockKeyInput,
    @UserActionArg() userAction: UserAction,
    @Ctx() { services, actor }: Context,
  ): Promise<{ readonly key: KeyView; readonly change: ChangeView }> {
    const asking = await actor();
    const change = await unlockKey(services, asking, input, userAction);
    return {
      key: keyView(await readKey(services, asking, change.subject)),
      change: changeView(change),
    };
  }
}

async function walletOf(
  { services, actor }: Context,
  change: ChangeRequestRow,
): Promise<WalletChanged> {
  const wallet = await readWallet(services, await actor(), change.subject);
  return { wallet: walletView(wallet), change: changeView(change) };
}

const organizationOf = async (
  context: Context,
  change: ChangeRequestRow,
): Promise<OrganizationChanged> => ({
  organization: await organizationView(context, change.organization),
  change: changeView(change),
});
