/** A worker: takes jobs as they come, and sweeps at its own pace for those that got lost. */
import type { JobQueue } from '#persistence/jobs.ts';
import { checkHistories } from './chain-history.ts';
import type { Services } from './services.ts';
import { createJobRunner } from './sweep.ts';

const JOBS_AT_ONCE = 16;
const SWEEP_MS = 500;
/** A chain that lost its history is also noticed while nothing is sent to it. */
const SWEEPS_PER_HISTORY_CHECK = 20;

export type Worker = {
  /** Takes no further job, and resolves when the running ones and the sweep have ended. */
  stop(): Promise<void>;
};

export async function startWorker(services: Services, queue: JobQueue): Promise<Worker> {
  const runner = createJobRunner(services);
  const stopWork = await queue.work(
    { 'generate-key': (job) => runner.run(job), 'advance-transfer': (job) => runner.run(job) },
    JOBS_AT_ONCE,
  );
  const stopping = new AbortController();
  const sweepForEver = async () => {
    for (let round = 0; !stopping.signal.aborted; round++) {
      try {
        if (round % SWEEPS_PER_HISTORY_CHECK === 0) await checkHistories(services);
        await runner.sweep();
      } catch (error) {
        // The database may be away for a moment: the next round asks again.
        services.log.warn({ error }, 'a sweep failed');
      }
      await services.clock.sleep(SWEEP_MS);
    }
  };
  const stopped = sweepForEver();
  return {
    async stop() {
      stopping.abort();
      await Promise.all([stopWork(), stopped]);
    },
  };
}
