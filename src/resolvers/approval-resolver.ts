/** Approvals. */
import {
  Arg,
  Args,
  Ctx,
  FieldResolver,
  ID,
  Mutation,
  Query,
  Resolver,
  Root,
  Subscription,
} from 'type-graphql';
import { decideApproval } from '#workflow/decide-approval.ts';
import {
  type ApprovalDetail,
  listApprovals,
  readApproval,
  readApprovalDetail,
} from '#workflow/approval.ts';
import {
  Approval,
  ApprovalConnection,
  ApprovalsArgs,
  DecideApprovalInput,
  DecideApprovalPayload,
  Decision,
} from '#schema/approval.ts';
import type { Connection } from '#schema/node.ts';
import { type ApprovalView, approvalView, type DecisionView, voteView } from './approval-view.ts';
import { type ChangeView, changeView } from './change-view.ts';
import { connectionView } from './connection.ts';
import type { Context } from './context.ts';
import { followApprovals } from './streams.ts';
import { type TransferView, transferView } from './transfer-view.ts';
import { requireUser, type UserView } from './user-resolver.ts';
import { type UserAction, UserActionArg } from './user-action.ts';

/** Read once for the fields of one approval that need it. */
const details = new WeakMap<ApprovalView, Promise<ApprovalDetail>>();

function detailOf(view: ApprovalView, { services, actor }: Context): Promise<ApprovalDetail> {
  const known = details.get(view);
  if (known !== undefined) return known;
  const detail = actor().then((asking) => readApprovalDetail(services, asking, view.row));
  details.set(view, detail);
  return detail;
}

@Resolver(() => Approval)
export class ApprovalResolver {
  @Query(() => ApprovalConnection, { description: 'The approvals of the organisation.' })
  async approvals(
    @Args(() => ApprovalsArgs) { state, ...page }: ApprovalsArgs,
    @Ctx() { services, actor }: Context,
  ): Promise<Connection<ApprovalView>> {
    const filter = state ? { states: [state] } : {};
    const found = await listApprovals(services, await actor(), filter, page);
    return connectionView(found, approvalView);
  }

  @Query(() => Approval, { description: 'The approval with this id.' })
  async approval(
    @Arg('id', () => ID, { description: 'The id of the approval.' }) id: string,
    @Ctx() { services, actor }: Context,
  ): Promise<ApprovalView> {
    return approvalView(await readApproval(services, await actor(), id));
  }

  @Mutation(() => DecideApprovalPayload, {
    description: 'Approves or rejects. The signature binds the intent and the policy. Signed.',
  })
  async decideApproval(
    @Arg('input', () => DecideApprovalInput, { description: 'The decision.' })
    input: DecideApprovalInput,
    @UserActionArg() userAction: UserAction,
    @Ctx() { services, actor }: Context,
  ): Promise<{ readonly approval: ApprovalView }> {
    return {
      approval: approvalView(await decideApproval(services, await actor(), input, userAction)),
    };
  }

  @Subscription(() => Approval, {
    description: 'The approvals that are open now, and then each one that is asked for, once.',
    subscribe: ({ context }) => followApprovals(context as Context),
  })
  approvalRequested(@Root() view: ApprovalView): ApprovalView {
    return view;
  }

  @FieldResolver()
  async transfer(
    @Root() view: ApprovalView,
    @Ctx() context: Context,
  ): Promise<TransferView | undefined> {
    const { transfer } = await detailOf(view, context);
    return transfer && transferView(transfer);
  }

  @FieldResolver()
  async change(
    @Root() view: ApprovalView,
    @Ctx() context: Context,
  ): Promise<ChangeView | undefined> {
    const { change } = await detailOf(view, context);
    return change && changeView(change);
  }

  @FieldResolver()
  async intent(@Root() view: ApprovalView, @Ctx() context: Context): Promise<string> {
    return (await detailOf(view, context)).intent;
  }

  @FieldResolver()
  async decisions(
    @Root() view: ApprovalView,
    @Ctx() context: Context,
  ): Promise<readonly DecisionView[]> {
    return (await detailOf(view, context)).votes.map(voteView);
  }

  @FieldResolver()
  async eligible(
    @Root() view: ApprovalView,
    @Ctx() context: Context,
  ): Promise<readonly UserView[]> {
    const { eligible } = await detailOf(view, context);
    return Promise.all(eligible.map((id) => requireUser(context, id)));
  }

  @FieldResolver()
  async viewerMayDecide(@Root() view: ApprovalView, @Ctx() context: Context): Promise<boolean> {
    return (await detailOf(view, context)).mayDecide;
  }
}

@Resolver(() => Decision)
export class DecisionResolver {
  @FieldResolver()
  approver(@Root() { row }: DecisionView, @Ctx() context: Context): Promise<UserView> {
    return requireUser(context, row.user);
  }
}
