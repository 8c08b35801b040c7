import { once } from 'node:events';
import net from 'node:net';

import { expect, onTestFinished, test } from 'vitest';

import { freePort, isFree, portFrom, portNear } from './ports.ts';

/** Listens for the time of the test. @returns the port */
async function occupy(host: string): Promise<number> {
  const server = net.createServer().listen(0, host);
  await once(server, 'listening');
  onTestFinished(() => void server.close());
  return (server.address() as net.AddressInfo).port;
}

test.each(['127.0.0.1', '0.0.0.0'])('a port that is served on %s is not free', async (host) => {
  expect(await isFree(await occupy(host))).toBe(false);
});

test('a free port is free', async () => {
  expect(await isFree(await freePort())).toBe(true);
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
