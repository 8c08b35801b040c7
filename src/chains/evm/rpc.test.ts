import { mkdtempSync, rmSync } from 'node:fs';
import { type IncomingMessage, type ServerResponse, createServer } from 'node:http';
import type { AddressInfo } from 'node:net';
import { join } from 'node:path';
import { text } from 'node:stream/consumers';
import { setTimeout } from 'node:timers/promises';
import { Wallet } from 'ethers';
import { afterAll, beforeAll, expect, inject, test } from 'vitest';
import type {
  ChainConnection,
  DraftRequest,
  MinedTransaction,
  SealedTransaction,
  TransactionStatus,
} from '#chains/adapter.ts';
import { connect } from '#chains/connect.ts';
import { checkMarks, takeMark } from '#chains/marks.ts';
import { findAsset, findNetwork } from '#chains/registry.ts';
import { type Bytes, parseHex } from '#core/bytes.ts';
import { type Anvil, startAnvil } from '#testing/anvil.ts';
import { deployTestUsdc, fundNative, mintTestUsdc } from './local.ts';
import { evmVerbs } from './verbs.ts';

const local = findNetwork('local-evm');
const USDC = findAsset('USDC@local-evm');
const ETH = findAsset('ETH@local-evm');
const ETHER = 10n ** 18n;
const POLL_MS = 5;
type Included = Extract<TransactionStatus, { state: 'included' }>;
const bytesOf = (text: string): Bytes => parseHex(text.slice(2));

/** A single key made for this run: these tests are about the chain, not about who signs. */
class TestKey {
  readonly #wallet = Wallet.createRandom();
  readonly address = evmVerbs.address(bytesOf(this.#wallet.signingKey.compressedPublicKey));

  seal(unsigned: Bytes): SealedTransaction {
    const digest = evmVerbs.payloads(local, unsigned)[0]!.digest;
    const { r, s, yParity } = this.#wallet.signingKey.sign(digest);
    const signature = { r: bytesOf(r), s: bytesOf(s), recovery: yParity };
    return evmVerbs.seal(local, unsigned, [signature], this.address);
  }
}

let anvil: Anvil;
let chain: ChainConnection;

beforeAll(async () => {
  anvil = await startAnvil();
  chain = connect(local, anvil.url);
  await deployTestUsdc(anvil.url);
});

afterAll(async () => {
  chain.close();
  await anvil.stop();
});

async function fundedKey(): Promise<TestKey> {
  const key = new TestKey();
  await fundNative(anvil.url, key.address, ETHER);
  await mintTestUsdc(anvil.url, key.address, 1_000_000n);
  return key;
}

const paying = (key: TestKey, change: Partial<DraftRequest> = {}): DraftRequest => ({
  from: key.address,
  to: new TestKey().address,
  asset: USDC,
  units: 250_000n,
  nonce: 0n,
  ...change,
});

/** The chain mines on demand, a moment after it has taken a transaction. */
async function included(hash: string): Promise<Included> {
  for (;;) {
    const status = await chain.status(hash);
    if (status.state === 'included') return status;
    await setTimeout(POLL_MS);
  }
}

const unitsOf = async (address: string): Promise<readonly bigint[]> =>
  (await chain.balances(address, [USDC, ETH])).map((money) => money.units);

test('a token payment goes from draft to the vendor’s balance, at the fee that the receipt says', async () => {
  const key = await fundedKey();
  const request = paying(key);
  const unsigned = await chain.draft(request);
  const { effects, feeMax } = evmVerbs.explain(local, unsigned, key.address);
  const { from, to, units } = request;
  expect(effects).toEqual([{ kind: 'transfer', asset: USDC.id, from, to, units }]);

  const sealed = key.seal(unsigned);
  expect(await chain.status(sealed.hash)).toEqual({ state: 'unknown' });
  await chain.broadcast(sealed);
  const status = await included(sealed.hash);
  expect(status).toMatchObject({ succeeded: true, confirmations: 1 });
  expect(await chain.blockHash(status.block)).toBe(status.blockHash);
  expect(status.feePaid).toBeLessThanOrEqual(feeMax.units);
  expect(await unitsOf(to)).toEqual([250_000n, 0n]);
  expect(await unitsOf(from)).toEqual([750_000n, ETHER - status.feePaid]);
  expect(await chain.nextNonce(from)).toBe(1n);
});

test('a native payment arrives, and later blocks add confirmations', async () => {
  const key = await fundedKey();
  const request = paying(key, { asset: ETH, units: ETHER / 4n });
  const sealed = key.seal(await chain.draft(request));
  await chain.broadcast(sealed);
  expect(await included(sealed.hash)).toMatchObject({ confirmations: 1 });
  expect(await unitsOf(request.to)).toEqual([0n, ETHER / 4n]);
  await fundNative(anvil.url, key.address, 1n);
  await fundNative(anvil.url, key.address, 1n);
  expect(await chain.status(sealed.hash)).toMatchObject({ confirmations: 3 });
});

test('the same bytes may be broadcast again, while pending and once included', async () => {
  const key = await fundedKey();
  const request = paying(key);
  const sealed = key.seal(await chain.draft(request));
  await command('evm_setAutomine', [false]);
  await chain.broadcast(sealed);
  await chain.broadcast(sealed);
  expect(await chain.status(sealed.hash)).toEqual({ state: 'pending' });
  expect(await chain.nextNonce(key.address)).toBe(1n);
  expect(await chain.transactionWith(key.address, 0n)).toBeUndefined();
  await command('evm_mine', []);
  await command('evm_setAutomine', [true]);
  await chain.broadcast(sealed);
  expect(await unitsOf(request.to)).toEqual([250_000n, 0n]);
});

test('another transaction with a used sequence number is a conflict, not a success', async () => {
  const key = await fundedKey();
  const first = key.seal(await chain.draft(paying(key)));
  await chain.broadcast(first);
  await included(first.hash);
  const late = key.seal(await chain.draft(paying(key)));
  await expect(chain.broadcast(late)).rejects.toMatchObject({ code: 'VERSION_CONFLICT' });
  expect(await chain.status(late.hash)).toEqual({ state: 'unknown' });
});

test('the transaction that used a sequence number is found, wherever the blocks went on', async () => {
  const key = await fundedKey();
  expect(await chain.transactionWith(key.address, 0n)).toBeUndefined();
  const mined: MinedTransaction[] = [];
  for (const nonce of [0n, 1n]) {
    const unsigned = await chain.draft(paying(key, { nonce }));
    const sealed = key.seal(unsigned);
    await chain.broadcast(sealed);
    await included(sealed.hash);
    mined.push({ ...sealed, unsigned });
    await command('anvil_mine', ['0x5']);
  }
  expect(await chain.transactionWith(key.address, 0n)).toEqual(mined[0]);
  expect(await chain.transactionWith(key.address, 1n)).toEqual(mined[1]);
  expect(await chain.transactionWith(key.address, 2n)).toBeUndefined();
});

test('a transaction that the account itself has not signed shows nothing', async () => {
  const key = await fundedKey();
  await command('anvil_impersonateAccount', [key.address]);
  await command('eth_sendTransaction', [{ from: key.address, to: key.address, value: '0x1' }]);
  while (await unsent(key.address)) await setTimeout(POLL_MS);
  expect(await chain.transactionWith(key.address, 0n)).toBeUndefined();
});

test('a wallet that was emptied in the meantime cannot broadcast', async () => {
  const key = await fundedKey();
  const first = key.seal(await chain.draft(paying(key, { asset: ETH, units: ETHER / 2n })));
  const second = await chain.draft(paying(key, { asset: ETH, units: ETHER / 2n + 1n, nonce: 1n }));
  await chain.broadcast(first);
  await included(first.hash);
  const attempt = chain.broadcast(key.seal(second));
  await expect(attempt).rejects.toMatchObject({ code: 'INSUFFICIENT_FUNDS' });
});

test.each([
  ['more tokens than there are', { units: 1_000_001n }, 'INSUFFICIENT_FUNDS', /holds 1 USDC/],
  ['more ether than there is', { asset: ETH, units: ETHER }, 'INSUFFICIENT_FUNDS', /with its fee/],
  ['a fee cap of one wei', { feeMax: 1n }, 'INVALID_INPUT', /maxFee: the network asks/],
  ['the token as recipient', { to: USDC.contract! }, 'INVALID_INPUT', /contract of USDC itself/],
])('a draft of %s is refused', async (_, change, code, message) => {
  const key = await fundedKey();
  await expect(chain.draft(paying(key, change))).rejects.toMatchObject({
    code,
    message: expect.stringMatching(message),
  });
});

test('a wallet without gas money cannot send its tokens', async () => {
  const key = new TestKey();
  await mintTestUsdc(anvil.url, key.address, 5n);
  await expect(chain.draft(paying(key, { units: 5n }))).rejects.toMatchObject({
    code: 'INSUFFICIENT_FUNDS',
    context: { asset: 'ETH@local-evm', available: '0' },
  });
});

test('deploying the token twice deploys it once', async () => {
  expect(await deployTestUsdc(anvil.url)).toBe(false);
});

test('a block that is not there yet has no hash', async () => {
  expect(await chain.blockHash((await chain.height()) + 1_000n)).toBeUndefined();
});

test('an endpoint of another chain is refused at the first use and at every later one', async () => {
  const other = await startAnvil({ chainId: 1 });
  const wrong = connect(local, other.url);
  const refusal = { code: 'NOT_CONFIGURED', message: expect.stringMatching(/serves chain 1, and/) };
  await expect(wrong.height()).rejects.toMatchObject(refusal);
  await expect(wrong.draft(paying(new TestKey()))).rejects.toMatchObject(refusal);
  wrong.close();
  await other.stop();
});

test('an address without a token contract is reported, not read as a balance of zero', async () => {
  const bare = await startAnvil();
  const connection = connect(local, bare.url);
  await expect(connection.balances(new TestKey().address, [USDC])).rejects.toMatchObject({
    code: 'NOT_CONFIGURED',
    message: expect.stringMatching(/no contract of USDC answers/),
  });
  connection.close();
  await fundNative(bare.url, new TestKey().address, 1n);
  await expect(deployTestUsdc(bare.url)).rejects.toThrow(/must start afresh/);
  await bare.stop();
});

/** Posts a JSON-RPC request as it is. */
async function post(url: string, body: string): Promise<string> {
  const headers = { 'content-type': 'application/json' };
  return (await fetch(url, { method: 'POST', headers, body })).text();
}

/** One call of anvil's own methods. */
const command = (method: string, params: readonly unknown[]): Promise<string> =>
  post(anvil.url, JSON.stringify({ jsonrpc: '2.0', id: 1, method, params }));

/** Whether no block has a transaction of the account yet. */
const unsent = async (address: string): Promise<boolean> =>
  (await command('eth_getTransactionCount', [address, 'latest'])).includes('"0x0"');

/** What an endpoint says to a request's body. */
type Answer = (body: string) => Promise<{ status: number; text: string } | 'silence'>;

/** An endpoint that answers as told; its URL carries a secret, as providers' URLs do. */
async function serve(answer: Answer) {
  const reply = async (request: IncomingMessage, response: ServerResponse): Promise<void> => {
    const said = await answer(await text(request));
    if (said === 'silence') return;
    response.writeHead(said.status, { location: `${anvil.url}/` }).end(said.text);
  };
  const server = createServer((request, response) => void reply(request, response));
  await new Promise<void>((resolve) => {
    server.listen(0, '127.0.0.1', resolve);
  });
  const { port } = server.address() as AddressInfo;
  const stop = (): void => {
    server.closeAllConnections();
    server.close();
  };
  return { url: `http://user:S3CRET@127.0.0.1:${port}/v3/S3CRET?key=S3CRET`, stop };
}

const result = (body: string, value: unknown): string =>
  JSON.stringify({ jsonrpc: '2.0', id: (JSON.parse(body) as { id: number }).id, result: value });
const failure = (body: string, message: string): string =>
  JSON.stringify({
    jsonrpc: '2.0',
    id: (JSON.parse(body) as { id: number }).id,
    error: { code: -32_005, message },
  });

const CHAIN = '0x7a69';
const lies: readonly (readonly [string, Answer, RegExp])[] = [
  ['never answers', async () => 'silence', /did not answer in time/],
  ['answers HTTP 500', async () => ({ status: 500, text: 'S3CRET' }), /no usable answer/],
  ['answers HTTP 429', async () => ({ status: 429, text: '' }), /no usable answer|in time/],
  ['answers no JSON', async () => ({ status: 200, text: '<html>S3CRET' }), /no usable answer/],
  ['redirects', async () => ({ status: 307, text: '' }), /no usable answer/],
  [
    'answers five megabytes',
    async () => ({ status: 200, text: ' '.repeat(5e6) }),
    /no usable answer/,
  ],
  [
    'refuses every method',
    async (body) => ({ status: 200, text: failure(body, 'S3CRET over quota') }),
    /refused the request \(JSON-RPC -32005\)/,
  ],
  [
    'answers a height that is no number',
    async (body) => ({
      status: 200,
      text: result(body, body.includes('chainId') ? CHAIN : 'S3CRET'),
    }),
    /no usable answer/,
  ],
];

test.each(lies)(
  'an endpoint that %s is CHAIN_UNAVAILABLE and its URL stays secret',
  async (_, answer, reason) => {
    const endpoint = await serve(answer);
    const connection = connect(local, endpoint.url, 300);
    const error: unknown = await connection.height().catch((error: unknown) => error);
    expect(error).toMatchObject({
      code: 'CHAIN_UNAVAILABLE',
      message: expect.stringMatching(reason),
    });
    const { message, stack, cause, context } = error as Error & { context: object };
    expect([message, stack, String(cause), JSON.stringify(context)].join()).not.toMatch(/S3CRET/);
    connection.close();
    endpoint.stop();
  },
);

/** Of an included payment: the fields of the chain's answers that are another's. */
const contradictions: readonly (readonly [string, string, object, RegExp])[] = [
  [
    'a receipt of another payment',
    'Receipt',
    { transactionHash: `0x${'22'.repeat(32)}` },
    /itself/,
  ],
  ['a receipt from another branch', 'Receipt', { blockHash: `0x${'22'.repeat(32)}` }, /itself/],
  ['a block of another branch', 'getBlockBy', { hash: `0x${'22'.repeat(32)}` }, /itself/],
  ['a block without it', 'getBlockBy', { transactions: [] }, /itself/],
];

test.each(contradictions)('%s says nothing of a payment', async (_, method, change, reason) => {
  const key = await fundedKey();
  const sealed = key.seal(await chain.draft(paying(key)));
  await chain.broadcast(sealed);
  await included(sealed.hash);
  const endpoint = await serve(async (body) => {
    const text = await post(anvil.url, body);
    if (!body.includes(method)) return { status: 200, text };
    const { result: truth } = JSON.parse(text) as { readonly result: object };
    return { status: 200, text: result(body, { ...truth, ...change }) };
  });
  const connection = connect(local, endpoint.url);
  await expect(connection.status(sealed.hash)).rejects.toMatchObject({
    code: 'CHAIN_UNAVAILABLE',
    message: expect.stringMatching(reason),
  });
  connection.close();
  endpoint.stop();
});

test('an endpoint that has become another chain says nothing of a payment', async () => {
  const key = await fundedKey();
  const sealed = key.seal(await chain.draft(paying(key)));
  await chain.broadcast(sealed);
  await included(sealed.hash);
  let isOther = false;
  const endpoint = await serve(async (body) => {
    const text = isOther && body.includes('chainId') ? result(body, '0x1') : undefined;
    return { status: 200, text: text ?? (await post(anvil.url, body)) };
  });
  const connection = connect(local, endpoint.url);
  expect(await connection.status(sealed.hash)).toMatchObject({ state: 'included' });
  isOther = true;
  await expect(connection.status(sealed.hash)).rejects.toMatchObject({ code: 'NOT_CONFIGURED' });
  connection.close();
  endpoint.stop();
});

test('a broadcast whose answer is lost is found on the chain and counts as done', async () => {
  const key = await fundedKey();
  const sealed = key.seal(await chain.draft(paying(key)));
  const endpoint = await serve(async (body) => {
    const text = await post(anvil.url, body);
    return { status: body.includes('eth_sendRawTransaction') ? 502 : 200, text };
  });
  const connection = connect(local, endpoint.url);
  await connection.broadcast(sealed);
  expect(await included(sealed.hash)).toMatchObject({ succeeded: true });
  connection.close();
  endpoint.stop();
});

test('an endpoint that acknowledges some other transaction has not broadcast ours', async () => {
  const endpoint = await serve(async (body) => {
    const hash = `0x${'22'.repeat(32)}`;
    return { status: 200, text: result(body, body.includes('chainId') ? CHAIN : hash) };
  });
  const connection = connect(local, endpoint.url);
  await expect(connection.broadcast(SOME)).rejects.toMatchObject({
    code: 'CHAIN_UNAVAILABLE',
    message: expect.stringMatching(/the hash of something else/),
  });
  connection.close();
  endpoint.stop();
});

test('a connection recovers when its endpoint does, and asks for the chain id again', async () => {
  const asked: string[] = [];
  let healthy = false;
  const endpoint = await serve(async (body) => {
    asked.push((JSON.parse(body) as { method: string }).method);
    return healthy ? { status: 200, text: await post(anvil.url, body) } : { status: 503, text: '' };
  });
  const connection = connect(local, endpoint.url);
  await expect(connection.height()).rejects.toMatchObject({ code: 'CHAIN_UNAVAILABLE' });
  healthy = true;
  expect(await connection.height()).toBe(await chain.height());
  expect(await connection.height()).toBe(await chain.height());
  expect(asked.filter((method) => method === 'eth_chainId')).toHaveLength(2);
  connection.close();
  endpoint.stop();
});

test('where nobody listens every verb is CHAIN_UNAVAILABLE', async () => {
  const gone = await serve(async () => 'silence');
  gone.stop();
  const connection = connect(local, gone.url);
  const { address } = new TestKey();
  const verbs = [
    () => connection.height(),
    () => connection.status(SOME.hash),
    () => connection.broadcast(SOME),
    () => connection.nextNonce(address),
    () => connection.balances(address, [USDC]),
    () => connection.draft(paying(new TestKey())),
  ];
  for (const verb of verbs) {
    await expect(verb()).rejects.toMatchObject({
      code: 'CHAIN_UNAVAILABLE',
      message: expect.stringMatching(/cannot be reached \(ECONNREFUSED\)/),
    });
  }
  connection.close();
});

const SOME: SealedTransaction = { raw: Uint8Array.of(2, 0xc0), hash: `0x${'11'.repeat(32)}` };

test.each(['', 'ws://127.0.0.1:1', 'file:///etc/hosts', 'localhost:8545'])(
  'the endpoint %j is refused before anything is sent',
  (url) => {
    expect(() => connect(local, url)).toThrow(/no http or https URL/);
  },
);

test('a chain with a state file keeps its blocks and balances over a restart; a new one is noticed', async () => {
  const folder = mkdtempSync(join(inject('testFolder'), 'countersign-chain-'));
  const stateFile = join(folder, 'local-evm.json');
  const key = new TestKey();
  const before = await startAnvil({ stateFile });
  await deployTestUsdc(before.url);
  await mintTestUsdc(before.url, key.address, 77n);
  const connection = connect(local, before.url);
  const marks = [(await takeMark(connection))!];
  connection.close();
  await before.stop();

  const again = await startAnvil({ stateFile });
  const kept = connect(local, again.url);
  expect(await checkMarks(kept, marks)).toEqual({ same: true });
  expect(await kept.balances(key.address, [USDC])).toEqual([{ asset: USDC.id, units: 77n }]);
  kept.close();
  await again.stop();

  const fresh = await startAnvil();
  const lost = connect(local, fresh.url);
  expect(await checkMarks(lost, marks)).toEqual({ same: false, mark: marks[0] });
  lost.close();
  await fresh.stop();
  rmSync(folder, { recursive: true });
});

test('funds that many ask for at the same moment all arrive', async () => {
  const { address } = new TestKey();
  // Equal amounts too: with one sequence number these would be the same transaction.
  const amounts = Array.from({ length: 20 }, (_, index) => BigInt(index % 3) + 1n);
  await Promise.all(amounts.map((wei) => fundNative(anvil.url, address, wei)));
  const [held] = await chain.balances(address, [ETH]);
  expect(held?.units).toBe(amounts.reduce((sum, wei) => sum + wei, 0n));
});
