/** Lists and groups that policies read `from "registry"`. */
import { Arg, Ctx, FieldResolver, Mutation, Query, Resolver, Root } from 'type-graphql';
import type { UserId } from '#core/ids.ts';
import { readGroups, readLists, setAddressList, setGroup } from '#workflow/registry.ts';
import {
  AddressList,
  Group,
  GroupMember,
  SetAddressListInput,
  SetAddressListPayload,
  SetGroupInput,
  SetGroupPayload,
} from '#schema/registry.ts';
import { type ChangeView, changeView } from './change-view.ts';
import type { Context } from './context.ts';
import { type UserAction, UserActionArg } from './user-action.ts';
import { requireUser, type UserView } from './user-resolver.ts';

type MemberView = { readonly email: string; readonly user: UserId };
type GroupView = Omit<Group, 'members'> & { readonly members: readonly MemberView[] };

@Resolver()
export class ListsResolver {
  @Query(() => [AddressList], {
    description: 'The address lists that policies can read `from "registry"`, by name.',
  })
  async addressLists(@Ctx() { services, actor }: Context): Promise<readonly AddressList[]> {
    return readLists(services, await actor());
  }

  @Query(() => [Group], {
    description: 'The groups that policies can read `from "registry"`, by name.',
  })
  async groups(@Ctx() { services, actor }: Context): Promise<readonly GroupView[]> {
    return readGroups(services, await actor());
  }

  @Mutation(() => SetAddressListPayload, {
    description:
      'Makes a list, or puts another in its place; policies that read it decide by it at once. ' +
      'Signed by a person.',
  })
  async setAddressList(
    @Arg('input', () => SetAddressListInput, { description: 'The whole list.' })
    input: SetAddressListInput,
    @UserActionArg() userAction: UserAction,
    @Ctx() { services, actor }: Context,
  ): Promise<{ readonly change: ChangeView }> {
    return { change: changeView(await setAddressList(services, await actor(), input, userAction)) };
  }

  @Mutation(() => SetGroupPayload, {
    description:
      'Makes a group, or puts another in its place; policies that read it count by it at once. ' +
      'Signed by a person.',
  })
  async setGroup(
    @Arg('input', () => SetGroupInput, { description: 'The whole group.' })
    input: SetGroupInput,
    @UserActionArg() userAction: UserAction,
    @Ctx() { services, actor }: Context,
  ): Promise<{ readonly change: ChangeView }> {
    return { change: changeView(await setGroup(services, await actor(), input, userAction)) };
  }
}

@Resolver(() => GroupMember)
export class GroupMemberResolver {
  @FieldResolver()
  user(@Root() { user }: MemberView, @Ctx() context: Context): Promise<UserView> {
    return requireUser(context, user);
  }
}
