/** Runs test files in a process of their own and reads what came of them. */
import { spawn } from 'node:child_process';
import { once } from 'node:events';
import fs from 'node:fs';
import os from 'node:os';
import path from 'node:path';

export type TestEnds = {
  /** The full names of those that failed. */
  readonly failed: readonly string[];
  readonly tests: number;
  /** Those that were not skipped, with their times. */
  readonly played: readonly {
    readonly name: string;
    readonly status: string;
    readonly tookMs: number;
  }[];
  /** Why a file ended without a verdict, where one did. */
  readonly broken: string | undefined;
};

type Report = {
  readonly numTotalTests: number;
  readonly testResults: readonly {
    readonly status: string;
    readonly message: string;
    readonly assertionResults: readonly {
      readonly fullName: string;
      readonly status: string;
      readonly duration?: number | null;
    }[];
  }[];
};

/**
 * @param checkout whose files and packages are run
 * @param args test files, and options of the test runner
 */
export async function runTests(
  checkout: string,
  args: readonly string[],
  env: NodeJS.ProcessEnv = {},
): Promise<TestEnds> {
  const folder = fs.mkdtempSync(path.join(os.tmpdir(), 'countersign-report-'));
  try {
    const reportFile = path.join(folder, 'report.json');
    const vitest = path.join(checkout, 'node_modules', 'vitest', 'vitest.mjs');
    const all = [vitest, 'run', ...args, '--reporter=json', `--outputFile=${reportFile}`];
    const options = { cwd: checkout, stdio: 'ignore', env: { ...process.env, ...env } } as const;
    await once(spawn(process.execPath, all, options), 'exit');
    if (!fs.existsSync(reportFile)) throw new Error(`${args.join(' ')} could not be run`);
    return endsOf(JSON.parse(fs.readFileSync(reportFile, 'utf8')) as Report);
  } finally {
    fs.rmSync(folder, { recursive: true, force: true });
  }
}

function endsOf({ numTotalTests, testResults }: Report): TestEnds {
  const results = testResults.flatMap(({ assertionResults }) => assertionResults);
  const failed = results.filter(({ status }) => status === 'failed');
  const played = results.filter(isPlayed).map(({ fullName, status, duration }) => {
    return { name: fullName, status, tookMs: Math.round(duration ?? 0) };
  });
  return {
    failed: failed.map(({ fullName }) => fullName),
    tests: results.length === 0 ? numTotalTests : played.length,
    played,
    broken: testResults.find(({ status }) => status === 'failed')?.message,
  };
}

const isPlayed = ({ status }: { readonly status: string }): boolean =>
  status === 'failed' || status === 'passed';
