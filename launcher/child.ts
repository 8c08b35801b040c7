/**
 * One child process: started in a process group of its own, observed until it is ready, stopped by
 * its id, and ended when this process ends, whichever way that happens.
 */
import { type ChildProcess, spawn } from 'node:child_process';
import fs from 'node:fs';
import { createInterface } from 'node:readline';

import { type ProcessIdentity, processStart } from '#tools/process-identity.mjs';

import { LaunchError } from './launch-error.ts';

/** The operating-system user that a child runs as. */
export type SystemUser = { readonly uid: number; readonly gid: number };

export type ChildPlan = {
  readonly name: string;
  readonly command: string;
  readonly args: readonly string[];
  readonly env: NodeJS.ProcessEnv;
  readonly cwd: string;
  readonly user?: SystemUser | undefined;
  /**
   * How the child ends when this process is killed. Our own programs watch their standard input
   * (`EXIT_WITH_PARENT=1`); for a foreign program a guard process sends the stop signal.
   */
  readonly endsWithParent: 'by-stdin' | 'by-guard';
  /**
   * How it says that it serves: with the line `{"ready":true,"port":N}` on standard output, after
   * other lines of JSON where it has more to tell, or by answering a probe.
   */
  readonly ready: { readonly line: true } | { readonly probe: (pid: number) => Promise<boolean> };
  readonly readyTimeoutMs: number;
  readonly stopSignal: NodeJS.Signals;
  /** After this time the child's whole group is killed. */
  readonly stopTimeoutMs: number;
  /** Standard error (and standard output where no ready line stands there) is appended here. */
  readonly logFile: string;
};

export type ChildExit = { readonly code: number | null; readonly signal: NodeJS.Signals | null };

export type Child = {
  readonly name: string;
  readonly identity: ProcessIdentity;
  /** The fields of the lines up to its ready line; empty where a probe was answered instead. */
  readonly told: { readonly [field: string]: unknown };
  readonly exited: Promise<ChildExit>;
  signal(signal: NodeJS.Signals): void;
  /** Orderly stop, by force after the plan's time; resolves when the process is gone. */
  stop(): Promise<ChildExit>;
  /** Kills its whole group. */
  kill(): void;
};

const PROBE_INTERVAL_MS = 10;
/** Of the log of a child that ends too early. */
const LINES_SHOWN = 8;

/**
 * Starts the child and resolves when it is ready.
 * @param abandon gives the start up
 * @throws LaunchError when it cannot be started, ends before it is ready, takes too long or is
 * given up; the process is gone then
 */
export async function startChild(plan: ChildPlan, abandon?: AbortSignal): Promise<Child> {
  const log = fs.openSync(plan.logFile, 'a', 0o600);
  const logFrom = fs.fstatSync(log).size;
  const spawned = spawn(plan.command, plan.args, {
    cwd: plan.cwd,
    env: plan.env,
    ...plan.user,
    // A group of its own, so that Ctrl-C at the terminal reaches this process only, and the
    // children are then stopped once and in order.
    detached: true,
    stdio: [
      plan.endsWithParent === 'by-stdin' ? 'pipe' : 'ignore',
      'line' in plan.ready ? 'pipe' : log,
      log,
    ],
  });
  fs.closeSync(log);
  const exited = exitOf(spawned);
  const { pid } = spawned;
  if (pid === undefined) {
    throw new LaunchError(`${plan.name} cannot be started: ${await spawnFailure(spawned)}`);
  }
  // Writing to a child that has just died must not end this process; its exit is reported anyway.
  spawned.stdin?.on('error', () => undefined);
  if (plan.endsWithParent === 'by-guard') guard(pid, plan.stopSignal, exited);
  // A child that has ended already has no start time, and no text is equal to the empty one.
  const identity = { pid, start: processStart(pid) ?? '' };
  const stop = () => stopProcess(spawned, plan, exited);
  try {
    const told = await whenReady({ spawned, pid, plan, logFrom, exited, abandon });
    return {
      name: plan.name,
      identity,
      told,
      exited,
      signal: (signal) => void spawned.kill(signal),
      stop,
      kill: () => killGroup(spawned),
    };
  } catch (error) {
    await stop();
    throw error;
  }
}

/** The last lines that a child wrote after the byte `from`, for a message about its end. */
function lastLines(logFile: string, from: number): string {
  const written = fs.readFileSync(logFile);
  // A log that has grown too long was emptied in the meantime: then everything is new.
  const text = written.subarray(from <= written.length ? from : 0).toString('utf8');
  return text.trimEnd().split('\n').slice(-LINES_SHOWN).join('\n');
}

function exitOf(spawned: ChildProcess): Promise<ChildExit> {
  return new Promise((resolve) => {
    spawned.once('exit', (code, signal) => resolve({ code, signal }));
  });
}

function spawnFailure(spawned: ChildProcess): Promise<string> {
  return new Promise((resolve) => {
    spawned.once('error', (error) => resolve(error.message));
  });
}

/**
 * Stops `pid` when this process ends without a farewell. `read` succeeds on the farewell line and
 * fails at the end of the pipe, which the system closes even after `kill -9`.
 */
function guard(pid: number, signal: NodeJS.Signals, exited: Promise<ChildExit>): void {
  const script = 'read -r farewell || kill -s "$1" "$2"';
  const args = ['-c', script, 'guard', signal.slice('SIG'.length), String(pid)];
  const watcher = spawn('/bin/sh', args, {
    cwd: '/',
    detached: true,
    stdio: ['pipe', 'ignore', 'ignore'],
  });
  watcher.stdin?.on('error', () => undefined);
  void exited.then(() => watcher.stdin?.end('farewell\n'));
}

async function whenReady(request: {
  readonly spawned: ChildProcess;
  readonly pid: number;
  readonly plan: ChildPlan;
  /** Where the words of this child begin in its log; those of earlier ones stand before. */
  readonly logFrom: number;
  readonly exited: Promise<ChildExit>;
  readonly abandon: AbortSignal | undefined;
}): Promise<Child['told']> {
  const { spawned, pid, plan, logFrom, exited, abandon } = request;
  const ended = exited.then((exit) => {
    throw new LaunchError(
      `${plan.name} ended before it was ready (${describeExit(exit)}). ` +
        `Its last lines, from ${plan.logFile}:\n${lastLines(plan.logFile, logFrom)}`,
    );
  });
  const waiting = new AbortController();
  const timeout = AbortSignal.timeout(plan.readyTimeoutMs);
  const given = AbortSignal.any([timeout, ...(abandon === undefined ? [] : [abandon])]);
  const tooLate = new Promise<never>((_, reject) => {
    const giveUp = () => {
      const seconds = plan.readyTimeoutMs / 1000;
      const reason = timeout.aborted
        ? `was not ready within ${seconds} s`
        : 'is not needed any more';
      reject(new LaunchError(`${plan.name} ${reason}; its log is ${plan.logFile}`));
    };
    if (given.aborted) giveUp();
    given.addEventListener('abort', giveUp, { signal: waiting.signal });
  });
  const ready =
    'line' in plan.ready
      ? readyLines(spawned, plan.name)
      : answeredProbe(plan.ready.probe, pid, waiting.signal);
  try {
    return await Promise.race([ready, ended, tooLate]);
  } finally {
    waiting.abort();
  }
}

export const describeExit = ({ code, signal }: ChildExit): string =>
  signal === null ? `exit code ${code}` : `signal ${signal}`;

function readyLines(spawned: ChildProcess, name: string): Promise<Child['told']> {
  const { stdout } = spawned;
  if (stdout === null) throw new Error(`the standard output of ${name} is not a pipe`);
  return new Promise((resolve) => {
    let told = {};
    // The reader stays attached afterwards: a full pipe would block the child.
    createInterface({ input: stdout }).on('line', (line) => {
      const fields = parseLine(line);
      told = { ...told, ...fields };
      if (fields['ready'] === true && Number.isInteger(fields['port'])) resolve(told);
    });
  });
}

/** The fields of a line of JSON; none where it is other text. */
function parseLine(line: string): Child['told'] {
  if (!line.startsWith('{')) return {};
  try {
    return JSON.parse(line) as Child['told'];
  } catch {
    // Some other text that begins with a brace; the ready line is still to come.
    return {};
  }
}

async function answeredProbe(
  probe: (pid: number) => Promise<boolean>,
  pid: number,
  waiting: AbortSignal,
): Promise<Child['told']> {
  while (!waiting.aborted && !(await probe(pid))) {
    await new Promise((resolve) => {
      setTimeout(resolve, PROBE_INTERVAL_MS);
    });
  }
  return {};
}

async function stopProcess(
  spawned: ChildProcess,
  plan: ChildPlan,
  exited: Promise<ChildExit>,
): Promise<ChildExit> {
  spawned.kill(plan.stopSignal);
  const force = setTimeout(() => killGroup(spawned), plan.stopTimeoutMs);
  const exit = await exited;
  clearTimeout(force);
  return exit;
}

function killGroup(spawned: ChildProcess): void {
  if (spawned.pid === undefined || spawned.exitCode !== null || spawned.signalCode !== null) return;
  process.kill(-spawned.pid, 'SIGKILL');
}
