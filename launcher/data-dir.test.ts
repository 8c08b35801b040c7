import { spawn } from 'node:child_process';
import { once } from 'node:events';
import fs from 'node:fs';
import path from 'node:path';
import { createInterface } from 'node:readline';

import { identityOf } from '#tools/process-identity.mjs';
import { temporaryFolder } from '#testing/temporary-folder.ts';
import { expect, onTestFinished, test } from 'vitest';

import { defaultDataDir, openDataDir, runningPlatform } from './data-dir.ts';
import { LaunchError } from './launch-error.ts';
import { LOADER } from './programs.ts';
import { isRoot } from './system-user.ts';

const SERVES = {
  url: 'http://localhost:4001',
  origin: 'https://wallet.example',
  rpc: 'http://127.0.0.1:9',
  rpcSolana: 'http://127.0.0.1:10',
};

/** Another process that has the folder open and has recorded where it serves. */
async function startOwner(folder: string) {
  const script = `
    import { openDataDir } from '${import.meta.resolve('./data-dir.ts')}';
    const dataDir = openDataDir(${JSON.stringify(folder)});
    dataDir.record({ ports: {}, children: {}, serves: ${JSON.stringify(SERVES)} });
    console.log('open');
    setInterval(() => undefined, 1000);`;
  const args = ['--import', LOADER, '--input-type=module', '-e', script];
  const owner = spawn(process.execPath, args, { stdio: ['ignore', 'pipe', 'inherit'] });
  onTestFinished(() => void owner.kill('SIGKILL'));
  await once(createInterface({ input: owner.stdout }), 'line');
  return owner;
}

test('a second start on a folder is refused and names the first one', async () => {
  const folder = path.join(temporaryFolder(), 'data');
  const owner = await startOwner(folder);
  expect(() => openDataDir(folder)).toThrow(LaunchError);
  expect(() => openDataDir(folder)).toThrow(
    `already runs on ${folder}: process ${owner.pid}, at ${SERVES.url}`,
  );
});

test('after its owner was killed a folder can be opened, and tells what that one ran', async () => {
  const folder = path.join(temporaryFolder(), 'data');
  const owner = await startOwner(folder);
  owner.kill('SIGKILL');
  await once(owner, 'exit');
  expect(openDataDir(folder).previous).toMatchObject({ serves: SERVES });
});

test('two folders can be open side by side', () => {
  const parent = temporaryFolder();
  openDataDir(path.join(parent, 'one'));
  openDataDir(path.join(parent, 'two'));
});

test('a platform that serves is found from outside, and one that has stopped is not', () => {
  const dataDir = openDataDir(path.join(temporaryFolder(), 'data'));
  expect(runningPlatform(dataDir.folder)).toBeUndefined();
  fs.writeFileSync(dataDir.file('operator-token'), 'secret\n');
  dataDir.record({ ports: {}, children: {}, serves: SERVES });
  expect(runningPlatform(dataDir.folder)).toEqual({ ...SERVES, operatorToken: 'secret' });
  dataDir.record({ ports: {}, children: {} });
  expect(runningPlatform(dataDir.folder)).toBeUndefined();
});

test('the record of a process that has ended does not count as running', () => {
  const dataDir = openDataDir(path.join(temporaryFolder(), 'data'));
  const launcher = { pid: identityOf().pid, start: 'another time' };
  const record = { launcher, ports: {}, children: {}, serves: SERVES };
  fs.writeFileSync(dataDir.file('launcher.json'), JSON.stringify(record));
  expect(runningPlatform(dataDir.folder)).toBeUndefined();
});

test('a folder that cannot be used is refused with the way out', () => {
  const file = path.join(temporaryFolder(), 'file');
  fs.writeFileSync(file, '');
  expect(() => openDataDir(path.join(file, 'data'))).toThrow(/cannot be used.*DATA_DIR/);
});

test.runIf(fs.existsSync('/proc/self'))('a folder where nothing can be made is refused', () => {
  expect(() => openDataDir('/proc/countersign/data')).toThrow(/cannot be used.*DATA_DIR/);
});

test('a folder that is new or empty is closed to others', () => {
  for (const name of ['new', 'empty']) {
    const folder = path.join(temporaryFolder(), name);
    if (name === 'empty') fs.mkdirSync(folder, { mode: 0o777 });
    openDataDir(folder);
    expect(fs.statSync(folder).mode & 0o077).toBe(isRoot() ? 0o011 : 0);
  }
});

test('a folder of the machine keeps its mode, and is refused', () => {
  const shared = temporaryFolder();
  fs.writeFileSync(path.join(shared, 'of-somebody-else'), '');
  fs.chmodSync(shared, 0o1777);
  expect(() => openDataDir(shared)).toThrow(/other users may write to it.*DATA_DIR/);
  expect(fs.statSync(shared).mode & 0o7777).toBe(0o1777);
});

test('the default folder lies in the checkout, and for root where other users can pass', () => {
  const checkout = temporaryFolder();
  const expected = isRoot()
    ? /^\/var\/(lib|tmp)\/countersign\/[0-9a-f]{16}$/
    : new RegExp(`^${checkout}/\\.data$`);
  expect(defaultDataDir(checkout)).toMatch(expected);
  expect(defaultDataDir(checkout)).toBe(defaultDataDir(checkout));
});
