/** Our own programs as child processes: TypeScript through the loader, ready by a line of JSON. */
import path from 'node:path';
import { fileURLToPath } from 'node:url';

import { REQUIRED_OPTIONS } from '#signer-cluster/hardening.ts';
import { BUNDLE } from '#tools/signer-bundle/manifest.ts';

import { type ChildPlan, type SystemUser } from './child.ts';

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

/**
 * The command line of a signer node, which refuses to start without these options or with core dumps.
 * The shell gives its place, and its process id, to Node.
 * @param bundle the folder of the node's bundle
 * @param preloaded options before the program's own, where a test has some
 */
export function signerCommand(
  bundle: string,
  preloaded: readonly string[] = [],
): { readonly command: string; readonly args: readonly string[] } {
  const node = [process.execPath, ...REQUIRED_OPTIONS, ...preloaded];
  return {
    command: '/bin/sh',
    args: ['-c', 'ulimit -c 0; exec "$@"', 'sh', ...node, path.join(bundle, BUNDLE)],
  };
}

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

type Program = {
  readonly name: string;
  readonly env: NodeJS.ProcessEnv;
  readonly logFile: string;
};

/** @param program `entry` is a path in the checkout */
export const programPlan = ({
  entry,
  ...program
}: Program & { readonly entry: string }): ChildPlan =>
  planOf(program, { command: process.execPath, args: programArguments(entry) });

/** @param program `user` is who runs it, where that is another user than this process's */
export const signerPlan = ({
  user,
  folder,
  bundle,
  ...program
}: Program & {
  readonly user: SystemUser | undefined;
  /** Where its `node.json` lies. */
  readonly folder: string;
  readonly bundle: string;
}): ChildPlan => ({ ...planOf(program, signerCommand(bundle)), cwd: folder, user });

function planOf(program: Program, command: Pick<ChildPlan, 'command' | 'args'>): ChildPlan {
  return {
    ...command,
    name: program.name,
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
