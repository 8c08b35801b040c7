/** The `countersign` command inside a test: its words and exit code as values. */
import { type Environment } from '#cli/command.ts';
import { runCommandLine } from '#cli/command-line.ts';

export async function runCommand(words: readonly string[], env: Environment = {}, input = '') {
  const out: string[] = [];
  const err: string[] = [];
  const terminal = {
    out: (line: string) => out.push(line),
    err: (line: string) => err.push(line),
    colors: false,
    input: () => Promise.resolve(input),
  };
  const code = await runCommandLine(words, terminal, env);
  return { code, out: out.join('\n'), err: err.join('\n') };
}
