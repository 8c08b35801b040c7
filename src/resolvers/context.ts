/** What the resolvers of one operation share. */
import type { OrganizationId } from '#core/ids.ts';
import type { Actor } from '#identity/actor.ts';
import type { OpenedSession } from '#identity/session.ts';
import type { EventRow } from '#persistence/event.ts';
import type { Services } from '#workflow/services.ts';
import type { Loaders } from './loaders.ts';

/** The organisations' event streams, read once per process however many clients follow them. */
export type EventFeed = {
  /** The cursor of the newest event. */
  latest(organization: OrganizationId): Promise<number>;
  /**
   * The events after a cursor, in their order, without an end. A follower that had caught up and
   * then falls too far behind is told by `fallBehind`, and its iteration ends.
   */
  follow(
    organization: OrganizationId,
    after: number,
    fallBehind: () => void,
  ): Promise<AsyncIterableIterator<EventRow>>;
};

export type Context = {
  readonly services: Services;
  readonly feed: EventFeed;
  readonly loaders: Loaders;
  /** The bearer token of the request, or of the socket. */
  readonly token: string | undefined;
  /** The token that authorises the making of organisations. */
  readonly operatorToken: string;
  /** Who asks. @throws UNAUTHENTICATED, SESSION_EXPIRED, SESSION_REVOKED */
  readonly actor: () => Promise<Actor>;
  /** The rest of this operation asks as the session that it has just opened. */
  readonly actAs: (session: OpenedSession) => OpenedSession;
  /** Ends the connection of a consumer that reads too slowly. */
  readonly fallBehind: () => void;
  /** Before each step that needs no session: an address has only so many. @throws RATE_LIMITED */
  readonly countCeremony: () => void;
};
