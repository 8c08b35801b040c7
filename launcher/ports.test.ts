import { once } from 'node:events';
import net from 'node:net';

import { expect, onTestFinished, test } from 'vitest';

import { LaunchError } from './launch-error.ts';
import { freePort, isFree, portFrom, portNear, startOnPort } from './ports.ts';

/** Listens for the time of the test. @returns the port */
async function occupy(host: string, port = 0): Promise<number> {
  const server = net.createServer().listen(port, host);
  await once(server, 'listening');
  onTestFinished(() => void server.close());
  return (server.address() as net.AddressInfo).port;
}

test.each(['127.0.0.1', '0.0.0.0'])('a port that is served on %s is not free', async (host) => {
  expect(await isFree(await occupy(host))).toBe(false);
});

test('free ports are free, differ, and are none that the system gives to connections', async () => {
  const ports = await Promise.all(Array.from({ length: 8 }, () => freePort()));
  expect(new Set(ports).size).toBe(8);
  for (const port of ports) {
    expect(await isFree(port)).toBe(true);
    expect(port).toBeLessThan(32_768);
  }
});

test('the wanted port is taken where it is free', async () => {
  const port = await freePort();
  expect(await portNear(port)).toBe(port);
  expect(await portFrom(port)).toBe(port);
});

test('where the wanted port is in use, the next free one is taken', async () => {
  const taken = await occupy('127.0.0.1');
  const port = await portFrom(taken);
  expect(port).toBeGreaterThan(taken);
  expect(await portNear(taken)).not.toBe(taken);
});

test('no wish, and the wish for port 0, give any free port', async () => {
  for (const port of [await portNear(undefined), await portNear(0), await portFrom(0)]) {
    expect(port).toBeGreaterThan(0);
  }
});

test('a port that is taken between the look and the start is given up for another one', async () => {
  const wanted = await freePort();
  const tried: number[] = [];
  const port = await startOnPort(wanted, async (on) => {
    tried.push(on);
    if (tried.length > 2) return;
    await occupy('127.0.0.1', on);
    throw new LaunchError('the port is in use');
  });
  expect(tried).toHaveLength(3);
  expect(tried[0]).toBe(wanted);
  expect(new Set(tried).size).toBe(3);
  expect(port).toBe(tried[2]);
});

test('what fails for another reason is not tried again, nor is anything for ever', async () => {
  let tries = 0;
  const broken = startOnPort(undefined, async () => {
    tries += 1;
    throw new LaunchError('it is broken');
  });
  await expect(broken).rejects.toThrow('it is broken');
  expect(tries).toBe(1);
  const unlucky = startOnPort(undefined, async (on) => {
    tries += 1;
    await occupy('127.0.0.1', on);
    throw new LaunchError('the port is in use');
  });
  await expect(unlucky).rejects.toThrow('the port is in use');
  expect(tries).toBe(6);
});
