import fc from 'fast-check';
import { expect, test } from 'vitest';
import type { OrganizationId } from '#core/ids.ts';
import type { EventRow } from '#persistence/event.ts';
import { BACKLOG_MAX, createEventFeed, type EventSource } from './event-feed.ts';

const ACME = 'org_01920000-0000-7000-8000-000000000001' as OrganizationId;
const OTHER = 'org_01920000-0000-7000-8000-000000000002' as OrganizationId;

/** A stream as the database keeps it; `append` does not tell the feed. */
class Log implements EventSource {
  readonly #events = new Map<OrganizationId, EventRow[]>();
  reads = 0;

  #of(organization: OrganizationId): EventRow[] {
    return this.#events.get(organization) ?? [];
  }

  append(organization: OrganizationId, count = 1): number {
    const events = this.#of(organization);
    for (let i = 0; i < count; i++) events.push({ cursor: events.length + 1 } as EventRow);
    this.#events.set(organization, events);
    return events.length;
  }

  async latest(organization: OrganizationId): Promise<number> {
    return this.#of(organization).length;
  }

  async read(organization: OrganizationId, after: number, limit: number) {
    this.reads += 1;
    return this.#of(organization).slice(after, after + limit);
  }
}

const never = (): void => {
  throw new Error('nobody fell behind');
};

async function take(events: AsyncIterator<EventRow>, count: number): Promise<number[]> {
  const cursors: number[] = [];
  while (cursors.length < count) cursors.push((await events.next()).value.cursor as number);
  return cursors;
}

const upTo = (from: number, to: number): number[] =>
  Array.from({ length: to - from + 1 }, (_, i) => from + i);

test('a follower gets what is stored, then what comes, once and in order', async () => {
  const log = new Log();
  log.append(ACME, 250);
  const feed = createEventFeed(log);
  const events = await feed.follow(ACME, 0, never);
  expect(await take(events, 250)).toEqual(upTo(1, 250));
  await feed.advance(ACME, log.append(ACME, 3));
  expect(await take(events, 3)).toEqual([251, 252, 253]);
});

test('a follower that waits is woken by the event, and not by that of another organisation', async () => {
  const log = new Log();
  const feed = createEventFeed(log);
  const events = await feed.follow(ACME, 0, never);
  const others = await feed.follow(OTHER, 0, never);
  const next = events.next();
  await feed.advance(OTHER, log.append(OTHER));
  await feed.advance(ACME, log.append(ACME));
  expect((await next).value.cursor).toBe(1);
  expect(await take(others, 1)).toEqual([1]);
});

test('an event that is committed while the stream opens is not missed', async () => {
  const log = new Log();
  const feed = createEventFeed(log);
  const opening = feed.follow(ACME, 0, never);
  const cursor = log.append(ACME);
  await feed.advance(ACME, cursor);
  expect(await take(await opening, 1)).toEqual([1]);
});

test('an event that comes at whatever moment of a wait ends it', async () => {
  for (let ticks = 0; ticks < 12; ticks++) {
    const log = new Log();
    const feed = createEventFeed(log);
    const events = await feed.follow(ACME, 0, never);
    const advanced = feed.advance(ACME, log.append(ACME));
    for (let tick = 0; tick < ticks; tick++) await Promise.resolve();
    expect((await events.next()).value.cursor).toBe(1);
    await advanced;
  }
});

test('many followers cost one read of each event', async () => {
  const log = new Log();
  const feed = createEventFeed(log);
  const followers = await Promise.all(
    Array.from({ length: 50 }, () => feed.follow(ACME, 0, never)),
  );
  const waiting = followers.map((events) => take(events, 2));
  await feed.advance(ACME, log.append(ACME, 2));
  for (const cursors of await Promise.all(waiting)) expect(cursors).toEqual([1, 2]);
  expect(log.reads).toBe(1);
});

test('a follower that was up to date and fell out of memory is told, and its stream ends', async () => {
  const log = new Log();
  const feed = createEventFeed(log);
  let isTold = false;
  const slow = await feed.follow(ACME, 0, () => {
    isTold = true;
  });
  const fast = await feed.follow(ACME, 0, never);
  const first = slow.next();
  const received = take(fast, BACKLOG_MAX + 200);
  await feed.advance(ACME, log.append(ACME));
  await first;
  for (let i = 0; i < BACKLOG_MAX + 199; i++) await feed.advance(ACME, log.append(ACME));
  expect(await received).toEqual(upTo(1, BACKLOG_MAX + 200));
  expect(isTold).toBe(true);
  expect((await slow.next()).done).toBe(true);
});

test('a follower that comes back from far behind reads the database and is not cut off', async () => {
  const log = new Log();
  log.append(ACME, 3 * BACKLOG_MAX);
  const feed = createEventFeed(log);
  const events = await feed.follow(ACME, 10, never);
  const cursors = await take(events, 5);
  await feed.advance(ACME, log.append(ACME, BACKLOG_MAX + 1));
  cursors.push(...(await take(events, 4 * BACKLOG_MAX + 1 - 15)));
  expect(cursors).toEqual(upTo(11, 4 * BACKLOG_MAX + 1));
});

test('a stream that waits ends when its consumer leaves', async () => {
  const feed = createEventFeed(new Log());
  const events = await feed.follow(ACME, 0, never);
  const next = events.next();
  await events.return?.();
  expect((await next).done).toBe(true);
  expect((await events.next()).done).toBe(true);
});

test('after lost notifications a refresh finds what was missed', async () => {
  const log = new Log();
  const feed = createEventFeed(log);
  const events = await feed.follow(ACME, 0, never);
  const received = take(events, 4);
  log.append(ACME, 4);
  await feed.refresh();
  expect(await received).toEqual([1, 2, 3, 4]);
});

test('a read that fails is tried again with the next notification', async () => {
  const log = new Log();
  const feed = createEventFeed({
    latest: (organization) => log.latest(organization),
    async read(...query) {
      if (log.reads++ === 0) throw new Error('the database is away');
      return log.read(...query);
    },
  });
  const events = await feed.follow(ACME, 0, never);
  const received = take(events, 2);
  await expect(feed.advance(ACME, log.append(ACME))).rejects.toThrow('away');
  await feed.advance(ACME, log.append(ACME));
  expect(await received).toEqual([1, 2]);
});

test('whatever the order of commits, notifications, joins and reads, nothing is lost or doubled', async () => {
  const step = fc.oneof(
    fc.record({ kind: fc.constant('append' as const), count: fc.integer({ min: 1, max: 130 }) }),
    fc.record({ kind: fc.constant('notify' as const) }),
    fc.record({ kind: fc.constant('join' as const), after: fc.nat({ max: 1000 }) }),
    fc.record({ kind: fc.constant('leave' as const), index: fc.nat({ max: 5 }) }),
  );
  await fc.assert(
    fc.asyncProperty(fc.array(step, { maxLength: 30 }), async (steps) => {
      const log = new Log();
      const feed = createEventFeed(log);
      const readers: { from: number; got: number[]; events: AsyncIterator<EventRow> }[] = [];
      let length = 0;
      const pending: Promise<unknown>[] = [];
      for (const action of steps) {
        if (action.kind === 'append') length = log.append(ACME, action.count);
        else if (action.kind === 'notify') pending.push(feed.advance(ACME, length));
        else if (action.kind === 'leave')
          await readers.splice(action.index, 1)[0]?.events.return?.();
        else {
          const from = Math.min(action.after, length);
          const events = await feed.follow(ACME, from, never);
          const reader = { from, got: [] as number[], events };
          readers.push(reader);
          void (async () => {
            for (let next = await events.next(); !next.done; next = await events.next()) {
              reader.got.push(next.value.cursor);
            }
          })();
        }
      }
      await Promise.all(pending);
      await feed.refresh();
      await expect
        .poll(() => readers.map(({ got, from }) => got.length + from), { interval: 1 })
        .toEqual(readers.map(() => length));
      for (const { got, from } of readers) expect(got).toEqual(upTo(from + 1, length));
    }),
    { numRuns: 50 },
  );
});
