/** A proof about a whole policy: a solver is started, asked and stopped for each sample. */
import type { Contender } from '#bench/measure.ts';
import { waysAround } from '#policy-lang/analysis/prove.ts';
import { askSolver } from '#policy-tools/prove-policy.ts';
import { Solver } from '#policy-tools/solver.ts';
import { compileRules } from './countersign.ts';
import { workloadOf } from './workload.ts';

const TIMEOUT_MS = 60_000;

/** The promise holds because of one rule among all of the workload's. */
const PROMISE = `
rule managers-above { when value > 10,000 USD then require approval by 1 of managers because "bench" }
prove "nothing above $10,000 leaves without a manager" {
  for all transfer where value > 10,000 USD
  never allow without approval by 1 of managers
}
`;

/** Samples are milliseconds, from the compiled policy to the answer. */
export function proving(ruleCount: number): Contender {
  const { program, proves } = compileRules(workloadOf(ruleCount - 1, 1).rules, PROMISE);
  const claim = proves[0]?.claim;
  if (claim?.kind !== 'never') throw new Error('the promise was not read');
  return {
    name: 'prove_ms',
    sample: async () => {
      const solver = new Solver();
      const started = performance.now();
      try {
        for (const way of waysAround(program, claim)) {
          const verdict = await askSolver(way, solver, { timeoutMs: TIMEOUT_MS });
          if (verdict.kind !== 'proved') throw new Error(`the promise is ${verdict.kind}`);
        }
        return performance.now() - started;
      } finally {
        await solver.close();
      }
    },
  };
}
