/** What a person reads while the platform starts and runs. */
import { performance } from 'node:perf_hooks';

export type Progress = {
  /** One line. */
  readonly tell: (line: string) => void;
  /** Runs a step of the start and tells how long it took. */
  step<Result>(what: string, run: () => Promise<Result>): Promise<Result>;
};

const LABEL_WIDTH = 22;

export function createProgress(write: (text: string) => void): Progress {
  const tell = (line: string): void => write(`countersign: ${line}\n`);
  return {
    tell,
    async step(what, run) {
      const started = performance.now();
      const result = await run();
      const seconds = ((performance.now() - started) / 1000).toFixed(1);
      tell(`${what.padEnd(LABEL_WIDTH)}ready   ${seconds} s`);
      return result;
    },
  };
}
