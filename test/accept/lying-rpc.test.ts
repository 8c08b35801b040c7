import { once } from 'node:events';
import { createServer, type IncomingMessage, type ServerResponse } from 'node:http';
import type { AddressInfo } from 'node:net';
import { text } from 'node:stream/consumers';
import { beforeEach, expect, onTestFinished, test } from 'vitest';
import type { RpcCall } from '#test/chain-gate.ts';
import { rpc } from '#testing/chain-rpc.ts';
import { type LyingRpc, openLyingRpc } from './lying-rpc.ts';

/** A chain that answers every call with the call's name, and writes down what it was asked. */
let asked: string[];
let lying: LyingRpc;

beforeEach(async () => {
  asked = [];
  const answer = async (request: IncomingMessage, response: ServerResponse): Promise<void> => {
    const { method } = JSON.parse(await text(request)) as RpcCall;
    asked.push(method);
    response.end(JSON.stringify({ jsonrpc: '2.0', id: 1, result: method }));
  };
  const chain = createServer((request, response) => void answer(request, response));
  chain.listen(0, '127.0.0.1');
  await once(chain, 'listening');
  lying = await openLyingRpc(`http://127.0.0.1:${(chain.address() as AddressInfo).port}`);
  onTestFinished(async () => {
    await lying.close();
    chain.close();
    chain.closeAllConnections();
  });
});

const isSending = ({ method }: RpcCall): boolean => method === 'send';

test('what nothing was said about is answered as the chain answers', async () => {
  lying.lie(1, { kind: 'drop' }, isSending);
  expect(await rpc(lying.url, 'height')).toBe('height');
});

test('a dropped answer: the chain has the request, and nobody learns of it', async () => {
  const lied = lying.lie(1, { kind: 'drop' }, isSending);
  await expect(rpc(lying.url, 'send')).rejects.toThrow(/fetch failed/);
  expect([asked, lied()]).toEqual([['send'], 1]);
  expect(await rpc(lying.url, 'send')).toBe('send');
});

test('it says what it is told to say, as often as it is told', async () => {
  lying.lie(2, { kind: 'say', result: null }, isSending);
  expect([await rpc(lying.url, 'send'), await rpc(lying.url, 'send')]).toEqual([null, null]);
  expect(await rpc(lying.url, 'send')).toBe('send');
});

test('it alters what the chain has answered', async () => {
  lying.lie(1, { kind: 'alter', change: (result) => `not ${String(result)}` }, isSending);
  expect([await rpc(lying.url, 'send'), asked]).toEqual(['not send', ['send']]);
});

test('it refuses in words of its own, and is honest once it repents', async () => {
  lying.lie(9, { kind: 'refuse', message: 'nonce too low' }, isSending);
  await expect(rpc(lying.url, 'send')).rejects.toThrow(/nonce too low/);
  lying.repent();
  expect(await rpc(lying.url, 'send')).toBe('send');
});
