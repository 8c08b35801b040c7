/**
 * Hears of new events and of ended sessions: one connection of its own that listens, however many
 * streams the process serves. A notification is only a hint that there is something to read; after
 * a reconnection it says so, because notifications may have been missed.
 */
import pg from 'pg';
import type { OrganizationId, SessionId } from '#core/ids.ts';
import { EVENT_CHANNEL } from './event.ts';
import { SESSION_CHANNEL } from './session.ts';

export type EventListener = { close(): Promise<void> };

export type EventListenerOptions = {
  readonly url: string;
  /** There are events up to this cursor. */
  readonly onEvent: (organization: OrganizationId, cursor: number) => void;
  readonly onSessionEnded?: (session: SessionId) => void;
  /** Connected, for the first time or again: read every stream anew. */
  readonly onConnected: () => void;
  readonly onError: (error: unknown) => void;
};

const RECONNECT_MS = 250;

/** Resolves when the first connection listens; from then on it reconnects by itself. */
export async function openEventListener(options: EventListenerOptions): Promise<EventListener> {
  let client: pg.Client | undefined;
  let isClosed = false;
  let timer: NodeJS.Timeout | undefined;

  const reconnectLater = () => {
    if (isClosed || timer !== undefined) return;
    timer = setTimeout(() => {
      timer = undefined;
      connect().catch((error: unknown) => {
        options.onError(error);
        reconnectLater();
      });
    }, RECONNECT_MS);
  };

  const connect = async () => {
    const next = new pg.Client({ connectionString: options.url, keepAlive: true });
    next.on('error', options.onError);
    next.on('end', reconnectLater);
    next.on('notification', ({ channel, payload = '' }) => {
      if (channel === SESSION_CHANNEL) {
        options.onSessionEnded?.(payload as SessionId);
        return;
      }
      const [organization = '', cursor = '0'] = payload.split(' ');
      options.onEvent(organization as OrganizationId, Number(cursor));
    });
    await next.connect();
    await next.query(`listen ${EVENT_CHANNEL}; listen ${SESSION_CHANNEL}`);
    client = next;
    if (isClosed) await next.end();
    else options.onConnected();
  };

  await connect();
  return {
    async close() {
      isClosed = true;
      clearTimeout(timer);
      await client?.end();
    },
  };
}
