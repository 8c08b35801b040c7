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

/** What a command was called with. An option that is absent, or empty, is undefined. */
export type Arguments<Option extends string, Flag extends string> = {
  readonly words: readonly string[];
  readonly options: Readonly<Partial<Record<Option, string>>>;
  readonly flags: ReadonlySet<Flag>;
};

/** Options take a value, flags take none. @throws UsageError for any other, or too many words */
export function readArguments<Option extends string = never, Flag extends string = never>(
  args: readonly string[],
  known: {
    readonly words: number;
    readonly options?: readonly Option[];
    readonly flags?: readonly Flag[];
  },
): Arguments<Option, Flag> {
  const { options = [], flags = [] } = known;
  const { values, positionals: words } = parsed({
    args: [...args],
    allowPositionals: true,
    options: Object.fromEntries([
      ...options.map((name) => [name, { type: 'string' }] as const),
      ...flags.map((name) => [name, { type: 'boolean' }] as const),
    ]),
  });
  const more = words[known.words];
  if (more !== undefined) throw new UsageError(`"${more}" is one word too many.`);
  const given = Object.entries(values).filter(([, value]) => value !== '');
  return {
    words,
    options: Object.fromEntries(given) as Partial<Record<Option, string>>,
    flags: new Set(flags.filter((name) => values[name] === true)),
  };
}

/** @throws UsageError with `missing` where the word was left out */
export function requireWord([word]: readonly string[], missing: string): string {
  if (word === undefined || word === '') throw new UsageError(missing);
  return word;
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
