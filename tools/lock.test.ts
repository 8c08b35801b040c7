import { type ChildProcess, spawn } from 'node:child_process';
import { once } from 'node:events';
import fs from 'node:fs';
import path from 'node:path';
import { createInterface } from 'node:readline';

import { expect, onTestFinished, test } from 'vitest';

import { temporaryFolder } from '#testing/temporary-folder.ts';

import { tryLock } from './lock.mjs';

const LOCK_MODULE = import.meta.resolve('./lock.mjs');

/** Runs a script in a process of its own; `tryLock` and `fs` are imported. */
function runScript(body: string, ...args: string[]): ChildProcess {
  const imports = `import { tryLock } from '${LOCK_MODULE}'; import fs from 'node:fs';`;
  const parameters = 'const [folder, file] = process.argv.slice(1);';
  const child = spawn(
    process.execPath,
    ['--input-type=module', '-e', `${imports}${parameters}${body}`, ...args],
    { stdio: ['pipe', 'pipe', 'inherit'] },
  );
  onTestFinished(() => void child.kill('SIGKILL'));
  return child;
}

/** A process that takes the lock and waits. */
async function startHolder(folder: string): Promise<ChildProcess> {
  const holder = runScript(`console.log(tryLock(folder).held); process.stdin.resume();`, folder);
  if (holder.stdout === null) throw new Error('no output');
  const [answer] = (await once(createInterface({ input: holder.stdout }), 'line')) as [string];
  expect(answer).toBe('true');
  return holder;
}

test('a lock that another process holds names that process', async () => {
  const folder = path.join(temporaryFolder(), 'lock');
  const holder = await startHolder(folder);
  const attempt = tryLock(folder);
  expect(attempt).toMatchObject({ held: false, owner: { pid: holder.pid } });
});

test('the lock of a killed process is taken over', async () => {
  const folder = path.join(temporaryFolder(), 'lock');
  const holder = await startHolder(folder);
  holder.kill('SIGKILL');
  await once(holder, 'exit');
  expect(tryLock(folder).held).toBe(true);
});

test('a released lock can be taken again, and nothing is left beside it', () => {
  const parent = temporaryFolder();
  for (let round = 0; round < 2; round += 1) {
    const attempt = tryLock(path.join(parent, 'lock'));
    if (!attempt.held) throw new Error('the lock is not free');
    attempt.release();
    expect(fs.readdirSync(parent)).toEqual([]);
  }
});

test('processes that contend for a lock have it one at a time', async () => {
  const folder = temporaryFolder();
  const file = path.join(folder, 'counter');
  fs.writeFileSync(file, '0');
  const contend = `
    for (let done = 0; done < 50; ) {
      const attempt = tryLock(folder);
      if (!attempt.held) continue;
      const count = Number(fs.readFileSync(file, 'utf8'));
      fs.writeFileSync(file, String(count + 1));
      attempt.release();
      done += 1;
    }`;
  const contenders = Array.from({ length: 4 }, () =>
    runScript(contend, path.join(folder, 'lock'), file),
  );
  const codes = await Promise.all(contenders.map(async (each) => (await once(each, 'exit'))[0]));
  expect(codes).toEqual([0, 0, 0, 0]);
  expect(fs.readFileSync(file, 'utf8')).toBe('200');
});
