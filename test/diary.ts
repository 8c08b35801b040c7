/** One person's event stream, open through whatever happens to the platform, and all it has told. */
import { isFinal, type TransferState } from '#core/transfer-state.ts';
import type { CountersignClient } from '#sdk/client.ts';
import type { Event } from '#sdk/types.ts';

/** What an event tells of a transfer. */
export type TransferNews = {
  readonly state: TransferState;
  readonly version: number;
  readonly waiting: { readonly code: string; readonly message: string } | null;
};

export type Diary = {
  /** In the order in which they came. */
  readonly events: readonly Event[];
  newsOf(transfer: string): readonly TransferNews[];
  /** Resolves with the latest news of the transfer that satisfy the test. */
  told(transfer: string, test: (news: TransferNews) => boolean): Promise<TransferNews>;
  /** Resolves with the state in which the transfer ended. */
  ended(transfer: string): Promise<TransferState>;
  /** Resolves when everything up to the cursor has come. */
  reached(cursor: number): Promise<true>;
  close(): Promise<void>;
};

/** Long for any machine: what has not come by then does not come. */
const PATIENCE_MS = 90_000;

/** Reads from the organisation's first event on. */
export function openDiary(client: CountersignClient): Diary {
  const events: Event[] = [];
  const waiting = new Set<() => void>();
  let failure: Error | undefined;
  const stream = client.events({ after: '0' });
  const read = async (): Promise<void> => {
    for await (const event of stream) {
      events.push(event);
      for (const look of waiting) look();
    }
  };
  const over = read().catch((error: Error) => {
    failure = error;
    for (const look of waiting) look();
  });

  const newsOf = (transfer: string): readonly TransferNews[] =>
    events
      .filter(({ type, subject }) => type === 'TRANSFER_UPDATED' && subject === transfer)
      .map(({ payload }) => payload as TransferNews);

  const until = async <T>(look: () => T | undefined, what: () => string): Promise<T> => {
    const { promise, resolve, reject } = Promise.withResolvers<T>();
    const check = (): void => {
      const seen = look();
      if (failure !== undefined) reject(failure);
      else if (seen !== undefined) resolve(seen);
    };
    const giveUp = setTimeout(() => {
      reject(new Error(`${events.length} events have not told ${what()}`));
    }, PATIENCE_MS);
    waiting.add(check);
    check();
    try {
      return await promise;
    } finally {
      clearTimeout(giveUp);
      waiting.delete(check);
    }
  };

  const told: Diary['told'] = (transfer, test) =>
    until(
      () => newsOf(transfer).findLast(test),
      () => `what is awaited of ${transfer}: ${JSON.stringify(newsOf(transfer).at(-1))}`,
    );

  return {
    events,
    newsOf,
    told,
    ended: async (transfer) => (await told(transfer, ({ state }) => isFinal(state))).state,
    reached: (cursor) =>
      until(
        () => (Number(events.at(-1)?.cursor ?? 0) >= cursor ? true : undefined),
        () => `event ${cursor}`,
      ),
    async close() {
      await stream.return?.();
      await over;
    },
  };
}
