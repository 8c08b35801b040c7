/**
 * The organisations' event streams for all subscribers of this process: one listener, and for each
 * organisation with followers the latest events in memory. A follower holds nothing but its cursor
 * and takes what comes next from memory, or from the database where it is further back. So memory is
 * bounded however slow a client is, and nobody misses an event or sees one twice.
 */
import type { OrganizationId } from '#core/ids.ts';
import type { EventRow } from '#persistence/event.ts';
import type { EventFeed } from '#resolvers/context.ts';

/** How many events of an organisation stay in memory: how far a follower may fall behind. */
export const BACKLOG_MAX = 1_000;
const READ_MAX = 100;

export type EventSource = {
  latest(organization: OrganizationId): Promise<number>;
  /** Events after the cursor, oldest first. */
  read(organization: OrganizationId, after: number, limit: number): Promise<readonly EventRow[]>;
};

/** One reader of an organisation's stream. */
class Follower implements AsyncIterableIterator<EventRow> {
  readonly #stream: OrganizationStream;
  readonly #fallBehind: () => void;
  #cursor: number;
  #page: readonly EventRow[] = [];
  #isLive = false;
  #isOver = false;
  #wake = Promise.withResolvers<void>();

  constructor(stream: OrganizationStream, after: number, fallBehind: () => void) {
    this.#stream = stream;
    this.#cursor = after;
    this.#fallBehind = fallBehind;
  }

  async next(): Promise<IteratorResult<EventRow>> {
    while (!this.#isOver) {
      const event = this.#stream.at(this.#cursor + 1) ?? (await this.#fromDatabase());
      // The iteration may have ended during the read.
      if (this.#isOver) break;
      if (event !== undefined) {
        this.#cursor = event.cursor;
        return { done: false, value: event };
      }
      // Events may have come while the database was asked: from this check to the wait no other
      // code runs, so no wake-up is missed.
      if (this.#cursor + 1 < this.#stream.nextCursor) continue;
      this.#isLive = true;
      await this.#wake.promise;
    }
    return { done: true, value: undefined };
  }

  /** The next event where it is older than those in memory. */
  async #fromDatabase(): Promise<EventRow | undefined> {
    const next = this.#cursor + 1;
    if (next >= this.#stream.nextCursor) return undefined;
    const kept = this.#page.find(({ cursor }) => cursor === next);
    if (kept !== undefined) return kept;
    this.#page = await this.#stream.read(this.#cursor);
    return this.#page[0];
  }

  /** There is more to read. A follower that was up to date and is now behind memory is too slow. */
  notify(oldestInMemory: number): void {
    if (this.#isLive && this.#cursor + 1 < oldestInMemory) {
      this.#end();
      this.#fallBehind();
      return;
    }
    this.#wake.resolve();
    this.#wake = Promise.withResolvers();
  }

  #end(): void {
    this.#isOver = true;
    this.#stream.leave(this);
    this.#wake.resolve();
  }

  async return(): Promise<IteratorResult<EventRow>> {
    this.#end();
    return { done: true, value: undefined };
  }

  [Symbol.asyncIterator](): this {
    return this;
  }
}

/** The end of one organisation's stream, in memory, for as long as somebody follows it. */
class OrganizationStream {
  /** Resolves when the stream knows where it stands. */
  readonly ready: Promise<void>;
  /** The cursor that the next event in memory will have. */
  nextCursor = 1;
  readonly #organization: OrganizationId;
  readonly #source: EventSource;
  readonly #onEmpty: () => void;
  readonly #followers = new Set<Follower>();
  #events: EventRow[] = [];
  #known = 0;
  #reading: Promise<void>;

  constructor(organization: OrganizationId, source: EventSource, onEmpty: () => void) {
    this.#organization = organization;
    this.#source = source;
    this.#onEmpty = onEmpty;
    this.ready = this.#begin();
    this.#reading = this.ready;
  }

  async #begin(): Promise<void> {
    this.nextCursor = (await this.#source.latest(this.#organization)) + 1;
  }

  at(cursor: number): EventRow | undefined {
    return this.#events[cursor - (this.nextCursor - this.#events.length)];
  }

  read(after: number): Promise<readonly EventRow[]> {
    return this.#source.read(this.#organization, after, READ_MAX);
  }

  join(after: number, fallBehind: () => void): Follower {
    const follower = new Follower(this, after, fallBehind);
    this.#followers.add(follower);
    return follower;
  }

  leave(follower: Follower): void {
    if (this.#followers.delete(follower) && this.#followers.size === 0) this.#onEmpty();
  }

  /** Reads up to this cursor, one read after the other. @throws what the source throws */
  async advance(cursor: number): Promise<void> {
    this.#known = Math.max(this.#known, cursor);
    this.#reading = this.#reading.catch(() => undefined).then(() => this.#readOn());
    await this.#reading;
  }

  async #readOn(): Promise<void> {
    while (this.nextCursor <= this.#known) {
      const events = await this.read(this.nextCursor - 1);
      if (events.length === 0) return;
      this.#events.push(...events);
      this.nextCursor += events.length;
      if (this.#events.length > BACKLOG_MAX) this.#events = this.#events.slice(-BACKLOG_MAX);
      const oldest = this.nextCursor - this.#events.length;
      for (const follower of this.#followers) follower.notify(oldest);
    }
  }
}

export type ProcessFeed = EventFeed & {
  /** There are events up to this cursor. @throws what the source throws */
  advance(organization: OrganizationId, cursor: number): Promise<void>;
  /** Notifications may have been missed: looks at every stream that is followed. */
  refresh(): Promise<void>;
};

export function createEventFeed(source: EventSource): ProcessFeed {
  const streams = new Map<OrganizationId, OrganizationStream>();

  function open(organization: OrganizationId): OrganizationStream {
    const known = streams.get(organization);
    if (known !== undefined) return known;
    const stream = new OrganizationStream(organization, source, () => {
      if (streams.get(organization) === stream) streams.delete(organization);
    });
    streams.set(organization, stream);
    return stream;
  }

  return {
    latest: (organization) => source.latest(organization),
    async follow(organization, after, fallBehind) {
      for (;;) {
        const stream = open(organization);
        try {
          await stream.ready;
        } catch (error) {
          if (streams.get(organization) === stream) streams.delete(organization);
          throw error;
        }
        // The last of its followers may have left in the meantime, and taken the stream along.
        if (streams.get(organization) === stream) return stream.join(after, fallBehind);
      }
    },
    async advance(organization, cursor) {
      await streams.get(organization)?.advance(cursor);
    },
    async refresh() {
      const followed = [...streams];
      await Promise.all(
        followed.map(async ([organization, stream]) => {
          await stream.advance(await source.latest(organization));
        }),
      );
    },
  };
}
