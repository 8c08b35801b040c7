/** A vitest reporter: after a run of many files it lists the slowest, so that growth is seen. */
import path from 'node:path';

import type { Reporter, TestModule } from 'vitest/node';

const SHOWN = 15;

/** A test file with what its imports, its set-up and its tests took. */
export type TimedFile = {
  readonly name: string;
  readonly tests: number;
  readonly durationMs: number;
};

export default class SlowestFiles implements Reporter {
  onTestRunEnd(modules: readonly TestModule[]): void {
    if (modules.length <= SHOWN) return;
    const lines = slowestFiles(modules.map(timed), SHOWN);
    process.stdout.write(`${lines.join('\n')}\n\n`);
  }
}

function timed(module: TestModule): TimedFile {
  const { collectDuration, setupDuration, duration } = module.diagnostic();
  return {
    name: path.relative(module.project.config.root, module.moduleId),
    tests: [...module.children.allTests()].length,
    durationMs: collectDuration + setupDuration + duration,
  };
}

/** A line for all files together, then one for each of the slowest, from the slowest down. */
export function slowestFiles(files: readonly TimedFile[], shown: number): readonly string[] {
  const totalMs = files.reduce((sum, { durationMs }) => sum + durationMs, 0);
  const slowest = files.toSorted((a, b) => b.durationMs - a.durationMs).slice(0, shown);
  return [
    `${files.length} files took ${seconds(totalMs)} s, one after the other; the slowest:`,
    ...slowest.map(
      ({ name, tests, durationMs }) =>
        `${seconds(durationMs).padStart(8)} s  ${name} (${tests} tests)`,
    ),
  ];
}

const seconds = (durationMs: number): string => (durationMs / 1000).toFixed(1);
