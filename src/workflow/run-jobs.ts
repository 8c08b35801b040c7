/** A worker: takes jobs as they come, and sweeps at its own pace for those that got lost. */
import { HOUR_MS } from '#core/time.ts';
import { removeOldChallenges } from '#identity/old-challenges.ts';
import type { JobQueue } from '#persistence/jobs.ts';
import { checkHistories } from './chain-history.ts';
import { endHopelessChanges } from './change.ts';
import { takeCheckpoints } from './checkpoint.ts';
import { renewWords } from './generate-key.ts';
import type { Services } from './services.ts';
import { createJobRunner } from './sweep.ts';

const JOBS_AT_ONCE = 16;
const TICK_MS = 500;

export type Worker = {
  /** Takes no further job, and resolves when everything that runs has ended. */
  stop(): Promise<void>;
};

export async function startWorker(services: Services, queue: JobQueue): Promise<Worker> {
  const runner = createJobRunner(services);
  const renewed = await renewWords(services);
  if (renewed > 0) services.log.info({ wallets: renewed }, 'nodes that have left signed addresses');
  const stopWork = await queue.work(
    {
      'advance-key': (job) => runner.run(job),
      'generate-key': (job) => runner.run(job),
      'advance-transfer': (job) => runner.run(job),
      'gather-receipts': (job) => runner.run(job),
    },
    JOBS_AT_ONCE,
  );
  const stopTicking = startTicking(services, [
    { name: 'the sweep', everyMs: TICK_MS, work: () => runner.sweep() },
    { name: 'the checkpoints', everyMs: 1_000, work: () => takeCheckpoints(services) },
    // A chain that lost its history is also noticed while nothing is sent to it.
    { name: 'the look at the chains', everyMs: 10_000, work: () => checkHistories(services) },
    {
      name: 'the look at waiting changes',
      everyMs: 10_000,
      work: () => endHopelessChanges(services),
    },
    {
      name: 'the removal of challenges',
      everyMs: HOUR_MS,
      work: () => removeOldChallenges(services),
    },
  ]);
  return {
    async stop() {
      await Promise.all([stopWork(), stopTicking()]);
    },
  };
}

type Chore = {
  readonly name: string;
  readonly everyMs: number;
  readonly work: () => Promise<void>;
};

/** Each chore runs at once and then at its own pace, never twice at the same time. */
function startTicking(services: Services, chores: readonly Chore[]): () => Promise<void> {
  const { clock, log } = services;
  const stopping = new AbortController();
  const running = new Map<Chore, Promise<void>>();
  const run = async (chore: Chore) => {
    try {
      await chore.work();
    } catch (error) {
      // The database may be away for a moment: the next round tries again.
      log.warn({ error, name: chore.name }, 'a chore of the worker failed');
    } finally {
      running.delete(chore);
    }
  };
  const tick = async () => {
    for (let atMs = 0; !stopping.signal.aborted; atMs += TICK_MS) {
      for (const chore of chores) {
        const isDue = atMs % chore.everyMs === 0;
        if (isDue && !running.has(chore)) running.set(chore, run(chore));
      }
      await clock.sleep(TICK_MS);
    }
  };
  const ended = tick();
  return async () => {
    stopping.abort();
    await ended;
    await Promise.all(running.values());
  };
}
