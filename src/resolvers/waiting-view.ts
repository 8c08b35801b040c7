/** What is in the way of a row. */
import { parseInstant } from '#core/time.ts';
import type { Waiting as StoredWaiting } from '#persistence/transfer.ts';
import type { Waiting } from '#schema/waiting.ts';

export const waitingView = (waiting: StoredWaiting): Waiting => ({
  code: waiting.code,
  message: waiting.message,
  since: parseInstant(waiting.since),
});
