/**
 * A proxy in front of a chain's RPC that holds calls: a test knows that a worker has asked, or that
 * the chain has answered, and that the worker has not learned the answer. Nothing is changed.
 */
import { once } from 'node:events';
import { createServer, type IncomingMessage, type ServerResponse } from 'node:http';
import type { AddressInfo } from 'node:net';
import { text } from 'node:stream/consumers';

export type RpcCall = { readonly method: string; readonly params: readonly unknown[] };

/** Held on the way to the chain, which knows nothing of it then, or on the way back. */
export type Side = 'question' | 'answer';

export type Hold = {
  /** Resolves when the first such call is held. */
  readonly reached: Promise<void>;
  /** Lets all of them go on, also those to come. */
  readonly release: () => void;
};

export type ChainGate = {
  readonly url: string;
  hold(side: Side, matches: (call: RpcCall) => boolean): Hold;
  /** Releases everything and stops. */
  close(): Promise<void>;
};

type OpenHold = {
  readonly side: Side;
  readonly matches: (call: RpcCall) => boolean;
  readonly reached: PromiseWithResolvers<void>;
  readonly released: PromiseWithResolvers<void>;
};

/** @param target the chain's own RPC */
export async function openChainGate(target: string): Promise<ChainGate> {
  const holds = new Set<OpenHold>();

  const pass = async (side: Side, call: RpcCall): Promise<void> => {
    for (const hold of [...holds].filter((each) => each.side === side && each.matches(call))) {
      hold.reached.resolve();
      await hold.released.promise;
    }
  };

  const relay = async (request: IncomingMessage, response: ServerResponse): Promise<void> => {
    const question = await text(request);
    const call = JSON.parse(question) as RpcCall;
    await pass('question', call);
    // Whoever asked was killed meanwhile: a dead process sends nothing any more.
    if (request.socket.destroyed) return;
    const headers = { 'content-type': 'application/json' };
    const answered = await fetch(target, { method: 'POST', headers, body: question });
    const answer = await answered.text();
    await pass('answer', call);
    if (!request.socket.destroyed) response.writeHead(answered.status, headers).end(answer);
  };

  const server = createServer((request, response) => {
    relay(request, response).catch((error: Error) => response.destroy(error));
  });
  server.listen(0, '127.0.0.1');
  await once(server, 'listening');
  const release = (hold: OpenHold): void => {
    holds.delete(hold);
    hold.released.resolve();
  };
  return {
    url: `http://127.0.0.1:${(server.address() as AddressInfo).port}`,
    hold(side, matches) {
      const reached = Promise.withResolvers<void>();
      const hold = { side, matches, reached, released: Promise.withResolvers<void>() };
      holds.add(hold);
      return { reached: reached.promise, release: () => release(hold) };
    },
    async close() {
      for (const hold of holds) release(hold);
      const closed = once(server, 'close');
      server.close();
      server.closeAllConnections();
      await closed;
    },
  };
}
