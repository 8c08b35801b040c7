/** tools/run.mjs in a checkout of its own, with a stand-in for npm that records how it was called. */
import { type ChildProcess, spawn, spawnSync } from 'node:child_process';
import { once } from 'node:events';
import fs from 'node:fs';
import path from 'node:path';
import { createInterface } from 'node:readline';
import { text } from 'node:stream/consumers';

import { expect, onTestFinished, test } from 'vitest';

import { CHECKOUT } from '#launcher/programs.ts';
import { temporaryFolder } from '#testing/temporary-folder.ts';
import { ensureInstalled } from '#tools/install.mjs';

/** What `npm ci` does, as far as the bootstrap can tell. `on-install.mjs` may add to it. */
const NPM = `
import fs from 'node:fs';
fs.appendFileSync('npm-calls', JSON.stringify(process.argv.slice(2)) + '\\n');
fs.rmSync('node_modules', { recursive: true, force: true });
fs.mkdirSync('node_modules/.bin', { recursive: true });
fs.symlinkSync(process.execPath, 'node_modules/.bin/node');
if (fs.existsSync('on-install.mjs')) await import(process.cwd() + '/on-install.mjs');
`;

/** The program behind the verb "start", when a test does not write another one. */
const PROGRAM = `console.log('started with', process.argv.slice(2).join(' '));`;

function makeCheckout(program = PROGRAM): string {
  const folder = temporaryFolder();
  fs.mkdirSync(path.join(folder, 'tools'));
  // The bootstrap is plain JavaScript; what it starts is in folders of its own.
  for (const name of fs.readdirSync(path.join(CHECKOUT, 'tools'))) {
    if (!name.endsWith('.mjs')) continue;
    fs.copyFileSync(path.join(CHECKOUT, 'tools', name), path.join(folder, 'tools', name));
  }
  fs.mkdirSync(path.join(folder, 'launcher'));
  fs.writeFileSync(path.join(folder, 'launcher', 'start.ts'), program);
  // Node itself can run what these tests need of TypeScript.
  fs.writeFileSync(path.join(folder, 'launcher', 'typescript.mjs'), '');
  fs.writeFileSync(path.join(folder, 'npm-cli.js'), NPM);
  writeLock(folder, '1.0.0');
  return folder;
}

const writeLock = (folder: string, version: string): void =>
  fs.writeFileSync(
    path.join(folder, 'package-lock.json'),
    JSON.stringify({ packages: { '': { version } } }),
  );

const npmCalls = (folder: string): readonly (readonly string[])[] => {
  const file = path.join(folder, 'npm-calls');
  if (!fs.existsSync(file)) return [];
  const lines = fs.readFileSync(file, 'utf8').trimEnd().split('\n');
  return lines.map((line) => JSON.parse(line) as string[]);
};

function spawnBootstrap(folder: string, env: NodeJS.ProcessEnv, args: string[]): ChildProcess {
  const child = spawn(process.execPath, [path.join(folder, 'tools', 'run.mjs'), ...args], {
    env: { PATH: process.env['PATH'], npm_execpath: path.join(folder, 'npm-cli.js'), ...env },
    stdio: ['ignore', 'pipe', 'pipe'],
  });
  onTestFinished(() => void child.kill('SIGKILL'));
  return child;
}

type Result = { readonly code: number | null; readonly out: string; readonly err: string };

async function result(child: ChildProcess): Promise<Result> {
  if (child.stdout === null || child.stderr === null) throw new Error('no pipes');
  const [out, err, [code]] = await Promise.all([
    text(child.stdout),
    text(child.stderr),
    once(child, 'exit') as Promise<[number | null]>,
  ]);
  return { code, out, err };
}

const bootstrap = (folder: string, env: NodeJS.ProcessEnv = {}, args = ['start', 'x']) =>
  result(spawnBootstrap(folder, env, args));

test('the first command installs and runs; the second one only runs', async () => {
  const folder = makeCheckout();
  const first = await bootstrap(folder);
  expect(first).toEqual({
    code: 0,
    out: 'started with x\n',
    err: expect.stringContaining('installing') as string,
  });
  expect(await bootstrap(folder)).toEqual({ code: 0, out: 'started with x\n', err: '' });
  expect(npmCalls(folder)).toHaveLength(1);
});

test('development and optional packages are installed whatever the environment says', async () => {
  const folder = makeCheckout();
  await bootstrap(folder, { NODE_ENV: 'production', npm_config_omit: 'dev' });
  const [call] = npmCalls(folder);
  expect(call).toEqual(
    expect.arrayContaining(['ci', '--include=dev', '--include=optional', '--ignore-scripts']),
  );
});

test('a changed lock file is installed again', async () => {
  const folder = makeCheckout();
  await bootstrap(folder);
  writeLock(folder, '1.0.1');
  await bootstrap(folder);
  expect(npmCalls(folder)).toHaveLength(2);
});

test('packages of another platform or processor are installed again', async () => {
  const folder = makeCheckout();
  await bootstrap(folder);
  const stamp = path.join(folder, 'node_modules', '.countersign-stamp');
  const foreign = fs.readFileSync(stamp, 'utf8').replace(process.arch, 'other');
  fs.writeFileSync(stamp, foreign);
  await bootstrap(folder);
  expect(npmCalls(folder)).toHaveLength(2);
});

test.each([
  ['was killed', `process.kill(process.pid, 'SIGKILL');`, /npm ci got SIGKILL/],
  ['failed', `process.exit(7);`, /npm ci ended with code 7/],
])('where npm %s the command fails, and the next one installs again', async (_, act, message) => {
  const folder = makeCheckout();
  const script = path.join(folder, 'on-install.mjs');
  fs.writeFileSync(script, act);
  const failed = await bootstrap(folder);
  expect(failed).toMatchObject({ code: 1, out: '' });
  expect(failed.err).toMatch(message);
  fs.rmSync(script);
  expect(await bootstrap(folder)).toMatchObject({ code: 0, out: 'started with x\n' });
});

test('where npm is missing the message says so', async () => {
  const folder = makeCheckout();
  const { code, err } = await bootstrap(folder, { npm_execpath: '', PATH: folder });
  expect(code).toBe(1);
  expect(err).toContain('npm cannot be started');
  expect(err).not.toContain('    at ');
});

test('commands that start together install once', async () => {
  const folder = makeCheckout();
  const results = await Promise.all([bootstrap(folder), bootstrap(folder), bootstrap(folder)]);
  expect(results.map(({ code }) => code)).toEqual([0, 0, 0]);
  expect(npmCalls(folder)).toHaveLength(1);
});

const WAITS = `console.log('waiting'); setInterval(() => undefined, 1000);`;

test('packages are never replaced under a command that still runs', async () => {
  const folder = makeCheckout(WAITS);
  const running = spawnBootstrap(folder, {}, ['start']);
  const ended = once(running, 'exit');
  if (running.stdout === null) throw new Error('no pipe');
  await once(running.stdout, 'data');

  writeLock(folder, '1.0.1');
  const refused = await bootstrap(folder, {}, ['start']);
  expect(refused.code).toBe(1);
  expect(refused.err).toContain(`start (process ${running.pid})`);
  expect(npmCalls(folder)).toHaveLength(1);

  running.kill('SIGTERM');
  await ended;
  fs.writeFileSync(path.join(folder, 'launcher', 'start.ts'), PROGRAM);
  expect(await bootstrap(folder)).toMatchObject({ code: 0 });
  expect(npmCalls(folder)).toHaveLength(2);
});

/** Makes `process.version` of the bootstrap itself look like another one. */
const asNode = (version: string): string => {
  const source = `Object.defineProperties(process, {
    version: { value: 'v${version}' },
    versions: { value: { ...process.versions, node: '${version}' } },
  });`;
  return `--import=data:text/javascript,${encodeURIComponent(source)}`;
};

/** The installed Node ends at once, as a glibc program does where there is musl. */
const BROKEN_NODE = `
import fs from 'node:fs';
fs.rmSync('node_modules/.bin/node');
fs.writeFileSync('node_modules/.bin/node', '#!/bin/sh\\necho not here >&2; exit 127', { mode: 0o755 });
`;

test('where the installed Node does not run, a newer Node of the caller runs instead', async () => {
  const folder = makeCheckout();
  fs.writeFileSync(path.join(folder, 'on-install.mjs'), BROKEN_NODE);
  expect(await bootstrap(folder, { NODE_OPTIONS: asNode('22.18.0') })).toMatchObject({ code: 0 });
});

test('where the installed Node does not run, an older Node of the caller is refused', async () => {
  const folder = makeCheckout();
  fs.writeFileSync(path.join(folder, 'on-install.mjs'), BROKEN_NODE);
  const { code, err } = await bootstrap(folder, { NODE_OPTIONS: asNode('22.17.0') });
  expect(code).toBe(1);
  expect(err).toContain('needs Node 22.18 or newer');
  expect(err).toContain('not here');
});

test('an old Node is enough where the installed one runs', async () => {
  const folder = makeCheckout();
  expect(await bootstrap(folder, { NODE_OPTIONS: asNode('18.0.0') })).toMatchObject({ code: 0 });
});

test.each([
  ['its own code', `process.exitCode = 7;`, 7],
  ['the code of the signal that ended it', `process.kill(process.pid, 'SIGKILL');`, 137],
])('the command ends with %s', async (_, program, code) => {
  expect((await bootstrap(makeCheckout(program))).code).toBe(code);
});

test('a signal reaches the program, and the command ends when the program does', async () => {
  const program = `
    process.on('SIGTERM', () => { console.log('stopping'); process.exit(3); });
    ${WAITS}`;
  const running = spawnBootstrap(makeCheckout(program), {}, ['start']);
  if (running.stdout === null) throw new Error('no pipe');
  const ended = result(running);
  await once(running.stdout, 'data');
  running.kill('SIGTERM');
  expect(await ended).toMatchObject({ code: 3, out: 'waiting\nstopping\n' });
});

test('a supervising program notices that the bootstrap was killed', async () => {
  const folder = makeCheckout();
  const file = path.join(folder, 'noticed');
  const program = `
    import fs from 'node:fs';
    process.on('disconnect', () => { fs.writeFileSync('${file}', 'yes'); process.exit(); });
    ${WAITS}`;
  fs.writeFileSync(path.join(folder, 'launcher', 'start.ts'), program);
  const running = spawnBootstrap(folder, {}, ['start']);
  if (running.stdout === null) throw new Error('no pipe');
  await once(running.stdout, 'data');
  running.kill('SIGKILL');
  await expect.poll(() => fs.existsSync(file)).toBe(true);
});

/** npm runs a command through a shell, which passes no signal on; this one tells its process id. */
const NPM_RUN = `
  import { spawn } from 'node:child_process';
  const command = process.argv[1] + ' tools/run.mjs start; exit $?';
  spawn('/bin/sh', ['-c', command], { stdio: 'inherit' }).on('spawn', function () {
    console.log('shell', this.pid);
  });`;

test.each(['npm', 'the shell between npm and the command'])(
  'the program is stopped when %s was killed',
  async (victim) => {
    const folder = makeCheckout();
    const file = path.join(folder, 'stopped');
    const program = `
      import fs from 'node:fs';
      process.on('SIGTERM', () => { fs.writeFileSync('${file}', 'yes'); process.exit(); });
      ${WAITS}`;
    fs.writeFileSync(path.join(folder, 'launcher', 'start.ts'), program);
    const npm = spawn(process.execPath, ['--input-type=module', '-e', NPM_RUN, process.execPath], {
      cwd: folder,
      env: {
        PATH: process.env['PATH'],
        npm_execpath: path.join(folder, 'npm-cli.js'),
        npm_lifecycle_event: 'start',
      },
      stdio: ['ignore', 'pipe', 'inherit'],
    });
    onTestFinished(() => void npm.kill('SIGKILL'));
    let shell = 0;
    for await (const line of createInterface({ input: npm.stdout })) {
      if (line.startsWith('shell ')) shell = Number(line.slice('shell '.length));
      if (line === 'waiting') break;
    }
    // The system takes 0 for everybody in the group of this process.
    expect(shell).toBeGreaterThan(0);
    if (victim === 'npm') npm.kill('SIGKILL');
    else process.kill(shell, 'SIGKILL');
    await expect.poll(() => fs.existsSync(file)).toBe(true);
  },
);

test('an unknown command prints the known ones and fails', async () => {
  const { code, err } = await bootstrap(makeCheckout(), {}, ['begin']);
  expect(code).toBe(2);
  expect(err).toContain('There is no command "begin"');
  expect(err).toContain('start the platform');
});

test('--help installs nothing', async () => {
  const folder = makeCheckout();
  const { code, out } = await bootstrap(folder, {}, ['--help']);
  expect(code).toBe(0);
  expect(out).toContain('run the tests');
  expect(npmCalls(folder)).toEqual([]);
});

test.each(['--help', '-h'])(
  '%s of a command tells what it is for, and does nothing',
  async (flag) => {
    const folder = makeCheckout();
    const { code, out } = await bootstrap(folder, {}, ['start', flag]);
    expect(code).toBe(0);
    expect(out).toBe(
      'Usage: npm start\n\nstart the platform; Ctrl-C stops it and keeps its data\n',
    );
    expect(npmCalls(folder)).toEqual([]);
  },
);

test('a program that has ended before it could be registered is no user of the packages', async () => {
  const folder = makeCheckout();
  await bootstrap(folder);
  const use = await ensureInstalled(folder, () => undefined);
  const { pid } = spawnSync(process.execPath, ['--version']);
  expect(() => use.addProcess(pid)).not.toThrow();
  use.release();
});
