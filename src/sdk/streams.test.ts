/** Streams against the protocol's own server, which fails as often as a test says. */
import { once } from 'node:events';
import type { AddressInfo } from 'node:net';
import { buildSchema, GraphQLError } from 'graphql';
import { handleProtocols } from 'graphql-ws';
import { useServer } from 'graphql-ws/use/ws';
import { afterAll, afterEach, beforeAll, expect, test } from 'vitest';
import { WebSocketServer } from 'ws';
import { createStreams, type Streams } from './streams.ts';

type Source = () => AsyncIterableIterator<unknown>;

const schema = buildSchema('type Query { none: Int } type Subscription { count: Int! }');
/** What each attempt of a test meets, in their order. */
let attempts: Source[] = [];
/** The operations that the server has under way. */
let open = 0;
let server: WebSocketServer;
let streams: Streams;

beforeAll(async () => {
  server = new WebSocketServer({ port: 0, host: '127.0.0.1', handleProtocols });
  await once(server, 'listening');
  const roots = { subscription: { count: () => (attempts.shift() as Source)() } };
  useServer({ schema, roots }, server);
});

afterEach(async () => {
  streams.close();
  await expect.poll(() => open).toBe(0);
});
afterAll(() => {
  for (const socket of server.clients) socket.terminate();
  server.close();
});

const coded = (code: string) => new GraphQLError('It went wrong.', { extensions: { code } });

const refused =
  (code: string): Source =>
  () => {
    throw coded(code);
  };

/** Answers, and never completes: an error among them is reported, and the operation goes on. */
const endless =
  (...answers: (number | GraphQLError)[]): Source =>
  () => {
    const over = Promise.withResolvers<IteratorResult<unknown>>();
    open += 1;
    return {
      async next() {
        const answer = answers.shift();
        if (answer === undefined) return over.promise;
        return { done: false, value: { count: () => give(answer) } };
      },
      async return() {
        open -= 1;
        over.resolve({ done: true, value: undefined });
        return over.promise;
      },
      [Symbol.asyncIterator]() {
        return this;
      },
    };
  };

function give(answer: number | GraphQLError): number {
  if (typeof answer === 'number') return answer;
  throw answer;
}

/** The counts of a stream whose attempts meet this, each told once. */
function follow(...sources: Source[]): AsyncIterableIterator<number> {
  attempts = sources;
  const { port } = server.address() as AddressInfo;
  streams = createStreams({
    endpoint: `ws://127.0.0.1:${port}`,
    webSocket: globalThis.WebSocket,
    token: () => undefined,
  });
  let last = 0;
  const request = { query: 'subscription { count }', variables: {} };
  return streams.open<number>(
    'count',
    async () => request,
    (count) => {
      const isNew = count > last;
      last = Math.max(last, count);
      return isNew;
    },
  );
}

test('a stream that fails on the platform begins again, and tells nothing twice', async () => {
  const counts = follow(
    refused('INTERNAL'),
    endless(1, coded('INTERNAL')),
    endless(1, 2, coded('INTERNAL')),
    endless(2, 3),
  );
  const told = [];
  while (told.length < 3) told.push((await counts.next()).value);
  expect(told).toEqual([1, 2, 3]);
  expect(attempts).toEqual([]);
  await expect.poll(() => open).toBe(1);
});

test.each(['NOT_FOUND', 'FORBIDDEN', 'INVALID_INPUT'])(
  'a stream that is refused with %s ends, at its beginning and later',
  async (code) => {
    await expect(follow(refused(code), endless(1)).next()).rejects.toMatchObject({ code });
    expect(attempts).toHaveLength(1);
    streams.close();
    const counts = follow(endless(1, coded(code)), endless(2));
    await counts.next();
    await expect(counts.next()).rejects.toMatchObject({ code });
    expect(attempts).toHaveLength(1);
    expect(await counts.next()).toMatchObject({ done: true });
  },
);
