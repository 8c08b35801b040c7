/**
 * Where the operator of this machine talks to the node: a Unix socket in its data directory that only
 * its own user can open (mode 0600, in a directory of mode 0700). One line of JSON asks, one answers. It
 * is not reachable from another machine, and nothing that a worker sends gets here.
 */
import { chmod, rm, stat } from 'node:fs/promises';
import { type Server, type Socket, createServer } from 'node:net';
import { isPlatformError } from '#core/errors.ts';
import type { NodeLog } from './log.ts';
import { openSocketAddress } from './operator/socket-address.ts';
import { StartRefused } from './sealing.ts';

/** Answers one request. What it throws as a PlatformError is told, anything else is a bug. */
export type OperatorDesk = (request: unknown) => Promise<object>;

export type OperatorSocket = { close(): Promise<void> };

const REQUEST_BYTES_MAX = 4 * 1024 * 1024;
const IDLE_MS = 60_000;

/**
 * Between its making and its change of mode a socket is open to whoever may enter its folder, and the
 * folder's mode protects all else in it too. @throws StartRefused when others than its user may
 */
export async function requirePrivateFolder(dataDir: string): Promise<void> {
  const { mode } = await stat(dataDir);
  if ((mode & 0o077) === 0) return;
  throw new StartRefused(`others may enter the data directory ${dataDir}: set its mode to 0700`);
}

/** Undefined where the path is too long for a socket of this system: then nothing can be approved. */
export async function openOperatorSocket(
  dataDir: string,
  desk: OperatorDesk,
  log: NodeLog,
): Promise<OperatorSocket | undefined> {
  const address = await openSocketAddress(dataDir);
  if (address === undefined) {
    log.warn('operator socket not opened', {
      reason: 'the path of the data directory is too long',
    });
    return undefined;
  }
  const { path } = address;
  // A killed process leaves its socket behind; nobody else listens in this directory.
  await rm(path, { force: true });
  const sockets = new Set<Socket>();
  const server: Server = createServer({ allowHalfOpen: true }, (socket) => {
    sockets.add(socket);
    socket.once('close', () => sockets.delete(socket));
    converse(socket, desk, log);
  });
  const { promise, resolve, reject } = Promise.withResolvers<void>();
  server.once('error', reject);
  server.listen(path, resolve);
  await promise;
  await chmod(path, 0o600);
  return {
    async close() {
      const { promise: closed, resolve: done } = Promise.withResolvers<void>();
      server.close(() => done());
      // What was answered still goes out.
      for (const socket of sockets) socket.destroySoon();
      await closed;
      await rm(path, { force: true });
      await address.close();
    },
  };
}

function converse(socket: Socket, desk: OperatorDesk, log: NodeLog): void {
  let text = '';
  socket.setEncoding('utf8');
  socket.setTimeout(IDLE_MS, () => socket.destroy());
  socket.on('error', () => socket.destroy());
  socket.on('data', (chunk: string) => {
    text += chunk;
    if (text.length > REQUEST_BYTES_MAX) socket.destroy();
    const end = text.indexOf('\n');
    if (end === -1) return;
    socket.removeAllListeners('data');
    void answer(text.slice(0, end), desk, log).then((line) => socket.end(`${line}\n`));
  });
}

async function answer(line: string, desk: OperatorDesk, log: NodeLog): Promise<string> {
  try {
    return JSON.stringify({ ok: true, ...(await desk(JSON.parse(line))) });
  } catch (error) {
    if (isPlatformError(error)) {
      log.warn('operator refused', {
        code: error.code,
        reason: String(error.context['reason'] ?? ''),
      });
      return JSON.stringify({ ok: false, code: error.code, message: error.message });
    }
    if (error instanceof SyntaxError) {
      return JSON.stringify({ ok: false, code: 'INVALID_INPUT', message: 'This is not JSON.' });
    }
    log.bug('operator request failed', error);
    return JSON.stringify({ ok: false, code: 'INTERNAL', message: 'The node failed.' });
  }
}
