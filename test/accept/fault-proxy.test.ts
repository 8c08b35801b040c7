import { once } from 'node:events';
import net from 'node:net';
import { setTimeout as pause } from 'node:timers/promises';
import { beforeEach, expect, onTestFinished, test } from 'vitest';
import { type FaultProxy, openFaultProxy } from './fault-proxy.ts';

/** A server that says back what it hears, and `end` at the end of what it hears. */
let heard: string[];
let proxy: FaultProxy;
let port: number;

beforeEach(async () => {
  heard = [];
  const server = net.createServer({ allowHalfOpen: true }, (socket) => {
    socket.on('error', () => undefined);
    socket.on('data', (piece) => {
      heard.push(piece.toString());
      socket.write(`heard ${piece.toString()}`);
    });
    socket.on('end', () => socket.end('end'));
  });
  server.listen(0, '127.0.0.1');
  await once(server, 'listening');
  ({ port } = server.address() as net.AddressInfo);
  proxy = await openFaultProxy(() => ({ host: '127.0.0.1', port }));
  onTestFinished(async () => {
    await proxy.close();
    server.close();
    await once(server, 'close');
  });
});

/** Also where it ends with a reset, which `once` would throw. */
const closing = (socket: net.Socket): Promise<void> =>
  new Promise((resolve) => {
    socket.on('close', () => resolve());
  });

async function connect(): Promise<{ readonly socket: net.Socket; readonly got: string[] }> {
  const socket = net.connect({ host: '127.0.0.1', port: proxy.port, allowHalfOpen: true });
  const got: string[] = [];
  socket.on('error', () => undefined);
  socket.on('data', (piece) => got.push(piece.toString()));
  onTestFinished(() => void socket.destroy());
  return { socket, got };
}

test('in clear weather everything passes in both directions', async () => {
  const { socket, got } = await connect();
  socket.write('one');
  await expect.poll(() => got.join('')).toBe('heard one');
});

test('what is delayed comes later, and in the order in which it was sent', async () => {
  const { socket, got } = await connect();
  proxy.become({ kind: 'delay', ms: 50 });
  const began = performance.now();
  socket.write('one');
  await pause(5);
  proxy.become({ kind: 'clear' });
  socket.write('two');
  await expect.poll(() => got.join('')).toContain('two');
  expect(performance.now() - began).toBeGreaterThanOrEqual(49);
  expect(heard.join('')).toBe('onetwo');
});

test('an answer that is dropped: the question has arrived, and the connection is open', async () => {
  const { socket, got } = await connect();
  proxy.become({ kind: 'drop-answers' });
  socket.write('pay');
  await expect.poll(() => heard).toEqual(['pay']);
  proxy.become({ kind: 'clear' });
  socket.write('again');
  await expect.poll(() => got.join('')).toBe('heard again');
});

test('in silence nothing arrives, and afterwards the same connection goes on', async () => {
  const { socket, got } = await connect();
  proxy.become({ kind: 'silence' });
  socket.write('lost');
  await pause(20);
  proxy.become({ kind: 'clear' });
  socket.write('back');
  await expect.poll(() => got.join('')).toBe('heard back');
  expect(heard).toEqual(['back']);
});

test('a cut ends what is open, and a new connection may come', async () => {
  const { socket } = await connect();
  await expect.poll(() => proxy.connections()).toBe(1);
  const closed = closing(socket);
  proxy.cut();
  await closed;
  const { socket: next, got } = await connect();
  next.write('new');
  await expect.poll(() => got.join('')).toBe('heard new');
});

test('a half-closed connection: the target sees the end, and its last words arrive', async () => {
  const { got } = await connect();
  await expect.poll(() => proxy.connections()).toBe(1);
  await pause(5);
  proxy.halfClose();
  await expect.poll(() => got.join('')).toBe('end');
});

test('while it refuses nobody gets through, and afterwards everybody does', async () => {
  proxy.refuse();
  const { socket } = await connect();
  await closing(socket);
  proxy.become({ kind: 'clear' });
  const { socket: next, got } = await connect();
  next.write('new');
  await expect.poll(() => got.join('')).toBe('heard new');
});
