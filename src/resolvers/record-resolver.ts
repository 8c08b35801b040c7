/** What happened: the audit log, the signers' health, and the stream of events. */
import {
  Arg,
  Args,
  Ctx,
  FieldResolver,
  ID,
  Int,
  Query,
  Resolver,
  Root,
  Subscription,
} from 'type-graphql';
import { isId } from '#core/ids.ts';
import type { AuditEntryRow } from '#persistence/audit.ts';
import type { EventRow } from '#persistence/event.ts';
import { exportLog } from '#workflow/export-log.ts';
import { listAuditEvents, proveEntry, readCheckpoint, readSigners } from '#workflow/record.ts';
import { readApproval } from '#workflow/approval.ts';
import { readTransfer } from '#workflow/transfer.ts';
import { readWallet } from '#workflow/wallet.ts';
import type { Connection } from '#schema/node.ts';
import {
  AuditCheckpoint,
  AuditEvent,
  AuditEventConnection,
  AuditEventsArgs,
  AuditExportPage,
  AuditProof,
  Event,
  EventsArgs,
  Signer,
} from '#schema/record.ts';
import { type ApprovalView, approvalView } from './approval-view.ts';
import { connectionView } from './connection.ts';
import type { Context } from './context.ts';
import { followEvents } from './streams.ts';
import { type TransferView, transferView } from './transfer-view.ts';
import { requireUser, type UserView } from './user-resolver.ts';
import { type WalletView, walletView } from './wallet-view.ts';

type AuditView = Omit<AuditEvent, 'actor'> & { readonly row: AuditEntryRow };

const auditView = (row: AuditEntryRow): AuditView => ({
  row,
  id: row.id,
  sequence: row.sequence,
  at: row.at,
  action: row.action,
  subject: row.subject,
  details: row.detail ?? {},
  erased: !row.detail,
});

@Resolver(() => AuditEvent)
export class AuditEventResolver {
  @Query(() => AuditEventConnection, { description: 'The audit log of the organisation.' })
  async auditEvents(
    @Args(() => AuditEventsArgs) { filter, ...page }: AuditEventsArgs,
    @Ctx() { services, actor }: Context,
  ): Promise<Connection<AuditView>> {
    const found = await listAuditEvents(services, await actor(), filter ?? {}, page);
    return connectionView(found, auditView);
  }

  @Query(() => AuditExportPage, {
    description: 'The audit log after an entry, as lines that are verified offline.',
  })
  async auditExport(
    @Arg('after', () => Int, { description: 'The sequence of the last entry that is known, or 0.' })
    after: number,
    @Ctx() { services, actor }: Context,
  ): Promise<AuditExportPage> {
    return exportLog(services, await actor(), after);
  }

  @Query(() => AuditProof, { description: 'The proof that an entry is in the audit log.' })
  async auditProof(
    @Arg('id', () => ID, { description: 'The entry.' }) id: string,
    @Ctx() { services, actor }: Context,
  ): Promise<AuditProof> {
    return proveEntry(services, await actor(), id);
  }

  @Query(() => AuditCheckpoint, {
    nullable: true,
    description: 'The newest checkpoint of the audit log; absent before the first.',
  })
  async auditCheckpoint(@Ctx() { services, actor }: Context): Promise<AuditCheckpoint | undefined> {
    return readCheckpoint(services, await actor());
  }

  @FieldResolver()
  async actor(@Root() { row }: AuditView, @Ctx() context: Context): Promise<UserView | undefined> {
    return row.actor === 'system' ? undefined : requireUser(context, row.actor);
  }
}

@Resolver(() => Signer)
export class SignerResolver {
  @Query(() => [Signer], { description: 'The signer nodes, asked now.' })
  async signers(@Ctx() { services, actor }: Context): Promise<readonly Signer[]> {
    const nodes = await readSigners(services, await actor());
    return nodes.map(({ party, address, ok, detail }) => ({ party, address, healthy: ok, detail }));
  }
}

type EventView = Pick<Event, 'cursor' | 'type' | 'at' | 'subject' | 'payload'>;

const eventView = (row: EventRow): EventView => ({
  cursor: String(row.cursor),
  type: row.type,
  at: row.at,
  subject: row.subject,
  payload: row.payload,
});

@Resolver(() => Event)
export class EventResolver {
  @Subscription(() => Event, {
    description:
      'Everything that changes, in one order for the whole organisation. A client that comes back ' +
      'with the cursor of the last event that it saw misses nothing and sees nothing twice.',
    subscribe: ({ args, context }) => followEvents(context as Context, args as EventsArgs),
  })
  events(@Args(() => EventsArgs) _args: EventsArgs, @Root() row: EventRow): EventView {
    return eventView(row);
  }

  @Query(() => String, {
    description:
      'The cursor of the newest event. `events` after it tells what changes from now on.',
  })
  async latestEventCursor(@Ctx() { feed, actor }: Context): Promise<string> {
    const { organization } = await actor();
    return String(await feed.latest(organization));
  }

  @FieldResolver()
  async transfer(
    @Root() { subject }: EventView,
    @Ctx() { services, actor }: Context,
  ): Promise<TransferView | undefined> {
    if (!isId('transfer', subject)) return undefined;
    return transferView(await readTransfer(services, await actor(), subject));
  }

  @FieldResolver()
  async approval(
    @Root() { subject }: EventView,
    @Ctx() { services, actor }: Context,
  ): Promise<ApprovalView | undefined> {
    if (!isId('approval', subject)) return undefined;
    return approvalView(await readApproval(services, await actor(), subject));
  }

  @FieldResolver()
  async wallet(
    @Root() { subject }: EventView,
    @Ctx() { services, actor }: Context,
  ): Promise<WalletView | undefined> {
    if (!isId('wallet', subject)) return undefined;
    return walletView(await readWallet(services, await actor(), subject));
  }
}
