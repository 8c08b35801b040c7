/** The subscriptions' streams. Each follows the organisation's events from a cursor that it knows. */
import { invalidInput } from '#core/errors.ts';
import { parseId } from '#core/ids.ts';
import type { Actor } from '#identity/actor.ts';
import { hasPermission, type Permission, requirePermission } from '#mandate/permissions.ts';
import { findApproval } from '#persistence/approval.ts';
import { reader } from '#persistence/database.ts';
import type { EventRow, EventType } from '#persistence/event.ts';
import type { TransferRow } from '#persistence/transfer.ts';
import { listApprovals } from '#workflow/approval.ts';
import { readTransfer } from '#workflow/transfer.ts';
import type { EventsArgs } from '#schema/record.ts';
import { type ApprovalView, approvalView } from './approval-view.ts';
import type { Context } from './context.ts';
import { transferAfter, type TransferView, transferView, versionOf } from './transfer-view.ts';

/**
 * A stream that ends when its consumer says so, even while it waits for the next event: a generator
 * alone would first have to reach its next `yield`.
 */
function stoppable<T>(
  stream: AsyncGenerator<T>,
  source: AsyncIterator<unknown>,
): AsyncIterableIterator<T> {
  return {
    next: () => stream.next(),
    async return() {
      await source.return?.();
      return stream.return(undefined);
    },
    [Symbol.asyncIterator]() {
      return this;
    },
  };
}

/** Read once for all who follow the same change. A read that failed is not kept. */
const rowsOfEvents = new WeakMap<EventRow, Promise<TransferRow>>();

function rowOf(event: EventRow, { services }: Context, actor: Actor): Promise<TransferRow> {
  const known = rowsOfEvents.get(event);
  if (known !== undefined) return known;
  const row = readTransfer(services, actor, event.subject);
  rowsOfEvents.set(event, row);
  // The followers that wait for this read are told of its failure; the next one reads again.
  row.catch(() => rowsOfEvents.delete(event));
  return row;
}

/** The transfer as it is now, then as it was after each later change. */
export async function followTransfer(
  context: Context,
  id: string,
): Promise<AsyncIterableIterator<TransferView>> {
  const actor = await context.actor();
  // The cursor comes first: a change between the two reads shows twice here, and its version tells.
  const after = await context.feed.latest(actor.organization);
  const first = await readTransfer(context.services, actor, id);
  const changes = await context.feed.follow(actor.organization, after, context.fallBehind);
  async function* stream(): AsyncGenerator<TransferView> {
    yield transferView(first);
    let { version } = first;
    for await (const event of changes) {
      if (event.type !== 'transfer.updated' || event.subject !== first.id) continue;
      if (versionOf(event) <= version) continue;
      version = versionOf(event);
      yield transferAfter(await rowOf(event, context, actor), event);
    }
  }
  return stoppable(stream(), changes);
}

const PAGE = 100;

async function openApprovals({ services }: Context, actor: Actor): Promise<ApprovalView[]> {
  const open: ApprovalView[] = [];
  for (let after: string | undefined; ;) {
    const page = await listApprovals(
      services,
      actor,
      { states: ['OPEN'] },
      { first: PAGE, ...(after === undefined ? {} : { after }) },
    );
    open.push(...page.edges.map(({ node }) => approvalView(node)));
    after = page.edges.at(-1)?.cursor;
    if (!page.hasNextPage || after === undefined) return open.toReversed();
  }
}

/** The approvals that are open now, oldest first, then each that is asked for. */
export async function followApprovals(
  context: Context,
): Promise<AsyncIterableIterator<ApprovalView>> {
  const actor = await context.actor();
  requirePermission(actor, 'changes:read');
  const { organization } = actor;
  const after = await context.feed.latest(organization);
  const open = await openApprovals(context, actor);
  const requests = await context.feed.follow(organization, after, context.fallBehind);
  async function* stream(): AsyncGenerator<ApprovalView> {
    yield* open;
    // An approval is asked for again where a stricter policy opens it once more, so its version says
    // what was shown. A row may be read later than its event, when it already shows the next one.
    const shown = new Map<string, number>(open.map(({ id, row }) => [id, row.version]));
    for await (const event of requests) {
      const { type, subject } = event;
      if (type !== 'approval.requested' || versionOf(event) <= (shown.get(subject) ?? 0)) continue;
      const id = parseId('approval', subject);
      const row = await findApproval(reader(context.services.db), organization, id);
      if (row === null || !mayRead(actor, row.change)) continue;
      shown.set(subject, row.version);
      yield approvalView(row);
    }
  }
  return stoppable(stream(), requests);
}

/** What one must be permitted to read to hear of it. */
const PERMISSION_OF: Readonly<Record<EventType, Permission>> = {
  'key.updated': 'keys:read',
  'wallet.updated': 'wallets:read',
  'transfer.updated': 'transfers:read',
  'approval.requested': 'approvals:read',
  'approval.updated': 'approvals:read',
  'policy.published': 'policies:read',
  'change.updated': 'changes:read',
};

/** An approval is read with what waits for it. */
const mayRead = (actor: Actor, change: unknown): boolean =>
  hasPermission(actor, typeof change === 'string' ? 'changes:read' : 'approvals:read');

const mayHear = (actor: Actor, { type, payload }: EventRow): boolean =>
  type.startsWith('approval.')
    ? mayRead(actor, payload['change'])
    : hasPermission(actor, PERMISSION_OF[type]);

/** @throws INVALID_INPUT */
function parseCursor(text: string, latest: number): number {
  if (/^(?:0|[1-9]\d{0,14})$/.test(text) && Number(text) <= latest) return Number(text);
  const hint = 'Send the cursor of an event of this organisation, or 0 for all of them.';
  throw invalidInput('after', 'not the cursor of an event', hint);
}

/** Every event after the cursor that the actor may hear of. @throws INVALID_INPUT */
export async function followEvents(
  context: Context,
  { after, types, walletId }: EventsArgs,
): Promise<AsyncIterableIterator<EventRow>> {
  const actor = await context.actor();
  const latest = await context.feed.latest(actor.organization);
  const from = typeof after === 'string' ? parseCursor(after, latest) : latest;
  const wallet = walletId ? parseId('wallet', walletId, 'walletId') : undefined;
  const events = await context.feed.follow(actor.organization, from, context.fallBehind);
  const isWanted = (event: EventRow): boolean =>
    mayHear(actor, event) &&
    (!types || types.includes(event.type)) &&
    (wallet === undefined || event.wallet === wallet || event.subject === wallet);
  async function* stream(): AsyncGenerator<EventRow> {
    for await (const event of events) if (isWanted(event)) yield event;
  }
  return stoppable(stream(), events);
}
