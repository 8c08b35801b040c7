/** Policies. */
import { Arg, Args, Ctx, FieldResolver, Int, Mutation, Query, Resolver, Root } from 'type-graphql';
import { listPolicyBundles, readPolicyBundle } from '#workflow/policy.ts';
import { publishPolicy } from '#workflow/publish-policy.ts';
import { type Connection, PageArgs } from '#schema/node.ts';
import {
  PolicyBundle,
  PolicyBundleConnection,
  PublishPolicyInput,
  PublishPolicyPayload,
} from '#schema/policy.ts';
import { HexScalar } from '#schema/scalars.ts';
import { type ChangeView, changeView } from './change-view.ts';
import { connectionView } from './connection.ts';
import type { Context } from './context.ts';
import { type BundleView, bundleView } from './policy-view.ts';
import { requireUser, type UserView } from './user-resolver.ts';
import { type UserAction, UserActionArg } from './user-action.ts';

@Resolver(() => PolicyBundle)
export class PolicyBundleResolver {
  @Query(() => PolicyBundleConnection, { description: 'The policies that were published.' })
  async policyBundles(
    @Args(() => PageArgs) page: PageArgs,
    @Ctx() { services, actor }: Context,
  ): Promise<Connection<BundleView>> {
    return connectionView(await listPolicyBundles(services, await actor(), page), bundleView);
  }

  @Query(() => PolicyBundle, { description: 'One version of the policy.' })
  async policyBundle(
    @Arg('version', () => Int, { nullable: true, description: 'Its version; absent: the newest.' })
    version: number | null | undefined,
    @Arg('hash', () => HexScalar, {
      nullable: true,
      description: 'Its hash, as a decision names it.',
    })
    hash: string | null | undefined,
    @Ctx() { services, actor }: Context,
  ): Promise<BundleView> {
    return bundleView(await readPolicyBundle(services, await actor(), version, hash));
  }

  @Mutation(() => PublishPolicyPayload, {
    description: 'Requests that a bundle is put in force. It is checked and tested first. Signed.',
  })
  async publishPolicy(
    @Arg('input', () => PublishPolicyInput, { description: 'The bundle.' })
    input: PublishPolicyInput,
    @UserActionArg() userAction: UserAction,
    @Ctx() { services, actor }: Context,
  ): Promise<{ readonly changeRequest: ChangeView }> {
    const { change } = await publishPolicy(services, await actor(), input, userAction);
    return { changeRequest: changeView(change) };
  }

  @FieldResolver()
  publishedBy(@Root() { row }: BundleView, @Ctx() context: Context): Promise<UserView> {
    return requireUser(context, row.publishedBy);
  }
}
