import { spawn } from 'node:child_process';
import { once } from 'node:events';
import fs from 'node:fs';
import path from 'node:path';
import { createInterface } from 'node:readline';

import { identityOf, isAlive, type ProcessIdentity } from '#tools/process-identity.mjs';
import { temporaryFolder } from '#testing/temporary-folder.ts';
import { expect, onTestFinished, test } from 'vitest';

import { type ChildPlan, startChild } from './child.ts';
import { LaunchError } from './launch-error.ts';
import { LOADER } from './programs.ts';

const READY = `console.log(JSON.stringify({ ready: true, port: 7 }));`;
const STAYS = `setInterval(() => undefined, 1000);`;

/** A child that runs a script; what is not given is as our own programs have it. */
function scriptPlan(script: string, changes: Partial<ChildPlan> = {}): ChildPlan {
  return {
    name: 'child',
    command: process.execPath,
    args: ['-e', script],
    env: {},
    cwd: '/',
    endsWithParent: 'by-stdin',
    ready: { line: true },
    readyTimeoutMs: 60_000,
    stopSignal: 'SIGTERM',
    stopTimeoutMs: 60_000,
    logFile: path.join(temporaryFolder(), 'child.log'),
    ...changes,
  };
}

async function start(plan: ChildPlan) {
  const child = await startChild(plan);
  onTestFinished(() => child.kill());
  return child;
}

test('a child is ready when its line says so, and what it has told is known', async () => {
  const tells = `console.log('loading'); console.log('{"link":"x"}'); ${READY}`;
  const child = await start(scriptPlan(`${tells} ${STAYS}`));
  expect(child.told).toEqual({ link: 'x', ready: true, port: 7 });
  expect(isAlive(child.identity)).toBe(true);
});

test('a child with a probe is ready when the probe says so', async () => {
  let asked = 0;
  const ready = { probe: async () => (asked += 1) === 3 };
  const child = await start(scriptPlan(STAYS, { ready }));
  expect(asked).toBe(3);
  expect(child.told).toEqual({});
});

test('a child that ends before it is ready is reported with its last lines', async () => {
  const plan = scriptPlan(`console.error('no such table'); process.exit(3);`);
  await expect(startChild(plan)).rejects.toThrow(/exit code 3[\s\S]*no such table/);
});

test('what an earlier child wrote to the same log is not taken for its words', async () => {
  const plan = scriptPlan(`console.error('the disk is full'); process.exit(3);`);
  fs.writeFileSync(plan.logFile, 'the disk is missing\n');
  const failure = await startChild(plan).catch((error: unknown) => String(error));
  expect(failure).toContain('the disk is full');
  expect(failure).not.toContain('the disk is missing');
});

test('a program that does not exist is reported', async () => {
  const plan = scriptPlan('', { command: '/no/such/program' });
  await expect(startChild(plan)).rejects.toThrow(LaunchError);
  await expect(startChild(plan)).rejects.toThrow(/cannot be started.*ENOENT/);
});

test('a child that is not ready in time is stopped', async () => {
  let pid = 0;
  const probe = async (id: number) => {
    pid = id;
    return false;
  };
  const plan = scriptPlan(STAYS, { ready: { probe }, readyTimeoutMs: 100 });
  await expect(startChild(plan)).rejects.toThrow('was not ready within 0.1 s');
  expect(() => identityOf(pid)).toThrow('no process');
});

test('a start that is given up leaves no process', async () => {
  const abandon = new AbortController();
  let pid = 0;
  const probe = async (id: number) => {
    pid = id;
    abandon.abort();
    return false;
  };
  const plan = scriptPlan(STAYS, { ready: { probe } });
  await expect(startChild(plan, abandon.signal)).rejects.toThrow('not needed any more');
  expect(() => identityOf(pid)).toThrow('no process');
});

test('a child that ignores the stop signal is killed after its time', async () => {
  const script = `process.on('SIGTERM', () => undefined); ${READY} ${STAYS}`;
  const child = await start(scriptPlan(script, { stopTimeoutMs: 50 }));
  expect(await child.stop()).toEqual({ code: null, signal: 'SIGKILL' });
});

test('stopping a child that has ended already tells how it ended', async () => {
  const child = await start(scriptPlan(`${READY} process.exitCode = 4;`));
  await child.exited;
  expect(await child.stop()).toEqual({ code: 4, signal: null });
});

test('a child is in a process group of its own', async () => {
  const child = await start(scriptPlan(`${READY} ${STAYS}`));
  // Signal 0 only asks whether the group exists.
  expect(process.kill(-child.identity.pid, 0)).toBe(true);
});

test.each([
  ['by-stdin', `process.stdin.on('end', () => process.exit()).resume();`],
  ['by-guard', STAYS],
] as const)('a child that ends %s is gone after its parent was killed', async (how, body) => {
  const logFile = path.join(temporaryFolder(), 'child.log');
  const ready = how === 'by-stdin' ? '{ line: true }' : '{ probe: async () => true }';
  const parentScript = `
    import { startChild } from '${import.meta.resolve('./child.ts')}';
    const child = await startChild({
      name: 'child', command: process.execPath, args: ['-e', ${JSON.stringify(READY + body)}],
      env: {}, cwd: '/', endsWithParent: '${how}', ready: ${ready}, readyTimeoutMs: 60_000,
      stopSignal: 'SIGTERM', stopTimeoutMs: 60_000, logFile: '${logFile}',
    });
    console.log(JSON.stringify(child.identity));`;
  const args = ['--import', LOADER, '--input-type=module', '-e', parentScript];
  const parent = spawn(process.execPath, args, { stdio: ['ignore', 'pipe', 'inherit'] });
  onTestFinished(() => void parent.kill('SIGKILL'));
  const [line] = (await once(createInterface({ input: parent.stdout }), 'line')) as [string];
  const identity = JSON.parse(line) as ProcessIdentity;
  expect(isAlive(identity)).toBe(true);

  parent.kill('SIGKILL');
  await expect.poll(() => isAlive(identity)).toBe(false);
});

test.each([
  '{"ready":false,"port":1}',
  '{"ready":true}',
  '{"ready":true,"port":"1"}',
  '{ready',
  'ready',
])('the line %s does not make a child ready', async (line) => {
  const child = await start(scriptPlan(`console.log(${JSON.stringify(line)}); ${READY} ${STAYS}`));
  expect(child.told['port']).toBe(7);
});
