/**
 * How a node's process must be started: without core dumps, without a way for a debugger to come in,
 * without code that is made out of strings. A node that was started otherwise refuses, so that nobody
 * can forget it: `launcher/programs.ts` and the bundle's `signer` start it so.
 */
import { readFile } from 'node:fs/promises';
import { url as inspectorUrl } from 'node:inspector';
import { StartRefused } from './sealing.ts';

/** For Node, before the program. */
export const REQUIRED_OPTIONS: readonly string[] = [
  '--disable-sigusr1',
  '--disallow-code-generation-from-strings',
];

/**
 * What else may stand there: the TypeScript loader of a checkout, and words about memory and stacks.
 * Everything that writes memory to a file or opens a port is in no list, and so is refused.
 */
const OPTIONS_WITH_VALUE: readonly string[] = ['--import'];
const OTHER_OPTIONS = /^--(?:import=|max-old-space-size=|enable-source-maps$|no-warnings$)/;

/** What of a process tells whether its memory can be had from outside. */
export type Surroundings = {
  readonly options: readonly string[];
  readonly env: Readonly<Record<string, string | undefined>>;
  /** Where a debugger can connect, as long as one can. */
  readonly inspector: string | undefined;
  /** Of core dumps, in bytes, or `unlimited`; undefined where the system does not tell. */
  readonly coreLimit: string | undefined;
};

export async function surroundingsOf({
  execArgv,
  env,
}: Pick<NodeJS.Process, 'execArgv' | 'env'>): Promise<Surroundings> {
  // Only Linux has the file.
  const limits = await readFile('/proc/self/limits', 'utf8').catch(() => '');
  const [, coreLimit] = /^Max core file size +(\S+)/m.exec(limits) ?? [];
  return { options: execArgv, env, inspector: inspectorUrl(), coreLimit };
}

/** Options that load code or open ports in every Node, whoever starts it. */
const VARIABLES = ['NODE_OPTIONS', 'NODE_PATH', 'NODE_V8_COVERAGE'];

/** @throws StartRefused that names everything that is wrong */
export function requireHardened({ options, env, inspector, coreLimit }: Surroundings): void {
  const missing = REQUIRED_OPTIONS.filter((option) => !options.includes(option));
  const foreign = options.filter(
    (option, at) =>
      !REQUIRED_OPTIONS.includes(option) &&
      !OPTIONS_WITH_VALUE.includes(option) &&
      !OPTIONS_WITH_VALUE.includes(options[at - 1] ?? '') &&
      !OTHER_OPTIONS.test(option),
  );
  const faults = [
    ...missing.map((option) => `it was started without ${option}`),
    ...foreign.map((option) => `${option} is not for a signer node`),
    ...VARIABLES.filter((name) => env[name]).map((name) => `${name} is set`),
    ...(inspector === undefined ? [] : ['a debugger can connect to it']),
    ...(coreLimit === undefined || coreLimit === '0'
      ? []
      : ['core dumps are on: set their limit to 0 (ulimit -c 0)']),
  ];
  if (faults.length > 0) throw new StartRefused(`the process is open: ${faults.join('; ')}`);
}
