/**
 * Deciding about payments: the policy language beside code written by hand and beside engines that a
 * Node service can install, all about the same rules and requests, taking turns in one process. Several
 * processes are measured, and each figure is the median of theirs.
 */
import { execFile } from 'node:child_process';
import { fileURLToPath } from 'node:url';
import { promisify } from 'node:util';
import type { Benchmark, Figures } from './benchmark.ts';
import { type Samples, percentile, rounded } from './measure.ts';

const PROCESSES = 3;
const PROGRAM = fileURLToPath(new URL('policy/one-process.ts', import.meta.url));

const run = promisify(execFile);

/** What is compared with what, by the names of the contenders. */
const RATIOS: Readonly<Record<string, readonly [string, string]>> = {
  vs_hand_10: ['ours_10', 'hand_10'],
  vs_hand_1000: ['ours_1000', 'hand_1000'],
  vs_index_10: ['ours_10', 'index_10'],
  vs_index_100: ['ours_100', 'index_100'],
  vs_index_1000: ['ours_1000', 'index_1000'],
  vs_index_10000: ['ours_10000', 'index_10000'],
  cedar_x: ['cedar', 'trace_rule'],
  json_rules_x: ['json_rules', 'trace_rule'],
  casbin_x: ['casbin', 'trace_rule'],
  cel_x: ['cel', 'trace_rule'],
  growth_10_10000: ['ours_10000', 'ours_10'],
  trace_rule_x: ['trace_rule', 'trace_none'],
  trace_full_x: ['trace_full', 'trace_none'],
  parse_vs_cedar: ['parse_ours', 'parse_cedar'],
};

/** What is no ratio: transfers a second, milliseconds. */
const ALONE = ['backtest_per_s', 'prove_ms'] as const;

/** Ratios and rates of one process, as far as their contenders were measured. */
export function figuresOf(samples: Samples): Readonly<Record<string, number>> {
  const median = (name: string): number | undefined => {
    const values = samples[name];
    return values && percentile(values, 50);
  };
  const figures = Object.entries(RATIOS).flatMap(([name, [one, other]]) => {
    const [mine, theirs] = [median(one), median(other)];
    return mine === undefined || theirs === undefined ? [] : [[name, mine / theirs] as const];
  });
  const alone = ALONE.flatMap((name) => {
    const value = median(name);
    return value === undefined ? [] : [[name, Math.round(value)] as const];
  });
  return Object.fromEntries([...figures, ...alone]);
}

const medians = (all: readonly Readonly<Record<string, number>>[]): Figures =>
  Object.fromEntries(
    Object.keys(all[0] ?? {}).map((name) => [
      name,
      rounded(
        percentile(
          all.map((one) => one[name] ?? Number.NaN),
          50,
        ),
      ),
    ]),
  );

export const benchmark: Benchmark = {
  about:
    'one decision about a transfer, from a snapshot to a decision object, by 10 to 10,000 rules; ' +
    'microseconds, and ratios to other engines in the same process',
  rounds: { warmUp: 30, counted: 60 },
  async run(rounds, tell) {
    const processes: Samples[] = [];
    for (let number = 1; number <= PROCESSES; number++) {
      tell(`process ${number} of ${PROCESSES}`);
      const args = [...process.execArgv, PROGRAM, JSON.stringify(rounds)];
      const { stdout } = await run(process.execPath, args, { maxBuffer: 2 ** 26 });
      processes.push(JSON.parse(stdout) as Samples);
    }
    const names = Object.keys(processes[0] ?? {});
    const times = medians(
      processes.map((samples) =>
        Object.fromEntries(names.map((name) => [name, percentile(samples[name] ?? [], 50)])),
      ),
    );
    const samples = processes.flatMap((one, at) =>
      Object.entries(one).map(([name, values]) => [`p${at + 1}.${name}`, values.map(rounded)]),
    );
    return {
      figures: { ...medians(processes.map(figuresOf)), times },
      samples: Object.fromEntries(samples) as Samples,
    };
  },
};
