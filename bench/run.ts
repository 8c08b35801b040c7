/**
 * `npm run bench -- NAME [--n ROUNDS] [--json]`: runs `bench/NAME.bench.ts`. Progress goes to standard
 * error. With `--json` the last line of standard output is one JSON object: the figures, the raw
 * samples, and the machine.
 */
import { readdirSync } from 'node:fs';
import { cpus } from 'node:os';
import { parseArgs } from 'node:util';
import type { Benchmark, BenchmarkResult, Figures } from './benchmark.ts';
import type { Rounds } from './measure.ts';

const SUFFIX = '.bench.ts';

const names = (): readonly string[] =>
  readdirSync(import.meta.dirname)
    .filter((file) => file.endsWith(SUFFIX))
    .map((file) => file.slice(0, -SUFFIX.length));

const USAGE = `Usage: npm run bench -- NAME [--n ROUNDS] [--json]; NAME is one of: ${names().join(', ')}`;

type Request = { readonly name: string; readonly json: boolean; readonly counted?: number };

/** The command line, or undefined where it makes no sense. */
function parseRequest(args: readonly string[]): Request | undefined {
  try {
    const options = { json: { type: 'boolean' }, n: { type: 'string' } } as const;
    const { values, positionals } = parseArgs({ args: [...args], options, allowPositionals: true });
    const [name, ...more] = positionals;
    if (name === undefined || more.length > 0 || !names().includes(name)) return undefined;
    const { json = false, n } = values;
    if (n === undefined) return { name, json };
    return /^[1-9]\d{0,5}$/.test(n) ? { name, json, counted: Number(n) } : undefined;
  } catch {
    // An unknown option; the usage says which there are.
    return undefined;
  }
}

/** Every figure under its path, such as `2of3.presign_cpu_ms`. */
const linesOf = (figures: Figures): readonly (readonly [string, number])[] =>
  Object.entries(figures).flatMap(([name, value]) =>
    typeof value === 'number'
      ? [[name, value] as const]
      : linesOf(value).map(([inner, number]) => [`${name}.${inner}`, number] as const),
  );

function print(name: string, rounds: Rounds, result: BenchmarkResult, json: boolean): void {
  const { figures, samples } = result;
  for (const [figure, value] of linesOf(figures)) console.log(`${figure.padEnd(40)}${value}`);
  if (!json) return;
  const machine = { node: process.version, cpu: cpus()[0]?.model ?? '', cpus: cpus().length };
  console.log(JSON.stringify({ bench: name, ...figures, n: rounds.counted, machine, samples }));
}

async function main(): Promise<number> {
  const args = process.argv.slice(2);
  if (args.includes('--help')) {
    console.log(USAGE);
    return 0;
  }
  const request = parseRequest(args);
  if (request === undefined) {
    console.error(USAGE);
    return 2;
  }
  const { name, json, counted } = request;
  const loaded = (await import(`./${name}${SUFFIX}`)) as { readonly benchmark: Benchmark };
  const { about, rounds, endsEarly, run } = loaded.benchmark;
  const taken = counted === undefined ? rounds : { ...rounds, counted };
  console.error(`${name}: ${about}`);
  const signal = endsEarly === true ? interrupts() : undefined;
  const result = await run(taken, (line) => console.error(line), signal).catch((error: unknown) => {
    if (signal?.aborted === true) return undefined;
    throw error;
  });
  if (result === undefined) {
    console.error(`${name}: interrupted`);
    return INTERRUPTED;
  }
  print(name, taken, result, json);
  for (const fault of result.faults ?? []) console.error(`${name}: ${fault}`);
  return (result.faults ?? []).length > 0 ? 1 : 0;
}

/** 128 and the number of SIGINT. */
const INTERRUPTED = 130;

/** Ctrl-C may arrive twice, from the terminal and from the launcher: it means the same. */
function interrupts(): AbortSignal {
  const controller = new AbortController();
  for (const name of ['SIGINT', 'SIGTERM'] as const) process.on(name, () => controller.abort());
  return controller.signal;
}

process.exitCode = await main();
