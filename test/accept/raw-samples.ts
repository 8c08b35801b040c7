/**
 * What a command's runs have seen, one JSON line each: figures are made of these, and a long run that was
 * cut goes on after the last slice that they hold.
 */
import { execFileSync } from 'node:child_process';
import fs from 'node:fs';
import os from 'node:os';
import path from 'node:path';
import type { Observed, Profile } from './accept-run.ts';

export type RawSamples = {
  /** @param kind of observation, as in `kill` */
  write(run: string, kind: string, observed: Observed): void;
  /** What the file held of this kind and run when it was opened. */
  earlier(run: string, kind: string): readonly Observed[];
  close(): void;
};

/** What must be equal for two commands to be parts of one run. */
export type Played = {
  readonly seed: string;
  readonly profile: Profile;
  readonly commit: string;
};

type Line = Observed & { readonly run?: string; readonly kind: string };

/** A command without a file. */
export const NO_SAMPLES: RawSamples = {
  write: () => undefined,
  earlier: () => [],
  close: () => undefined,
};

/** The commit of the checkout; with `+` where its files are not the commit's. */
export function commitOf(checkout: string): string {
  const git = (...args: readonly string[]): string =>
    execFileSync('git', [...args], { cwd: checkout, encoding: 'utf8' }).trim();
  const changed = git('status', '--porcelain', '--untracked-files=no');
  return `${git('rev-parse', '--short', 'HEAD')}${changed === '' ? '' : '+'}`;
}

/**
 * The first line says what was played where; each further command that goes on adds one like it.
 * @param goOn whether the file may hold a part of the same run already
 * @throws where it holds anything else
 */
export function openRawSamples(
  file: string,
  played: Played,
  command: readonly string[],
  goOn: boolean,
): RawSamples {
  const before = fs.existsSync(file) ? linesOf(file) : [];
  requireSame(file, before, played, goOn);
  const descriptor = fs.openSync(file, 'a');
  const began = performance.now();
  const put = (line: Line): void => {
    fs.writeSync(descriptor, `${JSON.stringify(line)}\n`);
  };
  const [cpu] = os.cpus();
  put({
    kind: 'command',
    // Samples are published: a file is named, and not the machine's folders.
    command: ['npm run accept --', ...command.map((word) => path.basename(word))].join(' '),
    ...played,
    at: new Date().toISOString(),
    machine: {
      cpu: cpu?.model ?? '',
      cpus: os.cpus().length,
      memoryMb: Math.round(os.totalmem() / 2 ** 20),
      os: `${os.platform()} ${os.release()}`,
      node: process.version,
    },
    load: os.loadavg()[0],
  });
  return {
    write(run, kind, observed) {
      put({ run, kind, atMs: Math.round(performance.now() - began), ...observed });
    },
    earlier: (run, kind) => before.filter((line) => line.run === run && line.kind === kind),
    close: () => fs.closeSync(descriptor),
  };
}

/** A command that was killed may have left half a line, which says nothing and goes. */
function linesOf(file: string): readonly Line[] {
  const text = fs.readFileSync(file, 'utf8');
  const whole = text.slice(0, text.lastIndexOf('\n') + 1);
  if (whole.length < text.length) fs.writeFileSync(file, whole);
  return whole
    .split('\n')
    .filter((line) => line !== '')
    .map((line) => JSON.parse(line) as Line);
}

function requireSame(file: string, lines: readonly Line[], played: Played, goOn: boolean): void {
  if (lines.length === 0) return;
  if (!goOn) throw new Error(`${file} holds samples already; --resume goes on with them`);
  for (const line of lines.filter(({ kind }) => kind === 'command')) {
    for (const name of ['seed', 'profile', 'commit'] as const) {
      if (line[name] === played[name]) continue;
      throw new Error(`${file} has ${name} ${String(line[name])}, and this is ${played[name]}`);
    }
  }
}
