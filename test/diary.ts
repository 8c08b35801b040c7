/** One person's event stream, open through whatever happens to the platform, and all it has told. */
import { isFinal, type TransferState } from '#core/transfer-state.ts';
import type { CountersignClient } from '#sdk/client.ts';
import type { Event } from '#sdk/types.ts';

/** What an event tells of a transfer. */
export type TransferNews = {
  readonly state: TransferState;
  readonly version: number;
  readonly waiting: { readonly code: string } | null;
};

export type Diary = {
  /** In the order in which they came. */
  readonly events: readonly Event[];
  newsOf(transfer: string): readonly TransferNews[];
  /** Resolves when the newest news of the transfer satisfy the test. */
  until(transfer: string, test: (news: TransferNews) => boolean): Promise<TransferNews>;
  /** Resolves with the state in which the transfer ended. */
  ended(transfer: string): Promise<TransferState>;
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

  const until: Diary['until'] = async (transfer, test) => {
    const { promise, resolve, reject } = Promise.withResolvers<TransferNews>();
    const look = (): void => {
      const latest = newsOf(transfer).at(-1);
      if (failure !== undefined) reject(failure);
      else if (latest !== undefined && test(latest)) resolve(latest);
    };
    const giveUp = setTimeout(() => {
      const latest = JSON.stringify(newsOf(transfer).at(-1));
      reject(new Error(`nothing new of ${transfer} after ${events.length} events: ${latest}`));
    }, PATIENCE_MS);
    waiting.add(look);
    look();
    try {
      return await promise;
    } finally {
      clearTimeout(giveUp);
      waiting.delete(look);
    }
  };

  return {
    events,
    newsOf,
    until,
    ended: async (transfer) => (await until(transfer, ({ state }) => isFinal(state))).state,
    async close() {
      await stream.return?.();
      await over;
    },
  };
}
