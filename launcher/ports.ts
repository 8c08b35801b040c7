/** Ports of this machine: the one that is wanted where it is free, otherwise another one. */
import { randomInt } from 'node:crypto';
import net from 'node:net';

import { LaunchError } from './launch-error.ts';

/** `localhost` may mean either, so a port is free only when both are. */
const HOSTS = ['127.0.0.1', '::1'];
const NEIGHBOURS = 100;
const ATTEMPTS = 5;
const ATTEMPTS_TO_CHOOSE = 100;
const LOWEST = 10_000;
/** Linux gives connections the ports from here on (ip_local_port_range), others higher ones. */
const LOWEST_OF_CONNECTIONS = 32_768;
/** What this process chose may not be listened on yet. */
const given = new Set<number>();

/**
 * A port that nobody listens on at this moment, another one at each call. It is one that the system
 * gives to no connection, so that a process which is started again finds its port as it left it.
 */
export async function freePort(): Promise<number> {
  for (let attempt = 0; attempt < ATTEMPTS_TO_CHOOSE; attempt += 1) {
    const port = randomInt(LOWEST, LOWEST_OF_CONNECTIONS);
    if (given.has(port) || !(await isFree(port))) continue;
    given.add(port);
    return port;
  }
  const port = await listenOnce(0, '127.0.0.1');
  if (port === undefined) throw new LaunchError('the system has no free port');
  return port;
}

export async function isFree(port: number): Promise<boolean> {
  for (const host of HOSTS) if ((await listenOnce(port, host)) === undefined) return false;
  return true;
}

/** `preferred` where it is free, otherwise any; 0 and undefined stand for any. */
export async function portNear(preferred: number | undefined): Promise<number> {
  if (preferred === undefined || preferred === 0) return freePort();
  return (await isFree(preferred)) ? preferred : freePort();
}

/** The first free port from `preferred` upwards; 0 stands for any. */
export async function portFrom(preferred: number): Promise<number> {
  if (preferred === 0) return freePort();
  for (let port = preferred; port < Math.min(preferred + NEIGHBOURS, 65_536); port += 1) {
    if (await isFree(port)) return port;
  }
  return freePort();
}

/**
 * Starts what listens on a port: on the preferred one where it is free, otherwise on any. Between the
 * look and the start somebody else may take the port; then another one is tried.
 * @returns the port
 * @throws what `start` throws while nobody else has its port
 */
export async function startOnPort(
  preferred: number | undefined,
  start: (port: number) => Promise<unknown>,
): Promise<number> {
  for (let attempt = 1; ; attempt += 1) {
    const port = await portNear(preferred);
    try {
      await start(port);
      return port;
    } catch (error) {
      const lostRace = error instanceof LaunchError && !(await isFree(port));
      if (!lostRace || attempt === ATTEMPTS) throw error;
    }
  }
}

/**
 * Listens for a moment.
 * @returns the port, or undefined where somebody else listens there
 */
function listenOnce(port: number, host: string): Promise<number | undefined> {
  const server = net.createServer();
  return new Promise((resolve, reject) => {
    server.once('error', (error: NodeJS.ErrnoException) => {
      if (error.code === 'EADDRINUSE') resolve(undefined);
      // A machine without IPv6: nobody can listen there, and nobody does.
      else if (error.code === 'EADDRNOTAVAIL' || error.code === 'EAFNOSUPPORT') resolve(port);
      else reject(new LaunchError(`port ${port} cannot be used: ${error.message}`));
    });
    server.listen({ port, host, exclusive: true }, () => {
      const address = server.address() as net.AddressInfo;
      server.close(() => resolve(address.port));
    });
  });
}
