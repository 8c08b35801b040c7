import { existsSync } from 'node:fs';
import { readFile, readdir, readlink } from 'node:fs/promises';
import { clientCredentials, grpcLink } from '#cluster-client/link.ts';
import { afterAll, beforeAll, describe, expect, test } from 'vitest';
import { type SignerHouse, signerHouse } from '#testing/signers.ts';
import { REQUIRED_OPTIONS, type Surroundings, requireHardened } from './hardening.ts';

const SOUND: Surroundings = {
  options: [...REQUIRED_OPTIONS, '--import', 'file:///loader.mjs', '--max-old-space-size=512'],
  env: { PATH: '/bin', NODE_OPTIONS: '' },
  inspector: undefined,
  coreLimit: '0',
};

test('a process without a way in is let through', () => {
  expect(() => requireHardened(SOUND)).not.toThrow();
  expect(() => requireHardened({ ...SOUND, coreLimit: undefined })).not.toThrow();
});

const withOption = (option: string): Surroundings => ({
  ...SOUND,
  options: [...SOUND.options, option],
});
const withVariable = (name: string): Surroundings => ({
  ...SOUND,
  env: { ...SOUND.env, [name]: 'x' },
});
const without = (option: string): Surroundings => ({
  ...SOUND,
  options: SOUND.options.filter((one) => one !== option),
});

test.each<[Surroundings, RegExp]>([
  [without('--disable-sigusr1'), /without --disable-sigusr1/],
  [without('--disallow-code-generation-from-strings'), /without --disallow-code-generation/],
  [withOption('--inspect'), /--inspect is not for a signer node/],
  [withOption('--inspect-brk=0.0.0.0:9229'), /--inspect-brk/],
  [withOption('--heapsnapshot-signal=SIGUSR2'), /--heapsnapshot-signal/],
  [withOption('--heapsnapshot-near-heap-limit=1'), /--heapsnapshot-near/],
  [withOption('--report-on-signal'), /--report-on-signal/],
  [withOption('--heap-prof'), /--heap-prof/],
  [withOption('--cpu-prof'), /--cpu-prof/],
  [withOption('--abort-on-uncaught-exception'), /--abort-on/],
  [withOption('--require'), /--require/],
  [withVariable('NODE_OPTIONS'), /NODE_OPTIONS is set/],
  [withVariable('NODE_PATH'), /NODE_PATH is set/],
  [withVariable('NODE_V8_COVERAGE'), /NODE_V8_COVERAGE is set/],
  [{ ...SOUND, inspector: 'ws://127.0.0.1:9229/x' }, /a debugger can connect/],
  [{ ...SOUND, coreLimit: 'unlimited' }, /core dumps are on/],
  [{ ...SOUND, coreLimit: '1024' }, /core dumps are on/],
])('a process with a way in refuses to start: %#', (open, reason) => {
  expect(() => requireHardened(open)).toThrow(reason);
});

let house: SignerHouse;
beforeAll(async () => {
  house = await signerHouse(2, 2);
});
afterAll(() => house.remove());

test('a node that is started with an option from the environment refuses', async () => {
  const refused = house.start(1, { env: { NODE_OPTIONS: '--inspect=127.0.0.1:0' } });
  await expect(refused).rejects.toThrow(/NODE_OPTIONS is set; a debugger can connect to it/);
});

/** The sockets of a process, by the system's number. */
async function socketsOf(pid: number): Promise<readonly string[]> {
  const descriptors = await readdir(`/proc/${pid}/fd`);
  const targets = await Promise.all(
    descriptors.map((name) => readlink(`/proc/${pid}/fd/${name}`).catch(() => '')),
  );
  return targets.flatMap((target) => /^socket:\[(\d+)\]$/.exec(target)?.[1] ?? []);
}

/** The ports on which a process listens. */
async function listeningPorts(pid: number): Promise<readonly number[]> {
  const sockets = new Set(await socketsOf(pid));
  const tables = await Promise.all(
    ['tcp', 'tcp6'].map((name) => readFile(`/proc/${pid}/net/${name}`, 'utf8')),
  );
  return tables
    .flatMap((table) => table.trim().split('\n').slice(1))
    .map((line) => line.trim().split(/\s+/))
    .filter(([, , , state, , , , , , inode = '']) => state === '0A' && sockets.has(inode))
    .map(([, local = '']) => Number.parseInt(local.split(':')[1] ?? '', 16));
}

describe.skipIf(!existsSync('/proc/self/limits'))('a node that runs', () => {
  test('does not listen to a debugger when it is asked to, and goes on', async () => {
    const signer = await house.start(1);
    const pid = signer.child.pid as number;
    process.kill(pid, 'SIGUSR1');
    const link = grpcLink(1, `127.0.0.1:${signer.port}`, clientCredentials(house.tls));
    // Several answers, so that the signal has been delivered long before the look at the ports.
    for (let asked = 0; asked < 5; asked += 1)
      expect(await link.health(10_000)).toMatchObject({ ok: true });
    expect(await listeningPorts(pid)).toEqual([signer.port]);
    link.close();
    await signer.stop();
    expect(signer.logs()).not.toMatch(/debugger/i);
  });

  test('leaves no core behind, and cannot be told to', async () => {
    const signer = await house.start(1);
    const limits = await readFile(`/proc/${signer.child.pid}/limits`, 'utf8');
    expect(limits).toMatch(/^Max core file size +0 +0 /m);
    await signer.stop();
  });
});
