/**
 * The chain's face on a port: JSON-RPC over HTTP, and subscriptions over WebSocket on the same port
 * and, because web3.js looks for them there, on the next one where it is free.
 */
import http from 'node:http';
import type { AddressInfo } from 'node:net';
import { type WebSocket, WebSocketServer } from 'ws';
import type { Executed, SolanaChain } from './chain.ts';
import { answer, createFace } from './face.ts';

const BODY_BYTES_MAX = 1024 * 1024;

export type SolanaServer = {
  readonly port: number;
  readonly url: string;
  /** Whether subscriptions are also served on the next port. */
  readonly hasNextPort: boolean;
  close(): Promise<void>;
};

/** In the language since ECMAScript 2026, and not yet in TypeScript's library. */
const { rawJSON } = JSON as unknown as { readonly rawJSON: (text: string) => unknown };

/** Whole numbers of any size, as Solana's own nodes print them. */
const print = (value: unknown): string =>
  JSON.stringify(value, (_, each: unknown) =>
    typeof each === 'bigint' ? rawJSON(each.toString()) : each,
  );

type Subscription = { readonly socket: WebSocket; readonly signature: string };

/** Serves the chain on the port; 0 picks a free one. */
export async function serveSolana(chain: SolanaChain, wanted: number): Promise<SolanaServer> {
  const face = createFace(chain);
  const subscriptions = new Map<number, Subscription>();
  const notify = (): void => {
    for (const [id, { socket, signature }] of subscriptions) {
      const executed = chain.find(signature);
      if (executed === undefined) continue;
      subscriptions.delete(id);
      socket.send(print(notification(chain, id, executed)));
    }
  };
  const reply = (body: string): string => {
    let request: unknown;
    try {
      request = JSON.parse(body);
    } catch {
      // The answer says so.
      return print({ jsonrpc: '2.0', id: null, error: { code: -32_700, message: 'Parse error' } });
    }
    const answered = Array.isArray(request)
      ? request.map((each: unknown) => answer(face, each))
      : answer(face, request);
    notify();
    return print(answered);
  };
  const sockets = new WebSocketServer({ noServer: true, maxPayload: BODY_BYTES_MAX });
  sockets.on('connection', (socket) => converse(socket, { reply, subscriptions, notify }));
  const listen = async (port: number): Promise<http.Server> => {
    const server = http.createServer((request, response) => {
      // Whoever hung up in the middle of his request waits for no answer.
      respond(request, response, reply).catch(() => response.destroy());
    });
    server.on('upgrade', (request, socket, head) =>
      sockets.handleUpgrade(request, socket, head, (one) => sockets.emit('connection', one)),
    );
    const { promise, resolve, reject } = Promise.withResolvers<void>();
    server.once('error', reject).listen(port, '127.0.0.1', resolve);
    await promise;
    return server;
  };
  const server = await listen(wanted);
  const { port } = server.address() as AddressInfo;
  const next = await listen(port + 1).catch(() => undefined);
  const servers = next === undefined ? [server] : [server, next];
  return {
    port,
    url: `http://127.0.0.1:${port}`,
    hasNextPort: next !== undefined,
    async close() {
      for (const socket of sockets.clients) socket.terminate();
      await Promise.all(
        servers.map(async (each) => {
          const { promise, resolve } = Promise.withResolvers<void>();
          each.close(() => resolve());
          each.closeAllConnections();
          await promise;
        }),
      );
    },
  };
}

async function respond(
  request: http.IncomingMessage,
  response: http.ServerResponse,
  reply: (body: string) => string,
): Promise<void> {
  const parts: Buffer[] = [];
  let size = 0;
  for await (const part of request as AsyncIterable<Buffer>) {
    size += part.length;
    if (size > BODY_BYTES_MAX) {
      response.writeHead(413).end();
      return;
    }
    parts.push(part);
  }
  if (request.method !== 'POST') {
    response.writeHead(405, { allow: 'POST' }).end();
    return;
  }
  const body = reply(Buffer.concat(parts).toString());
  response.writeHead(200, { 'content-type': 'application/json' }).end(body);
}

const notification = ({ slot }: SolanaChain, id: number, { failure }: Executed) => ({
  jsonrpc: '2.0',
  method: 'signatureNotification',
  params: { subscription: id, result: { context: { slot }, value: { err: failure } } },
});

let lastSubscription = 0;

/** Subscriptions to signatures; every other one is accepted, and nothing ever happens to it. */
function converse(
  socket: WebSocket,
  face: {
    readonly reply: (body: string) => string;
    readonly subscriptions: Map<number, Subscription>;
    readonly notify: () => void;
  },
): void {
  const { subscriptions } = face;
  socket.on('close', () => {
    for (const [id, one] of subscriptions) if (one.socket === socket) subscriptions.delete(id);
  });
  socket.on('message', (content: Buffer) => {
    const text = content.toString();
    const { id, method, params } = request(text);
    const say = (result: unknown): void => socket.send(print({ jsonrpc: '2.0', result, id }));
    if (method?.endsWith('Unsubscribe')) {
      subscriptions.delete(Number(params?.[0]));
      say(true);
    } else if (method?.endsWith('Subscribe')) {
      lastSubscription += 1;
      say(lastSubscription);
      if (method !== 'signatureSubscribe') return;
      subscriptions.set(lastSubscription, { socket, signature: String(params?.[0]) });
      face.notify();
    } else socket.send(face.reply(text));
  });
}

type Request = {
  readonly id?: unknown;
  readonly method?: string;
  readonly params?: readonly unknown[];
};

function request(text: string): Request {
  try {
    return JSON.parse(text) as Request;
  } catch {
    // The answer to it says that it is no JSON.
    return {};
  }
}
