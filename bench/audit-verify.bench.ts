/**
 * `countersign audit verify`, as an auditor calls it, over a log of 100,000 entries with everything in
 * it: about 18,000 payments, each with its assertions, decisions, receipts and signature.
 */
import { spawn } from 'node:child_process';
import { once } from 'node:events';
import { mkdtempSync, rmSync, statSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { writeLog } from './audit/whole-log.ts';
import type { Benchmark } from './benchmark.ts';
import { percentile, rounded } from './measure.ts';

const ENTRIES = 100_000;
const CHECKPOINT_EVERY = 1_000;
const SEED = 'a log to be timed';
const VERIFY_MS_MAX = 60_000;
const TOLD_EVERY = 10_000;
const COMMAND = join(import.meta.dirname, '..', 'tools', 'countersign.mjs');

export const benchmark: Benchmark = {
  about: `countersign audit verify of an export of ${ENTRIES} entries, from its start to its verdict`,
  rounds: { warmUp: 0, counted: 3 },
  async run({ counted }, tell) {
    const folder = mkdtempSync(join(tmpdir(), 'countersign-audit-'));
    try {
      const wanted = { entries: ENTRIES, every: CHECKPOINT_EVERY, seed: SEED };
      const { entries, command } = await writeLog(folder, wanted, (told) => {
        if (told % TOLD_EVERY < 5) tell(`${told} entries written`);
      });
      const megabytes = statSync(join(folder, 'log.jsonl')).size / 1e6;
      const samples: number[] = [];
      const faults: string[] = [];
      for (let round = 0; round < counted; round++) {
        const { ms, verdict } = await timed(command);
        samples.push(rounded(ms));
        if (verdict.fault !== undefined) faults.push(`entry ${verdict.fault.from} is wrong`);
        if (verdict.entries !== entries) faults.push(`${verdict.entries} entries were read`);
        if (ms > VERIFY_MS_MAX) faults.push(`one check took ${ms} ms`);
      }
      const verify_p50_ms = rounded(percentile(samples, 50));
      const figures = { entries, megabytes: rounded(megabytes), verify_p50_ms };
      return { figures, samples: { verify_ms: samples }, faults };
    } finally {
      rmSync(folder, { recursive: true });
    }
  },
};

type Verdict = { readonly entries: number; readonly fault?: { readonly from: number } };

async function timed(command: readonly string[]) {
  const began = performance.now();
  const child = spawn(process.execPath, [COMMAND, ...command], {
    stdio: ['ignore', 'pipe', 'inherit'],
  });
  const over = once(child, 'close');
  const told: string[] = [];
  for await (const text of child.stdout.setEncoding('utf8')) told.push(text as string);
  await over;
  return { ms: performance.now() - began, verdict: JSON.parse(told.join('')) as Verdict };
}
