/** One sub-command of `countersign`. */
import type { Terminal } from './terminal.ts';

/** 0: it is as it should be. 1: it is not (errors, failed tests). 2: the call itself is wrong. */
export type ExitCode = 0 | 1 | 2;

export type Command = {
  /** The words that select it, e.g. `policy check`. */
  readonly name: string;
  /** What follows the words, e.g. `FILE|FOLDER [--json]`. */
  readonly usage: string;
  /** One line for the list of commands. */
  readonly about: string;
  /** Lines that `--help` adds. */
  readonly details: readonly string[];
  readonly run: (args: readonly string[], terminal: Terminal) => Promise<ExitCode>;
};

/** A call that no command can make sense of: its message goes to the person with exit code 2. */
export class UsageError extends Error {
  override readonly name = 'UsageError';
}

/** The one path and the flags of a command that takes just these. @throws UsageError */
export function readPathAndFlags(
  args: readonly string[],
  flags: readonly string[],
): { readonly path: string; readonly flags: ReadonlySet<string> } {
  const given = args.filter((arg) => arg.startsWith('-') && arg !== '-');
  const unknown = given.find((flag) => !flags.includes(flag));
  if (unknown !== undefined) throw new UsageError(`There is no option ${unknown}.`);
  const [path, ...more] = args.filter((arg) => !given.includes(arg));
  if (path === undefined) throw new UsageError('Name a policy file or the folder of a bundle.');
  if (more.length > 0) throw new UsageError(`One path is enough, but there is also ${more[0]}.`);
  return { path, flags: new Set(given) };
}
