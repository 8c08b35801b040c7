/** What a person reads while the platform starts and runs. */
import { performance } from 'node:perf_hooks';

export type Progress = {
  /** One line. */
  readonly tell: (line: string) => void;
  /** Runs a step of the start and tells how long it took, or which variable names the part. */
  step<Result>(what: string, run: () => Promise<Result>, namedBy?: string): Promise<Result>;
};

const LABEL_WIDTH = 22;

export function createProgress(write: (text: string) => void): Progress {
  const tell = (line: string): void => write(`countersign: ${line}\n`);
  return {
    tell,
    async step(what, run, namedBy) {
      const started = performance.now();
      const result = await run();
      const seconds = ((performance.now() - started) / 1000).toFixed(1);
      const outcome = namedBy === undefined ? `ready   ${seconds} s` : `as ${namedBy} says`;
      tell(`${what.padEnd(LABEL_WIDTH)}${outcome}`);
      return result;
    },
  };
}
