import { spawn } from 'node:child_process';
import { once } from 'node:events';
import { createInterface } from 'node:readline';

import { expect, onTestFinished, test } from 'vitest';

import { identityOf, isAlive, processStart } from './process-identity.mjs';

test('a process has the same start time whenever it is asked', () => {
  expect(identityOf()).toEqual(identityOf());
  expect(isAlive(identityOf())).toBe(true);
});

test('a process that has ended is not alive', async () => {
  const child = spawn('/bin/sh', ['-c', 'read -r _'], { stdio: ['pipe', 'ignore', 'ignore'] });
  const identity = identityOf(child.pid);
  expect(isAlive(identity)).toBe(true);
  child.stdin?.end();
  await once(child, 'exit');
  expect(isAlive(identity)).toBe(false);
});

test('another process with the same id is not the one that was recorded', () => {
  const { pid, start } = identityOf();
  expect(isAlive({ pid, start: `${start}0` })).toBe(false);
  expect(isAlive({ pid, start: '' })).toBe(false);
});

test.runIf(process.platform === 'linux')('a zombie is dead', async () => {
  // The shell becomes a program that never asks how the shell's child ended.
  const script = 'true & echo $!; exec sleep 600';
  const parent = spawn('/bin/sh', ['-c', script], { stdio: ['ignore', 'pipe', 'ignore'] });
  onTestFinished(() => void parent.kill('SIGKILL'));
  const [line] = (await once(createInterface({ input: parent.stdout }), 'line')) as [string];
  await expect.poll(() => processStart(Number(line))).toBeUndefined();
});
