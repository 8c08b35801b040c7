/** Changes of authority. */
import { Arg, Args, Ctx, FieldResolver, ID, Mutation, Query, Resolver, Root } from 'type-graphql';
import { readApprovalOfChange } from '#workflow/approval.ts';
import { readChangeProof } from '#workflow/change-evidence.ts';
import { listChanges, readChange, withdrawChange } from '#workflow/change.ts';
import { bundleOf } from '#workflow/publish-policy.ts';
import {
  type ChangeProof,
  ChangeRequest,
  ChangeRequestConnection,
  ChangesArgs,
  WithdrawChangeInput,
  WithdrawChangePayload,
} from '#schema/change.ts';
import type { Connection } from '#schema/node.ts';
import { type ApprovalView, approvalView } from './approval-view.ts';
import { type ChangeView, changeView } from './change-view.ts';
import { connectionView } from './connection.ts';
import type { Context } from './context.ts';
import { type BundleView, bundleView } from './policy-view.ts';
import { requireUser, type UserView } from './user-resolver.ts';

@Resolver(() => ChangeRequest)
export class ChangeRequestResolver {
  @Query(() => ChangeRequestConnection, {
    description: 'The changes of authority of the organisation.',
  })
  async changes(
    @Args(() => ChangesArgs) { state, subject, ...page }: ChangesArgs,
    @Ctx() { services, actor }: Context,
  ): Promise<Connection<ChangeView>> {
    const found = await listChanges(services, await actor(), { state, subject }, page);
    return connectionView(found, changeView);
  }

  @Query(() => ChangeRequest, { description: 'The change of authority with this id.' })
  async change(
    @Arg('id', () => ID, { description: 'The id of the change.' }) id: string,
    @Ctx() { services, actor }: Context,
  ): Promise<ChangeView> {
    return changeView(await readChange(services, await actor(), id));
  }

  @Mutation(() => WithdrawChangePayload, {
    description: 'Takes back a change that waits for approvals. Whoever requested it may.',
  })
  async withdrawChange(
    @Arg('input', () => WithdrawChangeInput, { description: 'The change.' })
    input: WithdrawChangeInput,
    @Ctx() { services, actor }: Context,
  ): Promise<{ readonly change: ChangeView }> {
    return { change: changeView(await withdrawChange(services, await actor(), input)) };
  }

  @FieldResolver()
  requestedBy(@Root() { row }: ChangeView, @Ctx() context: Context): Promise<UserView> {
    return requireUser(context, row.requestedBy);
  }

  @FieldResolver()
  async approval(
    @Root() { row }: ChangeView,
    @Ctx() { services, actor }: Context,
  ): Promise<ApprovalView | undefined> {
    const approval = await readApprovalOfChange(services, await actor(), row);
    return approval && approvalView(approval);
  }

  @FieldResolver()
  async proof(
    @Root() { row }: ChangeView,
    @Ctx() { services, actor }: Context,
  ): Promise<ChangeProof | undefined> {
    return readChangeProof(services, await actor(), row);
  }

  @FieldResolver()
  async policyBundle(
    @Root() { row }: ChangeView,
    @Ctx() { services }: Context,
  ): Promise<BundleView | undefined> {
    if (row.operation !== 'publishPolicy') return undefined;
    const bundle = await bundleOf(services, row);
    return bundle && bundleView(bundle);
  }
}
