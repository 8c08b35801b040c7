/** Transfers. */
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
import { readApprovalOf } from '#workflow/approval.ts';
import { createAllowance, createTransfer } from '#workflow/create-transfer.ts';
import { simulateTransfer } from '#workflow/simulate-transfer.ts';
import { speedUpTransfer } from '#workflow/speed-up.ts';
import { warningsOf } from '#workflow/publish-policy.ts';
import {
  cancelTransfer,
  listTransfers,
  readTimeline,
  readTransaction,
  readTransfer,
} from '#workflow/transfer.ts';
import type { Connection } from '#schema/node.ts';
import { PolicyFileInput, SimulateTransferInput } from '#schema/policy.ts';
import { PolicyDecision } from '#schema/policy-decision.ts';
import {
  CancelTransferInput,
  CancelTransferPayload,
  CreateAllowanceInput,
  CreateAllowancePayload,
  CreateTransferInput,
  CreateTransferPayload,
  SpeedUpTransferInput,
  SpeedUpTransferPayload,
  TimelineEntry,
  type Transaction,
  Transfer,
  TransferConnection,
  TransfersArgs,
} from '#schema/transfer.ts';
import { allowanceInputOf, transferInputOf } from './action-request.ts';
import { type ApprovalView, approvalView } from './approval-view.ts';
import { connectionView } from './connection.ts';
import type { Context } from './context.ts';
import { assetOf, type AssetView, type NetworkView, networkView } from './registry-resolver.ts';
import { type DecisionView, decisionView, storedDecisionView } from './decision-view.ts';
import { followTransfer } from './streams.ts';
import {
  type TimelineView,
  timelineView,
  displayOf,
  transactionView,
  type TransferView,
  transferView,
} from './transfer-view.ts';
import { requireUser, type UserView } from './user-resolver.ts';
import { type WalletView, walletView } from './wallet-view.ts';
import { type UserAction, UserActionArg } from './user-action.ts';

type TransferPayload = { readonly transfer: TransferView };

@Resolver(() => Transfer)
export class TransferResolver {
  @Query(() => TransferConnection, { description: 'The transfers of the organisation.' })
  async transfers(
    @Args(() => TransfersArgs) { filter, ...page }: TransfersArgs,
    @Ctx() { services, actor }: Context,
  ): Promise<Connection<TransferView>> {
    const found = await listTransfers(services, await actor(), filter ?? {}, page);
    return connectionView(found, transferView);
  }

  @Query(() => Transfer, { description: 'The transfer with this id.' })
  async transfer(
    @Arg('id', () => ID, { description: 'The id of the transfer.' }) id: string,
    @Ctx() { services, actor }: Context,
  ): Promise<TransferView> {
    return transferView(await readTransfer(services, await actor(), id));
  }

  @Query(() => PolicyDecision, {
    description: 'What the policy would decide about a payment now. Nothing is stored.',
  })
  async simulateTransfer(
    @Arg('input', () => SimulateTransferInput, { description: 'The payment to be judged.' })
    input: SimulateTransferInput,
    @Arg('draftPolicy', () => [PolicyFileInput], {
      nullable: true,
      description: 'Judge by this bundle instead of the policy in force.',
    })
    draftPolicy: PolicyFileInput[] | null | undefined,
    @Ctx() { services, actor }: Context,
  ): Promise<DecisionView> {
    const request = { ...input, amount: input.amount.toString() };
    const draft = draftPolicy ? { files: draftPolicy } : undefined;
    const { decided, diagnostics } = await simulateTransfer(
      services,
      await actor(),
      request,
      draft,
    );
    const warnings = warningsOf(diagnostics);
    return { ...decisionView(decided.record), texts: decided.texts, warnings };
  }

  @Mutation(() => CreateTransferPayload, {
    description:
      'Requests a payment. The policy decides at once: the transfer is queued, awaits approvals, ' +
      'or is REJECTED with its reasons. Signed.',
  })
  async createTransfer(
    @Arg('input', () => CreateTransferInput, { description: 'The payment to be made.' })
    input: CreateTransferInput,
    @UserActionArg() userAction: UserAction,
    @Ctx() { services, actor }: Context,
  ): Promise<TransferPayload> {
    const row = await createTransfer(services, await actor(), transferInputOf(input), userAction);
    return { transfer: transferView(row) };
  }

  @Mutation(() => CreateAllowancePayload, {
    description:
      'Requests an ERC-20 allowance. It is decided, approved, signed and followed as a payment of the ' +
      'most that may be taken, and counts as one against limits from then on. Signed.',
  })
  async createAllowance(
    @Arg('input', () => CreateAllowanceInput, { description: 'The allowance to be given.' })
    input: CreateAllowanceInput,
    @UserActionArg() userAction: UserAction,
    @Ctx() { services, actor }: Context,
  ): Promise<TransferPayload> {
    const request = allowanceInputOf(input);
    return {
      transfer: transferView(await createAllowance(services, await actor(), request, userAction)),
    };
  }

  @Mutation(() => CancelTransferPayload, {
    description: 'Withdraws a transfer that is not yet being signed.',
  })
  async cancelTransfer(
    @Arg('input', () => CancelTransferInput, { description: 'The transfer to be withdrawn.' })
    { transferId }: CancelTransferInput,
    @Ctx() { services, actor }: Context,
  ): Promise<TransferPayload> {
    return { transfer: transferView(await cancelTransfer(services, await actor(), transferId)) };
  }

  @Mutation(() => SpeedUpTransferPayload, {
    description:
      'Has a transfer that no block holds signed again with a higher fee, within the cap of the signed ' +
      'request, five times at most. The same payment with the same sequence number: one of them is ' +
      'executed. Networks without a market for fees refuse it.',
  })
  async speedUpTransfer(
    @Arg('input', () => SpeedUpTransferInput, { description: 'The transfer to be paid sooner.' })
    { maxFee, ...input }: SpeedUpTransferInput,
    @Ctx() { services, actor }: Context,
  ): Promise<TransferPayload> {
    const request = { ...input, maxFee: maxFee?.toString() ?? null };
    return { transfer: transferView(await speedUpTransfer(services, await actor(), request)) };
  }

  @Subscription(() => Transfer, {
    description: 'The transfer as it is now, and then after each change, once.',
    subscribe: ({ args, context }) => followTransfer(context as Context, String(args['id'])),
  })
  transferUpdated(
    @Arg('id', () => ID, { description: 'The id of the transfer.' }) _id: string,
    @Root() view: TransferView,
  ): TransferView {
    return view;
  }

  @FieldResolver()
  async wallet(@Root() { row }: TransferView, @Ctx() { loaders }: Context): Promise<WalletView> {
    const wallet = await loaders.wallet(row.wallet);
    if (wallet === undefined) throw new Error(`a transfer names the unknown wallet ${row.wallet}`);
    return walletView(wallet);
  }

  @FieldResolver()
  network(@Root() { row }: TransferView): NetworkView {
    return networkView(row.network);
  }

  @FieldResolver()
  asset(@Root() { row }: TransferView, @Ctx() context: Context): Promise<AssetView> {
    return assetOf(context, row.asset);
  }

  @FieldResolver()
  async display(@Root() { row }: TransferView, @Ctx() context: Context): Promise<string> {
    return displayOf(row, await assetOf(context, row.asset));
  }

  @FieldResolver()
  initiator(@Root() { row }: TransferView, @Ctx() context: Context): Promise<UserView> {
    return requireUser(context, row.initiator);
  }

  @FieldResolver()
  async decisions(
    @Root() { id }: TransferView,
    @Ctx() { loaders }: Context,
  ): Promise<readonly DecisionView[]> {
    return (await loaders.decisionsAbout(id)).map(storedDecisionView);
  }

  @FieldResolver()
  async approvals(
    @Root() { row }: TransferView,
    @Ctx() { services, actor }: Context,
  ): Promise<readonly ApprovalView[]> {
    const approval = await readApprovalOf(services, await actor(), row);
    return approval === undefined ? [] : [approvalView(approval)];
  }

  @FieldResolver()
  async transaction(
    @Root() { row }: TransferView,
    @Ctx() { services, actor }: Context,
  ): Promise<Transaction | undefined> {
    const payment = await readTransaction(services, await actor(), row);
    return payment && transactionView(row.state, payment);
  }

  @FieldResolver()
  async timeline(
    @Root() { row }: TransferView,
    @Ctx() { services, actor }: Context,
  ): Promise<readonly TimelineView[]> {
    return (await readTimeline(services, await actor(), row)).map(timelineView);
  }
}

@Resolver(() => TimelineEntry)
export class TimelineEntryResolver {
  @FieldResolver()
  async actor(
    @Root() { actorId }: TimelineView,
    @Ctx() context: Context,
  ): Promise<UserView | undefined> {
    return actorId === 'system' ? undefined : requireUser(context, actorId);
  }
}
