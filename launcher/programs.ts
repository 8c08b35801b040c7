/** Our own programs as child processes: TypeScript through the loader, ready by a line of JSON. */
import path from 'node:path';
import { fileURLToPath } from 'node:url';

import { type ChildPlan } from './child.ts';

/** The checkout that this launcher belongs to. */
export const CHECKOUT = path.resolve(path.dirname(fileURLToPath(import.meta.url)), '..');

/** The module that makes Node run TypeScript, for its `--import`. */
export const LOADER = import.meta.resolve('./typescript.mjs');

/** Where Node keeps compiled code between starts; emptied with every installation. */
const COMPILE_CACHE = path.join(CHECKOUT, 'node_modules', '.cache', 'compile');

/** What every program may inherit; anything else is handed to it by name, or it does not get it. */
const INHERITED = [
  'PATH',
  'HOME',
  'TMPDIR',
  'LANG',
  'TZ',
  'LOG_LEVEL',
  'NODE_EXTRA_CA_CERTS',
  'OTEL_EXPORTER_OTLP_ENDPOINT',
];

/** Arguments for Node that run one of our files. */
export const programArguments = (entry: string): readonly string[] => [
  '--import',
  LOADER,
  path.join(CHECKOUT, entry),
];

/** The environment of a program: the inherited names, then what it is given. */
export function programEnvironment(
  inherited: NodeJS.ProcessEnv,
  given: NodeJS.ProcessEnv,
): NodeJS.ProcessEnv {
  const base = INHERITED.flatMap((name) =>
    inherited[name] === undefined ? [] : [[name, inherited[name]] as const],
  );
  return { ...Object.fromEntries(base), NODE_COMPILE_CACHE: COMPILE_CACHE, ...given };
}

export function programPlan(program: {
  readonly name: string;
  /** Path in the checkout. */
  readonly entry: string;
  readonly env: NodeJS.ProcessEnv;
  readonly logFile: string;
}): ChildPlan {
  return {
    name: program.name,
    command: process.execPath,
    args: programArguments(program.entry),
    env: { ...program.env, EXIT_WITH_PARENT: '1' },
    cwd: CHECKOUT,
    endsWithParent: 'by-stdin',
    ready: { line: true },
    readyTimeoutMs: 60_000,
    stopSignal: 'SIGTERM',
    stopTimeoutMs: 15_000,
    logFile: program.logFile,
  };
}
