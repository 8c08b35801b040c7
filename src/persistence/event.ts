/**
 * The event stream of an organisation: totally ordered, without gaps, visible in the order of its
 * cursors, because a cursor is given out under the lock of the organisation's log row. Whoever has
 * read up to a cursor misses nothing by reading what is greater. A NOTIFY leaves with the commit.
 */
import { defineEntity, type InferEntity, p } from '@mikro-orm/core';
import type { Canonical } from '#core/canonical.ts';
import type { OrganizationId } from '#core/ids.ts';
import type { Instant } from '#core/time.ts';
import { at, counter, jsonOf, textOf } from './columns.ts';
import type { Tx } from './database.ts';
import { Organization } from './organization.ts';

/** The channel of the notification; its payload is `ORGANIZATION CURSOR`. */
export const EVENT_CHANNEL = 'countersign_events';

export const EVENT_TYPES = [
  'key.updated',
  'wallet.updated',
  'transfer.updated',
  'approval.requested',
  'approval.updated',
  'policy.published',
  'change.updated',
] as const;
export type EventType = (typeof EVENT_TYPES)[number];

export const Event = defineEntity({
  name: 'Event',
  tableName: 'events',
  indexes: [{ properties: ['organization', 'subject', 'cursor'] }],
  properties: {
    organization: () => p.manyToOne(Organization).mapToPk().primary(),
    /** 1, 2, 3, ... within the organisation. */
    cursor: counter().primary(),
    type: textOf<EventType>(),
    /** The id of what changed. */
    subject: p.text(),
    /** The wallet that it belongs to, for filters. */
    wallet: p.text().nullable(),
    at: at(),
    payload: jsonOf<EventPayload>(),
  },
});
export type EventRow = InferEntity<typeof Event>;

export type EventPayload = { readonly [field: string]: Canonical };

export type NewEvent = {
  readonly organization: OrganizationId;
  readonly type: EventType;
  readonly subject: string;
  readonly wallet?: string;
  readonly at: Instant;
  readonly payload: EventPayload;
};

/**
 * Appends an event in the caller's transaction and returns its cursor. From here to the commit the
 * transaction holds the organisation's log row: lock everything else first, and append last.
 */
export async function appendEvent(tx: Tx, event: NewEvent): Promise<number> {
  await tx.flush();
  const [log] = await tx.execute<{ event_cursor: string }[]>(
    `update organization_logs set event_cursor = event_cursor + 1
     where organization_id = ? returning event_cursor`,
    [event.organization],
  );
  if (log === undefined) throw new Error(`organisation ${event.organization} has no log`);
  const cursor = Number(log.event_cursor);
  await tx.insert(Event, { ...event, wallet: event.wallet ?? null, cursor });
  await tx.execute('select pg_notify(?, ?)', [EVENT_CHANNEL, `${event.organization} ${cursor}`]);
  return cursor;
}

/** Events after the cursor, oldest first. `types` and `wallet` filter; absent means all. */
export async function readEvents(
  tx: Tx,
  query: {
    readonly organization: OrganizationId;
    readonly after: number;
    readonly limit: number;
    readonly types?: readonly EventType[];
    readonly wallet?: string;
  },
): Promise<EventRow[]> {
  return tx.find(
    Event,
    {
      organization: query.organization,
      cursor: { $gt: query.after },
      ...(query.types === undefined ? {} : { type: { $in: [...query.types] } }),
      ...(query.wallet === undefined ? {} : { wallet: query.wallet }),
    },
    { orderBy: { cursor: 'asc' }, limit: query.limit },
  );
}

/** The cursor of the newest event, 0 before the first. */
export async function latestCursor(tx: Tx, organization: OrganizationId): Promise<number> {
  const [log] = await tx.execute<{ event_cursor: string }[]>(
    'select event_cursor from organization_logs where organization_id = ?',
    [organization],
  );
  return Number(log?.event_cursor ?? 0);
}
