/**
 * An RPC endpoint that lies: a layer in front of another one (the chain's, or a gate's). It answers
 * wrongly or not at all, and the chain behind it does what it was really asked.
 */
import { once } from 'node:events';
import { createServer, type IncomingMessage, type ServerResponse } from 'node:http';
import type { AddressInfo } from 'node:net';
import { text } from 'node:stream/consumers';
import type { RpcCall } from '#test/chain-gate.ts';

/** `drop`: the chain has the request, and the connection ends instead of the answer. */
export type Lie =
  | { readonly kind: 'drop' }
  | { readonly kind: 'say'; readonly result: unknown }
  /** The chain's own answer with something else in it. */
  | { readonly kind: 'alter'; readonly change: (result: unknown, call: RpcCall) => unknown }
  | { readonly kind: 'refuse'; readonly message: string };

type Lying = {
  readonly matches: (call: RpcCall) => boolean;
  readonly lie: Lie;
  /** How many more times. */
  left: number;
};

export type LyingRpc = {
  readonly url: string;
  /** Lies to the next `times` calls that match. @returns how many it has lied to so far */
  lie(times: number, lie: Lie, matches: (call: RpcCall) => boolean): () => number;
  /** Is honest from now on. */
  repent(): void;
  close(): Promise<void>;
};

const HEADERS = { 'content-type': 'application/json' };

const resultIn = (answer: string): unknown =>
  (JSON.parse(answer) as { readonly result?: unknown }).result;

/** @param target the endpoint that is lied about */
export async function openLyingRpc(target: string): Promise<LyingRpc> {
  const lies = new Set<Lying>();

  const lieFor = (call: RpcCall): Lie | undefined => {
    const found = [...lies].find(({ left, matches }) => left > 0 && matches(call));
    if (found === undefined) return undefined;
    found.left -= 1;
    return found.lie;
  };

  const relay = async (request: IncomingMessage, response: ServerResponse): Promise<void> => {
    const question = await text(request);
    const call = JSON.parse(question) as RpcCall & { readonly id: unknown };
    const lie = lieFor(call);
    const answered = await fetch(target, { method: 'POST', headers: HEADERS, body: question });
    const truth = await answered.text();
    const say = (content: object): void => {
      const body = JSON.stringify({ jsonrpc: '2.0', id: call.id, ...content });
      response.writeHead(200, HEADERS).end(body);
    };
    if (lie === undefined) response.writeHead(answered.status, HEADERS).end(truth);
    else if (lie.kind === 'drop') response.destroy();
    else if (lie.kind === 'say') say({ result: lie.result });
    else if (lie.kind === 'alter') say({ result: await lie.change(resultIn(truth), call) });
    else say({ error: { code: -32_000, message: lie.message } });
  };

  const server = createServer((request, response) => {
    relay(request, response).catch((error: Error) => response.destroy(error));
  });
  server.listen(0, '127.0.0.1');
  await once(server, 'listening');
  return {
    url: `http://127.0.0.1:${(server.address() as AddressInfo).port}`,
    lie(times, lie, matches) {
      const lying: Lying = { matches, lie, left: times };
      lies.add(lying);
      return () => times - lying.left;
    },
    repent: () => lies.clear(),
    async close() {
      const closed = once(server, 'close');
      server.close();
      server.closeAllConnections();
      await closed;
    },
  };
}
