import fs from 'node:fs';
import path from 'node:path';

import { identityOf, isAlive } from '#tools/process-identity.mjs';
import { temporaryFolder } from '#testing/temporary-folder.ts';
import { expect, onTestFinished, test } from 'vitest';

import { type ChildPlan } from './child.ts';
import { createSupervisor, type Supervisor, type SupervisorEvent } from './supervisor.ts';

const SERVES = `
  console.log(JSON.stringify({ ready: true, port: 0 }));
  setInterval(() => undefined, 1000);`;

function makeSupervisor(): { supervisor: Supervisor; events: SupervisorEvent[] } {
  const events: SupervisorEvent[] = [];
  const supervisor = createSupervisor((event) => void events.push(event));
  onTestFinished(() => supervisor.stop());
  return { supervisor, events };
}

const plan = (name: string, folder: string, script = SERVES): ChildPlan => ({
  name,
  command: process.execPath,
  args: ['-e', script],
  env: {},
  cwd: '/',
  endsWithParent: 'by-stdin',
  ready: { line: true },
  readyTimeoutMs: 60_000,
  stopSignal: 'SIGTERM',
  stopTimeoutMs: 60_000,
  logFile: path.join(folder, `${name}.log`),
});

const kinds = (events: readonly SupervisorEvent[]) => events.map(({ kind }) => kind);

test('a child that was killed is started again', async () => {
  const { supervisor, events } = makeSupervisor();
  const folder = temporaryFolder();
  await supervisor.start({ name: 'a', stage: 1, plan: () => plan('a', folder) });
  const first = supervisor.identities()['a'];
  await supervisor.kill('a');
  await expect.poll(() => supervisor.identities()['a']?.pid).toBeTypeOf('number');
  expect(supervisor.identities()['a']).not.toEqual(first);
  expect(kinds(events)).toEqual(['ready', 'died', 'waiting', 'ready']);
});

test('a child that cannot start again is tried with growing pauses', async () => {
  const { supervisor, events } = makeSupervisor();
  const folder = temporaryFolder();
  let works = true;
  const script = () => (works ? SERVES : `process.exit(1)`);
  await supervisor.start({ name: 'a', stage: 1, plan: () => plan('a', folder, script()) });
  works = false;
  await supervisor.kill('a');
  const delays = () => events.flatMap((event) => (event.kind === 'waiting' ? event.delayMs : []));
  await expect.poll(() => delays().slice(0, 3)).toEqual([100, 200, 400]);
  works = true;
  await expect.poll(() => supervisor.identities()['a']).toBeDefined();
});

test('a child that fails at its first start fails the start, and nothing is tried again', async () => {
  const { supervisor, events } = makeSupervisor();
  const failing = {
    name: 'a',
    stage: 1,
    plan: () => plan('a', temporaryFolder(), 'process.exit(1)'),
  };
  await expect(supervisor.start(failing)).rejects.toThrow('exit code 1');
  expect(supervisor.identities()).toEqual({});
  expect(events).toEqual([]);
});

test('without restart a dead child stays dead until it is wanted', async () => {
  const { supervisor, events } = makeSupervisor();
  const folder = temporaryFolder();
  await supervisor.start({ name: 'a', stage: 1, plan: () => plan('a', folder) });
  supervisor.setRestart('a', false);
  await supervisor.kill('a');
  expect(kinds(events)).toEqual(['ready', 'died']);
  await supervisor.ensureRunning('a');
  expect(kinds(events)).toEqual(['ready', 'died', 'ready']);
});

test('a halted child stays down, and restarts by itself again once it was wanted', async () => {
  const { supervisor, events } = makeSupervisor();
  const folder = temporaryFolder();
  await supervisor.start({ name: 'a', stage: 1, plan: () => plan('a', folder) });
  await supervisor.halt('a');
  expect(kinds(events)).toEqual(['ready', 'died']);
  await supervisor.ensureRunning('a');
  await supervisor.kill('a');
  expect(kinds(events)).toEqual(['ready', 'died', 'ready', 'died', 'waiting']);
});

test('whoever wants a child that waits for its restart gets it at once, and only one of it', async () => {
  const { supervisor, events } = makeSupervisor();
  const folder = temporaryFolder();
  await supervisor.start({ name: 'a', stage: 1, plan: () => plan('a', folder) });
  await supervisor.kill('a');
  const [one, other] = await Promise.all([
    supervisor.ensureRunning('a'),
    supervisor.ensureRunning('a'),
  ]);
  expect(one.identity).toEqual(other.identity);
  expect(kinds(events)).toEqual(['ready', 'died', 'waiting', 'ready']);
});

test('a stop ends the higher stages before the lower ones', async () => {
  const { supervisor } = makeSupervisor();
  const folder = temporaryFolder();
  const file = path.join(folder, 'order');
  const noting = (name: string) => `
    process.on('SIGTERM', () => {
      setTimeout(() => {
        require('fs').appendFileSync('${file}', '${name} ');
        process.exit();
      }, 50);
    });
    ${SERVES}`;
  for (const [name, stage] of [
    ['storage', 1] as const,
    ['service', 3] as const,
    ['signer', 2] as const,
  ]) {
    await supervisor.start({ name, stage, plan: () => plan(name, folder, noting(name)) });
  }
  await supervisor.stop();
  expect(fs.readFileSync(file, 'utf8')).toBe('service signer storage ');
  expect(supervisor.identities()).toEqual({});
});

test('a stop gives up a start that is under way', async () => {
  const { supervisor } = makeSupervisor();
  const pidFile = path.join(temporaryFolder(), 'pid');
  const script = `
    require('fs').writeFileSync('${pidFile}', String(process.pid));
    setInterval(() => undefined, 1000);`;
  const slow = { name: 'a', stage: 1, plan: () => plan('a', temporaryFolder(), script) };
  const starting = expect(supervisor.start(slow)).rejects.toThrow('not needed any more');
  await expect.poll(() => fs.existsSync(pidFile) && fs.readFileSync(pidFile, 'utf8')).toBeTruthy();
  const identity = identityOf(Number(fs.readFileSync(pidFile, 'utf8')));
  await supervisor.stop();
  await starting;
  expect(isAlive(identity)).toBe(false);
});

test('nothing is started once a stop has begun', async () => {
  const { supervisor } = makeSupervisor();
  await supervisor.stop();
  const late = { name: 'a', stage: 1, plan: () => plan('a', temporaryFolder()) };
  await expect(supervisor.start(late)).rejects.toThrow('is being stopped');
});
