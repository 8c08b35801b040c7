/** The local Solana chain as a child: our own program around litesvm, with its history in a file. */
import type { Child, ChildPlan } from './child.ts';
import { programEnvironment, programPlan } from './programs.ts';

export function solanaPlan(options: {
  readonly port: number;
  /** Its history, one line for each transaction. */
  readonly file: string;
  readonly env: NodeJS.ProcessEnv;
  readonly logFile: string;
}): ChildPlan {
  const { port, file, env, logFile } = options;
  return programPlan({
    name: 'solana',
    entry: 'launcher/solana-vm/main.ts',
    env: programEnvironment(env, { SOLANA_LEDGER: file, PORT: `${port}` }),
    logFile,
  });
}

/** One sentence for a person, or undefined where the chain goes on where it was. */
export function describeLostHistory(told: Child['told']): string | undefined {
  const { lost, putAside } = told;
  if (typeof lost !== 'string') return undefined;
  return (
    `the stored Solana chain cannot be taken up (${lost}) and is put aside as ${String(putAside)}; a ` +
    'new chain begins. Transfers of the old one stay as they were recorded.'
  );
}
