import { chmod, mkdir, mkdtemp, readdir, stat, writeFile } from 'node:fs/promises';
import { createConnection } from 'node:net';
import { join } from 'node:path';
import { afterEach, beforeEach, expect, inject, test } from 'vitest';
import { invalidInput } from '#core/errors.ts';
import type { NodeLog } from './log.ts';
import { askNode } from './operator/ask-node.ts';
import { openSocketAddress } from './operator/socket-address.ts';
import {
  type OperatorSocket,
  openOperatorSocket,
  requirePrivateFolder,
} from './operator-socket.ts';

let folder: string;
let socket: OperatorSocket | undefined;
const logged: string[] = [];
const log: NodeLog = {
  info: () => undefined,
  warn: (event) => void logged.push(event),
  bug: (event) => void logged.push(event),
};

const desk = async (request: unknown): Promise<object> => {
  const { command } = request as { command?: string };
  if (command === 'echo') return { said: request };
  if (command === 'break') throw new Error('a secret text');
  throw invalidInput('command', 'unknown', 'echo');
};

beforeEach(async () => {
  folder = await mkdtemp(join(inject('testFolder'), 'op-'));
  socket = await openOperatorSocket(folder, desk, log);
});

afterEach(() => socket?.close());

test('only its own user may open it', async () => {
  expect((await stat(join(folder, 'operator.sock'))).mode & 0o777).toBe(0o600);
});

test('a request is answered with one line', async () => {
  const request = { command: 'echo', text: 'x'.repeat(100_000) };
  expect(await askNode(folder, request)).toEqual({ ok: true, said: request });
});

test('a refusal tells its code, and a bug tells nothing', async () => {
  expect(await askNode(folder, { command: 'other' })).toMatchObject({
    ok: false,
    code: 'INVALID_INPUT',
  });
  const broken = await askNode(folder, { command: 'break' });
  expect(broken).toEqual({ ok: false, code: 'INTERNAL', message: 'The node failed.' });
  expect(logged).toContain('operator request failed');
});

test('what is no JSON is refused', async () => {
  const { promise, resolve } = Promise.withResolvers<string>();
  const raw = createConnection(join(folder, 'operator.sock'));
  raw.on('data', (bytes: Buffer) => resolve(bytes.toString()));
  raw.write('{nonsense\n');
  expect(JSON.parse(await promise)).toMatchObject({ ok: false, code: 'INVALID_INPUT' });
  raw.destroy();
});

test('a socket that a killed process left behind is replaced', async () => {
  await socket?.close();
  await writeFile(join(folder, 'operator.sock'), '');
  socket = await openOperatorSocket(folder, desk, log);
  expect(await askNode(folder, { command: 'echo' })).toMatchObject({ ok: true });
});

test('without a node there is no answer, and the reason says so', async () => {
  await socket?.close();
  socket = undefined;
  await expect(askNode(folder, { command: 'echo' })).rejects.toMatchObject({
    code: 'SIGNERS_UNAVAILABLE',
  });
});

const LONG = 'x'.repeat(120);

test.skipIf(process.platform !== 'linux')(
  'a path too long for an address is no hindrance',
  async () => {
    const long = join(folder, LONG);
    await mkdir(long, { mode: 0o700 });
    const there = await openOperatorSocket(long, desk, log);
    expect((await stat(join(long, 'operator.sock'))).mode & 0o777).toBe(0o600);
    const request = { command: 'echo', where: 'far away' };
    expect(await askNode(long, request)).toEqual({ ok: true, said: request });
    await there?.close();
    await expect(askNode(long, request)).rejects.toMatchObject({ code: 'SIGNERS_UNAVAILABLE' });
    expect(await readdir(long)).toEqual([]);
  },
);

test('a system that has no way to such a path is told from the others', async () => {
  expect(await openSocketAddress(join(folder, LONG), join(folder, 'none'))).toBeUndefined();
});

test.each([0o701, 0o710, 0o750, 0o755, 0o770])('a folder of mode %o is refused', async (mode) => {
  await chmod(folder, mode);
  await expect(requirePrivateFolder(folder)).rejects.toThrow(/set its mode to 0700/);
  await chmod(folder, 0o700);
  await requirePrivateFolder(folder);
});
