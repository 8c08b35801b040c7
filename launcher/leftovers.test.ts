import { spawn } from 'node:child_process';
import { once } from 'node:events';

import { identityOf, isAlive } from '#tools/process-identity.mjs';
import { temporaryFolder } from '#testing/temporary-folder.ts';
import { expect, onTestFinished, test } from 'vitest';

import { type LaunchRecord } from './data-dir.ts';
import { findLeftovers, stopLeftover } from './leftovers.ts';

const STAYS = `console.log('up'); setInterval(() => undefined, 1000);`;

async function startProcess(script = STAYS) {
  const child = spawn(process.execPath, ['-e', script], { stdio: ['ignore', 'pipe', 'inherit'] });
  onTestFinished(() => void child.kill('SIGKILL'));
  await once(child.stdout, 'data');
  return { child, identity: identityOf(child.pid), ended: once(child, 'exit') };
}

const recordOf = (children: LaunchRecord['children']): LaunchRecord => ({
  launcher: { pid: 1, start: 'long ago' },
  ports: {},
  children,
});

test('a recorded process that still runs is found and stopped', async () => {
  const { identity, ended } = await startProcess();
  const leftovers = findLeftovers(recordOf({ worker: identity }), temporaryFolder());
  expect(leftovers).toEqual([{ name: 'worker', identity }]);
  await Promise.all(leftovers.map((each) => stopLeftover(each)));
  expect(await ended).toEqual([null, 'SIGINT']);
});

test('another process with a recorded id is none of ours and is left alone', async () => {
  const { identity } = await startProcess();
  const earlier = { pid: identity.pid, start: 'another time' };
  expect(findLeftovers(recordOf({ worker: earlier }), temporaryFolder())).toEqual([]);
  await stopLeftover({ name: 'worker', identity: earlier });
  expect(isAlive(identity)).toBe(true);
});

test('a leftover that does not follow is killed', async () => {
  const { identity, ended } = await startProcess(`process.on('SIGINT', () => undefined); ${STAYS}`);
  await stopLeftover({ name: 'worker', identity }, 50);
  expect(await ended).toEqual([null, 'SIGKILL']);
});

test('nothing is left where there was no start before', () => {
  expect(findLeftovers(undefined, temporaryFolder())).toEqual([]);
});
