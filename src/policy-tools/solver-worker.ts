/**
 * A thread with a solver in it: SMT-LIB text in, the solver's answer out. Each question gets a context
 * of its own, since contexts that answer many have been seen to fail.
 */
import { parentPort } from 'node:worker_threads';

/**
 * How long the solver may work: for a person who waits, by the clock; where the same question must have
 * the same answer on any machine, by its own count of steps.
 */
export type SolverLimit = { readonly timeoutMs: number } | { readonly steps: number };

export type SolverRequest = {
  readonly id: number;
  readonly text: string;
  readonly limit: SolverLimit;
};
export type SolverReply =
  | { readonly kind: 'ready' }
  | { readonly kind: 'absent'; readonly reason: string }
  | { readonly kind: 'answer'; readonly id: number; readonly text: string };

const port = parentPort;
if (port === null) throw new Error('this file runs as a worker');
const reply = (message: SolverReply): void => port.postMessage(message);

const optionOf = (limit: SolverLimit): string =>
  'steps' in limit
    ? `(set-option :rlimit ${limit.steps})`
    : `(set-option :timeout ${limit.timeoutMs})`;

const z3 = await import('z3-solver').then(
  ({ init }) => init(),
  (error: unknown) => {
    reply({ kind: 'absent', reason: error instanceof Error ? error.message : String(error) });
    return undefined;
  },
);

if (z3 !== undefined) {
  const { Z3 } = z3;
  port.on('message', ({ id, text, limit }: SolverRequest) => {
    void (async () => {
      const config = Z3.mk_config();
      const context = Z3.mk_context(config);
      Z3.del_config(config);
      const bounded = `${optionOf(limit)}\n${text}`;
      const answer = await Z3.eval_smtlib2_string(context, bounded);
      Z3.del_context(context);
      reply({ kind: 'answer', id, text: answer });
    })();
  });
  reply({ kind: 'ready' });
}
