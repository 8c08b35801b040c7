/** The WebSocket side without the platform: a small schema of its own behind the real server. */
import { once } from 'node:events';
import { connect } from 'node:net';
import { NoSchemaIntrospectionCustomRule } from 'graphql';
import { afterAll, beforeAll, expect, test } from 'vitest';
import { PlatformError } from '#core/errors.ts';
import type { SessionId } from '#core/ids.ts';
import { SocketClient } from '#testing/socket-client.ts';
import { schema, streams } from '#testing/toy-schema.ts';
import { createExecutor } from './executor.ts';
import { createGraphqlHttp } from './graphql-http.ts';
import { type GatewayServer, startServer } from './server.ts';
import { createSockets, type Sockets } from './sockets.ts';

const ORIGIN = 'http://localhost:4000';
const SESSION = 'ses_01920000-0000-7000-8000-000000000001' as SessionId;
const OTHER = 'ses_01920000-0000-7000-8000-000000000002' as SessionId;
const PER_ADDRESS_MAX = 8;

let server: GatewayServer;
let sockets: Sockets;
let url: string;
const log = { error: () => undefined };

beforeAll(async () => {
  const graphql = await createGraphqlHttp({
    schema,
    execute: createExecutor(schema),
    contextFor: () => ({}),
    introspection: false,
    log,
  });
  sockets = createSockets({
    schema,
    rules: [NoSchemaIntrospectionCustomRule],
    contextFor: (socket) => ({ socket }),
    authenticate: async (authorization) => {
      if (authorization === 'Bearer good') return { id: SESSION, expiresAt: Date.now() + 60_000 };
      if (authorization === 'Bearer other') return { id: OTHER, expiresAt: Date.now() + 60_000 };
      if (authorization === 'Bearer brief') return { id: SESSION, expiresAt: Date.now() };
      throw new PlatformError(
        authorization === 'Bearer old' ? 'SESSION_REVOKED' : 'UNAUTHENTICATED',
      );
    },
    origins: new Set([ORIGIN]),
    now: () => Date.now(),
    log,
    initTimeoutMs: 200,
    perAddressMax: PER_ADDRESS_MAX,
  });
  server = await startServer(
    {
      graphql,
      sockets,
      page: { answer: async (_path, response) => void response.writeHead(404).end() },
      isReady: async () => true,
      log,
    },
    { port: 0, host: '127.0.0.1' },
  );
  url = `http://127.0.0.1:${server.port}/graphql`;
});

afterAll(() => server.close());

test.each<[string, readonly unknown[], number]>([
  ['a frame that is not JSON', ['{'], 4400],
  ['a frame of an unknown type', [{ type: 'shout' }], 4400],
  [
    'a subscription before the handshake',
    [{ id: '1', type: 'subscribe', payload: { query: '{hello}' } }],
    4401,
  ],
  ['a second handshake', [{ type: 'connection_init' }, { type: 'connection_init' }], 4429],
  ['no handshake', [], 4408],
  [
    'an unknown token',
    [{ type: 'connection_init', payload: { authorization: 'Bearer bad' } }],
    4403,
  ],
  ['a token that is not text', [{ type: 'connection_init', payload: { authorization: 7 } }], 4403],
  [
    'an id that is taken',
    [
      { type: 'connection_init' },
      { id: '1', type: 'subscribe', payload: { query: 'subscription { silence }' } },
      { id: '1', type: 'subscribe', payload: { query: 'subscription { silence }' } },
    ],
    4409,
  ],
])('%s closes the socket with its code', async (_name, frames, code) => {
  const client = await new SocketClient(url).opened();
  for (const frame of frames) {
    client.send(frame);
    // A client waits for the acknowledgement before it subscribes.
    if (frames.length > 1 && frame === frames[0]) await client.next();
  }
  expect((await client.closed)[0]).toBe(code);
});

test('a socket without the protocol is closed', async () => {
  const client = await new SocketClient(url, { protocol: '' }).opened();
  expect((await client.closed)[0]).toBe(4406);
});

test('a page of another origin cannot open a socket, a page of this one can', async () => {
  await expect(new SocketClient(url, { origin: 'https://evil.example' }).opened()).rejects.toThrow(
    '403',
  );
  const client = await new SocketClient(url, { origin: ORIGIN }).opened();
  client.socket.terminate();
});

test('another path has no sockets', async () => {
  const socket = connect(server.port, '127.0.0.1');
  const headers = 'Connection: Upgrade\r\nUpgrade: websocket\r\nSec-WebSocket-Version: 13';
  socket.write(`GET /else HTTP/1.1\r\nHost: x\r\n${headers}\r\nSec-WebSocket-Key: AAAA\r\n\r\n`);
  const [bytes] = (await new Promise((resolve) => {
    socket.once('data', (...data) => resolve(data));
  })) as [Buffer];
  expect(bytes.toString()).toMatch(/^HTTP\/1.1 404/);
  socket.destroy();
});

const REFUSED =
  'GET /else HTTP/1.1\r\nHost: x\r\nConnection: Upgrade\r\nUpgrade: websocket\r\n\r\n';

test('a peer that resets its refused upgrade ends its own connection only', async () => {
  const faults: unknown[] = [];
  const note = (fault: unknown) => void faults.push(fault);
  process.on('uncaughtException', note);
  for (let peer = 0; peer < 20; peer++) {
    const socket = connect(server.port, '127.0.0.1');
    await once(socket, 'connect');
    socket.write(REFUSED);
    if (peer % 2 === 1) await once(socket, 'data');
    socket.resetAndDestroy();
  }
  const health = await fetch(`http://127.0.0.1:${server.port}/healthz`);
  expect(health.status).toBe(200);
  process.off('uncaughtException', note);
  expect(faults).toEqual([]);
});

test('a peer that stays after its refused upgrade holds no connection', async () => {
  const socket = connect({ port: server.port, host: '127.0.0.1', allowHalfOpen: true });
  socket.write(REFUSED);
  await once(socket.resume(), 'end');
  // What is still written to a connection that is gone comes back as an error.
  const broken = once(socket, 'error');
  const writing = setInterval(() => socket.write('more'), 5);
  const [error] = (await broken) as [{ code: string }];
  clearInterval(writing);
  expect(['EPIPE', 'ECONNRESET']).toContain(error.code);
});

test('a stream is delivered in order and completed', async () => {
  const client = await new SocketClient(url).connected('Bearer good');
  client.subscribe('1', 'subscription { ticks(count: 3) }');
  for (const ticks of [1, 2, 3]) {
    expect(await client.next()).toEqual({ id: '1', type: 'next', payload: { data: { ticks } } });
  }
  expect(await client.next()).toEqual({ id: '1', type: 'complete' });
  await client.close();
});

test('queries and their errors come over the socket too, with codes', async () => {
  const client = await new SocketClient(url).connected('Bearer other');
  client.subscribe('1', '{ refused }');
  expect(await client.next()).toMatchObject({
    type: 'next',
    payload: { errors: [{ extensions: { code: 'IDEMPOTENCY_CONFLICT', existing: 'trf_1' } }] },
  });
  expect(await client.next()).toMatchObject({ type: 'complete' });
  const faulty: [string, string][] = [
    ['{ hello', 'GRAPHQL_PARSE_FAILED'],
    ['{ nothing }', 'GRAPHQL_VALIDATION_FAILED'],
    ['{ __schema { types { name } } }', 'GRAPHQL_VALIDATION_FAILED'],
    [`{${Array.from({ length: 40 }, (_, i) => `a${i}:hello`).join(' ')}}`, 'QUERY_TOO_COMPLEX'],
    ['{ pay(input: { amount: "+1" }) }', 'INVALID_INPUT'],
  ];
  for (const [query, code] of faulty) {
    client.subscribe('2', query);
    const { type, payload } = await client.next();
    const [first] = payload as { extensions: { code: string } }[];
    expect([type, first?.extensions.code]).toEqual(['error', code]);
  }
  await client.close();
});

test('the twenty-first operation on a socket is refused, and the others go on', async () => {
  const client = await new SocketClient(url).connected('Bearer other');
  for (let i = 1; i <= 20; i++) client.subscribe(String(i), 'subscription { silence }');
  client.subscribe('21', 'subscription { silence }');
  expect(await client.next()).toMatchObject({
    id: '21',
    type: 'error',
    payload: [{ extensions: { code: 'RATE_LIMITED' } }],
  });
  client.send({ id: '1', type: 'complete' });
  client.subscribe('22', 'subscription { ticks(count: 1) }');
  expect(await client.next()).toMatchObject({ id: '22', type: 'next' });
  await client.close();
});

test('a stream ends on the server when its client goes', async () => {
  const before = streams.open;
  const client = await new SocketClient(url).connected('Bearer other');
  client.subscribe('1', 'subscription { silence }');
  client.subscribe('2', '{ hello }');
  expect(await client.next()).toMatchObject({ id: '2', type: 'next' });
  expect(streams.open).toBe(before + 1);
  await client.close();
  await expect.poll(() => streams.open).toBe(before);
});

test('a revoked session closes its sockets, and no other', async () => {
  const client = await new SocketClient(url).connected('Bearer good');
  const stranger = await new SocketClient(url).connected('Bearer other');
  expect(sockets.openSessions()).toEqual([SESSION, OTHER]);
  sockets.endSession(SESSION, 'SESSION_REVOKED');
  expect(await client.closed).toEqual([4403, 'SESSION_REVOKED']);
  stranger.subscribe('1', '{ hello }');
  expect(await stranger.next()).toMatchObject({ type: 'next' });
  await stranger.close();
});

test('a socket is closed when its session expires', async () => {
  const client = await new SocketClient(url).opened();
  client.send({ type: 'connection_init', payload: { authorization: 'Bearer brief' } });
  expect(await client.closed).toEqual([4403, 'SESSION_EXPIRED']);
});

test('a revoked token is refused with its code at the handshake', async () => {
  const client = await new SocketClient(url).opened();
  client.send({ type: 'connection_init', payload: { authorization: 'Bearer old' } });
  expect(await client.closed).toEqual([4403, 'SESSION_REVOKED']);
});

test('a consumer that fell behind is closed with 4490', async () => {
  const client = await new SocketClient(url).connected('Bearer other');
  client.subscribe('1', 'subscription { flood }');
  expect((await client.closed)[0]).toBe(4490);
});

test('a socket without a session is closed once nothing runs on it', async () => {
  const quiet = await new SocketClient(url).connected();
  expect(await quiet.closed).toEqual([4401, 'UNAUTHENTICATED']);
  const busy = await new SocketClient(url).connected();
  busy.subscribe('1', 'subscription { silence }');
  const later = await new SocketClient(url).connected();
  expect((await later.closed)[0]).toBe(4401);
  busy.subscribe('2', '{ hello }');
  expect(await busy.next()).toMatchObject({ id: '2', type: 'next' });
  busy.send({ id: '1', type: 'complete' });
  expect((await busy.closed)[0]).toBe(4401);
});

test('an address has only so many sockets, and a new one where an old one has gone', async () => {
  await expect.poll(() => sockets.openSessions()).toEqual([]);
  const all: SocketClient[] = [];
  while (all.length < PER_ADDRESS_MAX) {
    all.push(await new SocketClient(url).connected('Bearer good'));
  }
  const refused = await new SocketClient(url).opened();
  expect(await refused.closed).toEqual([4491, 'RATE_LIMITED']);
  await all.pop()?.close();
  all.push(await new SocketClient(url).connected('Bearer good'));
  for (const client of all) await client.close();
});
