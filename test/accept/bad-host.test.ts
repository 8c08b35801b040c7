import { execFile } from 'node:child_process';
import { mkdtemp, readFile } from 'node:fs/promises';
import { join } from 'node:path';
import { promisify } from 'node:util';
import { beforeEach, expect, inject, test } from 'vitest';
import { BAD_HOST_OPTIONS, hostFile, turn } from './bad-host.ts';

const run = promisify(execFile);
const HOUR_MS = 3_600_000;

let folder: string;

beforeEach(async () => {
  folder = await mkdtemp(join(inject('testFolder'), 'bad-host-'));
});

/** What a program on this host prints. */
async function onHost(program: string): Promise<unknown> {
  const args = [BAD_HOST_OPTIONS, '--input-type=module', '-e', program];
  const env = { ...process.env, BAD_HOST: hostFile(folder, 'host'), FOLDER: folder };
  return JSON.parse((await run(process.execPath, args, { env })).stdout);
}

const CLOCKS = `process.stdout.write(JSON.stringify([
  Date.now(), new Date().getTime(), new Date(7).getTime(), Date.UTC(1970, 0, 1), performance.now(),
]))`;

test.each([
  ['an hour late', HOUR_MS],
  ['an hour early', -HOUR_MS],
  ['right', 0],
])('a clock that is %s is so by every way to ask the time of day', async (_, clockMs) => {
  turn(folder, 'host', { clockMs });
  const before = Date.now();
  const [now, made, given, zero, running] = (await onHost(CLOCKS)) as number[];
  const after = Date.now();
  for (const told of [now, made]) {
    expect(told).toBeGreaterThanOrEqual(before + clockMs);
    expect(told).toBeLessThanOrEqual(after + clockMs);
  }
  expect([given, zero]).toEqual([7, 0]);
  expect(running).toBeLessThan(HOUR_MS);
});

const WRITES = `
import { fdatasyncSync, openSync, writeSync } from 'node:fs';
import { open, writeFile } from 'node:fs/promises';
const said = [];
const attempt = async (act) => {
  try { await act(); said.push('done'); } catch ({ code }) { said.push(code); }
};
const name = process.env.FOLDER + '/file';
const file = await open(name, 'w');
const descriptor = openSync(name + '2', 'w');
await attempt(() => file.writeFile('x'));
await attempt(() => file.write('x'));
await attempt(() => writeSync(descriptor, 'x'));
await attempt(() => file.sync());
await attempt(() => file.datasync());
await attempt(() => fdatasyncSync(descriptor));
process.stdout.write(JSON.stringify(said));`;

test.each([
  ['sound', ['done', 'done', 'done', 'done', 'done', 'done'], 'xx'],
  ['full', ['ENOSPC', 'ENOSPC', 'ENOSPC', 'done', 'done', 'done'], ''],
  ['no-sync', ['done', 'done', 'done', 'EIO', 'EIO', 'EIO'], 'xx'],
] as const)('on a %s disk writes end as they must', async (disk, ends, content) => {
  turn(folder, 'host', { disk });
  expect(await onHost(WRITES)).toEqual(ends);
  expect(await readFile(join(folder, 'file'), 'utf8')).toBe(content);
});

test('a program that runs sees its host turn bad, and sound again', async () => {
  turn(folder, 'host', {});
  const program = `
    import { renameSync, writeFileSync } from 'node:fs';
    const file = process.env.BAD_HOST;
    const become = async (clockMs) => {
      writeFileSync(file + '.new', JSON.stringify({ clockMs, disk: 'sound' }));
      renameSync(file + '.new', file);
      const wrong = () => Date.now() - performance.timeOrigin > 3_000_000;
      while (wrong() !== clockMs > 0) await new Promise((next) => setImmediate(next));
    };
    await become(3_600_000);
    await become(0);
    process.stdout.write('true');`;
  expect(await onHost(program)).toBe(true);
});
