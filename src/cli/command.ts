/** One sub-command of `countersign`. */
import { parseArgs } from 'node:util';
import type { Terminal } from './terminal.ts';

/** 0: it is as it should be. 1: it is not (errors, failed tests, refused). 2: the call itself is wrong. */
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
  readonly run: (
    args: readonly string[],
    terminal: Terminal,
    env: Environment,
  ) => Promise<ExitCode>;
};

/** The variables that a command may read; each command's help names its own. */
export type Environment = { readonly [name: string]: string | undefined };

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

/**
 * The one word and the options of a command. Every option takes a value; one that is absent, or empty,
 * is undefined.
 * @throws UsageError
 */
export function readWordAndOptions<Name extends string>(
  args: readonly string[],
  names: readonly Name[],
  missing: string,
): { readonly word: string; readonly options: Readonly<Partial<Record<Name, string>>> } {
  const options = Object.fromEntries(names.map((name) => [name, { type: 'string' } as const]));
  const { values, positionals } = parsed({ args: [...args], options, allowPositionals: true });
  const [word, ...more] = positionals;
  if (word === undefined) throw new UsageError(missing);
  if (more.length > 0) throw new UsageError(`One is enough, but there is also ${more[0]}.`);
  const given = Object.entries(values).filter(([, value]) => value !== '');
  return { word, options: Object.fromEntries(given) as Partial<Record<Name, string>> };
}

function parsed(config: Parameters<typeof parseArgs>[0]): ReturnType<typeof parseArgs> {
  try {
    return parseArgs(config);
  } catch (error) {
    const { code, message } = error as NodeJS.ErrnoException;
    if (code?.startsWith('ERR_PARSE_ARGS_')) throw new UsageError(message);
    throw error;
  }
}
