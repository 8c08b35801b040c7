import { createServer } from 'node:http';
import type { AddressInfo } from 'node:net';
import { createTransferCheckedInstruction, getAssociatedTokenAddressSync } from '@solana/spl-token';
import { Keypair, PublicKey, SystemProgram, Transaction } from '@solana/web3.js';
import { afterAll, beforeAll, expect, test } from 'vitest';
import type { ChainConnection, DraftRequest, TransactionStatus } from '#chains/adapter.ts';
import { connect } from '#chains/connect.ts';
import { findNetwork } from '#chains/registry.ts';
import { type LocalSolana, startLocalSolana } from '#testing/solana.ts';
import { nonceAccountOf, tokenAccountOf } from './derived-address.ts';
import { LOCAL, SOL, TestKey, USDC } from './fixtures.ts';
import { fundNative, mintTestUsdc } from './local.ts';
import { decodePayment } from './payment.ts';
import { solanaVerbs } from './verbs.ts';

const MINT = USDC.contract as string;
const ONE_SOL = 10n ** 9n;
const MINIMUM = 890_880n;

let local: LocalSolana;
let chain: ChainConnection;
let names = 0;

beforeAll(async () => {
  local = await startLocalSolana();
  chain = connect(LOCAL, local.url);
});

afterAll(async () => {
  chain.close();
  await local.stop();
});

const freshKey = (): TestKey => new TestKey(`key ${(names += 1)}`);

/** A wallet with funds whose nonce is set up. */
async function readyKey(lamports = ONE_SOL, units = 1_000_000n): Promise<TestKey> {
  const key = freshKey();
  await fundNative(local.url, key.address, lamports + 1_452_680n);
  if (units > 0n) await mintTestUsdc(local.url, key.address, units);
  await setUp(key);
  return key;
}

async function setUp(key: TestKey): Promise<void> {
  const unsigned = await chain.setUp(key.address);
  if (unsigned !== undefined) await chain.broadcast(key.seal(unsigned));
}

async function paying(key: TestKey, change: Partial<DraftRequest> = {}): Promise<DraftRequest> {
  const nonce = change.nonce ?? (await chain.nextNonce(key.address));
  const to = freshKey().address;
  return { from: key.address, to, asset: USDC, units: 250_000n, nonce, ...change };
}

type Included = Extract<TransactionStatus, { state: 'included' }>;

async function included(hash: string): Promise<Included> {
  const status = await chain.status(hash);
  if (status.state !== 'included') throw new Error(`${hash} is ${status.state}`);
  return status;
}

const unitsOf = async (address: string): Promise<readonly bigint[]> =>
  (await chain.balances(address, [USDC, SOL])).map((money) => money.units);

test('a wallet is set up once, by its own signature alone, and the bytes say what it costs', async () => {
  const key = freshKey();
  await fundNative(local.url, key.address, ONE_SOL);
  const unsigned = await chain.setUp(key.address);
  if (unsigned === undefined) throw new Error('a new wallet needs a set-up');
  const { units } = solanaVerbs.explainSetUp(LOCAL, unsigned, key.address);
  await expect(chain.nextNonce(key.address)).rejects.toMatchObject({ code: 'CHAIN_UNAVAILABLE' });
  await chain.broadcast(key.seal(unsigned));
  expect(await chain.setUp(key.address)).toBeUndefined();
  expect(await unitsOf(key.address)).toEqual([0n, ONE_SOL - units]);
  expect(await chain.nextNonce(key.address)).toBeGreaterThan(0n);
});

test('a second set-up fails whole: nothing moves but what the chain takes for trying', async () => {
  const key = freshKey();
  await fundNative(local.url, key.address, ONE_SOL);
  const [first, second] = [await chain.setUp(key.address), await afterBlock(key.address)];
  await chain.broadcast(key.seal(first as Uint8Array));
  const nonce = await chain.nextNonce(key.address);
  await expect(chain.broadcast(key.seal(second as Uint8Array))).rejects.toThrow();
  expect(await chain.nextNonce(key.address)).toBe(nonce);
});

/** Another block hash makes another set-up. */
async function afterBlock(address: string): Promise<Uint8Array | undefined> {
  await fundNative(local.url, freshKey().address, ONE_SOL);
  return chain.setUp(address);
}

test('lamports that a stranger sent to the nonce’s address do not stop the set-up', async () => {
  const key = freshKey();
  await fundNative(local.url, key.address, ONE_SOL);
  await fundNative(local.url, nonceAccountOf(key.address), MINIMUM);
  await setUp(key);
  expect(await chain.setUp(key.address)).toBeUndefined();
});

test('a wallet that cannot pay for its set-up is told what it takes', async () => {
  const key = freshKey();
  await fundNative(local.url, key.address, 2_000_000n);
  await expect(chain.setUp(key.address)).rejects.toMatchObject({
    code: 'INSUFFICIENT_FUNDS',
    context: { needed: String(1_452_680n + MINIMUM) },
  });
});

test('a token payment makes the recipient’s account, and says what that costs', async () => {
  const key = await readyKey();
  const request = await paying(key, { memo: 'Invoice 2026-117' });
  const unsigned = await chain.draft(request);
  const { effects, feeMax, memo } = solanaVerbs.explain(LOCAL, unsigned, key.address);
  const { from, to, units } = request;
  expect(effects).toEqual([{ kind: 'transfer', asset: USDC.id, from, to, units }]);
  expect(memo).toBe('Invoice 2026-117');

  const sealed = key.seal(unsigned);
  expect(await chain.status(sealed.hash)).toEqual({ state: 'unknown' });
  await chain.broadcast(sealed);
  const status = await included(sealed.hash);
  expect(status).toMatchObject({ succeeded: true, confirmations: 1 });
  expect(await chain.blockHash(status.block)).toBe(status.blockHash);
  expect(status.feePaid).toBe(feeMax.units);
  expect(await unitsOf(to)).toEqual([250_000n, 0n]);
  expect(await unitsOf(from)).toEqual([750_000n, ONE_SOL - status.feePaid]);
});

test('an account that is there already costs nothing', async () => {
  const key = await readyKey();
  const to = freshKey().address;
  await mintTestUsdc(local.url, to, 1n);
  const sealed = key.seal(await chain.draft(await paying(key, { to })));
  await chain.broadcast(sealed);
  expect((await included(sealed.hash)).feePaid).toBe(5_000n);
  expect(await unitsOf(to)).toEqual([250_001n, 0n]);
});

test('SOL arrives, with the same nonce never a second time', async () => {
  const key = await readyKey();
  const nonce = await chain.nextNonce(key.address);
  const request = await paying(key, { asset: SOL, units: ONE_SOL / 4n, nonce });
  const first = key.seal(await chain.draft(request));
  const second = key.seal(await chain.draft({ ...request, units: ONE_SOL / 5n }));
  await chain.broadcast(first);
  await chain.broadcast(first);
  await expect(chain.broadcast(second)).rejects.toMatchObject({ code: 'VERSION_CONFLICT' });
  expect(await unitsOf(request.to)).toEqual([0n, ONE_SOL / 4n]);
  expect((await included(first.hash)).feePaid).toBe(5_000n);
  expect(await chain.nextNonce(key.address)).not.toBe(nonce);
  expect(await chain.transactionWith(key.address, nonce)).toMatchObject({ hash: first.hash });
});

test('a payment waits for days: hundreds of blocks later it is as good as new', async () => {
  const key = await readyKey();
  const request = await paying(key);
  const sealed = key.seal(await chain.draft(request));
  for (let block = 0; block < 160; block++) await fundNative(local.url, key.address, 1n);
  await chain.broadcast(sealed);
  expect(await unitsOf(request.to)).toEqual([250_000n, 0n]);
});

test('a payment that a block refuses uses its nonce up all the same', async () => {
  const key = await readyKey();
  const request = await paying(key);
  const sealed = key.seal(await chain.draft(request));
  // The tokens leave by another transaction of the key, which the platform knows nothing of.
  const owner = Keypair.fromSeed(key.seed);
  const to = freshKey().address;
  await mintTestUsdc(local.url, to, 1n);
  const [source, target] = [key.address, to].map(
    (one) => new PublicKey(tokenAccountOf(one, MINT)),
  ) as [PublicKey, PublicKey];
  await sendOwn(
    owner,
    createTransferCheckedInstruction(
      source,
      new PublicKey(MINT),
      target,
      owner.publicKey,
      1_000_000n,
      6,
    ),
  );
  await expect(chain.broadcast(sealed)).rejects.toMatchObject({ code: 'INSUFFICIENT_FUNDS' });
  local.chain.execute(sealed.raw);
  expect(await included(sealed.hash)).toMatchObject({ succeeded: false, feePaid: 5_000n });
  expect(await chain.nextNonce(key.address)).not.toBe(request.nonce);
  const mined = await chain.transactionWith(key.address, request.nonce);
  expect(mined?.hash).toBe(sealed.hash);
});

/** A transaction that the key's owner made elsewhere. */
async function sendOwn(
  owner: Keypair,
  ...instructions: Transaction['instructions']
): Promise<void> {
  const transaction = new Transaction().add(...instructions);
  transaction.feePayer = owner.publicKey;
  transaction.recentBlockhash = local.chain.svm.latestBlockhash();
  transaction.sign(owner);
  local.chain.execute(transaction.serialize());
}

test('another transaction that used the nonce is found, and strangers’ mentions are not', async () => {
  const key = await readyKey();
  const owner = Keypair.fromSeed(key.seed);
  const nonce = await chain.nextNonce(key.address);
  const account = new PublicKey(nonceAccountOf(key.address));
  await sendOwn(
    owner,
    SystemProgram.transfer({ fromPubkey: owner.publicKey, toPubkey: account, lamports: 5 }),
  );
  expect(await chain.transactionWith(key.address, nonce)).toBeUndefined();
  const request = await paying(key, { nonce });
  const sealed = key.seal(await chain.draft(request));
  await chain.broadcast(sealed);
  expect(await chain.transactionWith(key.address, nonce)).toEqual({
    ...sealed,
    unsigned: sealed.raw.slice(65),
  });
  expect(await chain.transactionWith(key.address, nonce + 1n)).toBeUndefined();
});

test.each([
  ['the amount of a token', 0n, { units: 250_000n }, 'INSUFFICIENT_FUNDS', /holds 0 USDC/],
  [
    'SOL for amount and fee',
    5n,
    { asset: SOL, units: ONE_SOL },
    'INSUFFICIENT_FUNDS',
    /with its fee takes 1\.000005 SOL/,
  ],
  [
    'less than an account must hold',
    5n,
    { asset: SOL, units: 1_000n },
    'INVALID_INPUT',
    /recipient would hold less than 0\.00089088 SOL.*at least 0\.00089088 SOL/,
  ],
  [
    'a rest that the chain does not keep',
    5n,
    { asset: SOL, units: ONE_SOL - 6_000n },
    'INVALID_INPUT',
    /would keep 0\.000001 SOL.*at most 0\.99910412 SOL, or all: 0\.999995 SOL/,
  ],
  [
    'a cap below the price of the recipient’s account',
    5n,
    { units: 1n, asset: USDC, feeMax: 1_000_000n },
    'INVALID_INPUT',
    /most of it for the account that the recipient lacks.*Raise the cap/,
  ],
  [
    'a cap below the fee',
    5n,
    { asset: SOL, units: MINIMUM, feeMax: 4_999n },
    'INVALID_INPUT',
    /cap is 0\.000004999 SOL.*Raise the cap/,
  ],
  ['no amount', 5n, { units: 0n }, 'INVALID_INPUT', /above zero/],
  ['more than 64 bits', 5n, { units: 2n ** 64n }, 'INVALID_INPUT', /Send less/],
  ['a memo that is too long', 5n, { units: 1n, memo: 'é'.repeat(400) }, 'INVALID_INPUT', /Shorten/],
] as const)('%s is refused before anything is signed', async (_, tokens, change, code, message) => {
  const key = await readyKey(ONE_SOL, tokens);
  await expect(chain.draft(await paying(key, change))).rejects.toMatchObject({
    code,
    message: expect.stringMatching(message),
  });
});

test('all of the SOL may be sent', async () => {
  const key = await readyKey();
  const request = await paying(key, { asset: SOL, units: ONE_SOL - 5_000n });
  await chain.broadcast(key.seal(await chain.draft(request)));
  expect(await unitsOf(key.address)).toEqual([1_000_000n, 0n]);
});

test.each([
  ['the wallet itself', async (key: TestKey) => key.address, /the wallet itself/],
  ['a token’s mint', async () => MINT, /a program or of a token/],
  [
    'an account for tokens',
    async (key: TestKey) => tokenAccountOf(key.address, MINT),
    /nobody holds a key/,
  ],
])('%s is no recipient', async (_, recipient, message) => {
  const key = await readyKey();
  const to = await recipient(key);
  await expect(chain.draft(await paying(key, { to }))).rejects.toMatchObject({
    code: 'INVALID_INPUT',
    message: expect.stringMatching(message),
  });
});

test.each([
  ['frozen', (data: Uint8Array) => void (data[108] = 2), /frozen/],
  ['given to somebody else', (data: Uint8Array) => void (data[40] = 1), /somebody else/],
])('a recipient’s account that is %s takes nothing', async (_, change, message) => {
  const key = await readyKey();
  const to = freshKey().address;
  await mintTestUsdc(local.url, to, 1n);
  const owner = new PublicKey(to);
  const address = getAssociatedTokenAddressSync(new PublicKey(MINT), owner).toBase58();
  const { svm } = local.chain;
  const account = svm.getAccount(address as Parameters<typeof svm.getAccount>[0]);
  if (!account.exists) throw new Error('the recipient has tokens');
  const data = Uint8Array.from(account.data);
  change(data);
  svm.setAccount({ ...account, data });
  await expect(chain.draft(await paying(key, { to }))).rejects.toMatchObject({
    code: 'INVALID_INPUT',
    message: expect.stringMatching(message),
  });
});

test.each([
  ['a short payment', { asset: SOL, units: ONE_SOL / 2n }],
  ['a token with its account and a long memo', { memo: 'ü'.repeat(256) }],
  ['SOL with a memo', { asset: SOL, units: ONE_SOL / 2n, memo: 'x'.repeat(256) }],
])('%s stays within the compute units that it offers', async (_, change) => {
  const key = await readyKey();
  const request = await paying(key, change);
  const unsigned = await chain.draft(request);
  const sealed = key.seal(unsigned);
  await chain.broadcast(sealed);
  const used = Number(local.chain.find(sealed.hash)?.unitsConsumed);
  const { computeUnits } = decodePayment(unsigned);
  expect(used).toBeLessThan(computeUnits * 0.75);
});

test('an endpoint of another chain is refused', async () => {
  const mainnet = connect(findNetwork('solana'), local.url);
  await expect(mainnet.height()).rejects.toMatchObject({
    code: 'NOT_CONFIGURED',
    message: expect.stringMatching(/another chain/),
  });
});

/** An endpoint that serves the right chain and answers everything else as told. */
async function pretending(answer: (method: string) => object | string) {
  const server = createServer((request, response) => {
    let body = '';
    request.on('data', (part: Buffer) => (body += part.toString()));
    request.on('end', () => {
      const { method } = JSON.parse(body) as { method: string };
      const result = 'GnqdEZnwrpqTatFxcLVHXJQXVdGeZDpiP4VZ3ZtMkZPD';
      const said = method === 'getGenesisHash' ? { result } : answer(method);
      response.end(typeof said === 'string' ? said : JSON.stringify({ jsonrpc: '2.0', ...said }));
    });
  });
  await new Promise<void>((resolve) => server.listen(0, '127.0.0.1', resolve));
  const { port } = server.address() as AddressInfo;
  return { url: `http://user:secret@127.0.0.1:${port}/key`, close: () => server.close() };
}

test.each([
  ['no JSON', 'secret nonsense'],
  ['no result', {}],
  ['a refusal', { error: { code: -32_005, message: 'secret words' } }],
])('%s is the network’s silence, and the endpoint’s words stay with it', async (_, said) => {
  const endpoint = await pretending(() => said);
  try {
    const failure: unknown = await connect(LOCAL, endpoint.url)
      .height()
      .catch((error: unknown) => error);
    expect(failure).toMatchObject({ code: 'CHAIN_UNAVAILABLE' });
    expect(JSON.stringify(failure)).not.toMatch(/secret|127/);
  } finally {
    endpoint.close();
  }
});

test('balances beyond the numbers of JavaScript are exact', async () => {
  const value = [{ owner: '1'.repeat(32), lamports: 0, data: ['', 'base64'] }];
  const text = JSON.stringify({ jsonrpc: '2.0', result: { value } });
  const endpoint = await pretending(() =>
    text.replace('"lamports":0', '"lamports":500000000000000001'),
  );
  try {
    const [held] = await connect(LOCAL, endpoint.url).balances(freshKey().address, [SOL]);
    expect(held?.units).toBe(500_000_000_000_000_001n);
  } finally {
    endpoint.close();
  }
});

test('only the cluster’s own word makes a block final', async () => {
  const devnet = findNetwork('solana-devnet');
  const statusAs = async (confirmationStatus: string, confirmations: number | null) => {
    const server = await pretending((method) => {
      if (method === 'getSignatureStatuses') {
        const value = [{ slot: 7, confirmations, confirmationStatus, err: null }];
        return { result: { value } };
      }
      if (method === 'getBlock') return { result: { blockhash: 'a block' } };
      const meta = { fee: 5_000, preBalances: [9], postBalances: [4] };
      return { result: { transaction: ['', 'base64'], meta } };
    });
    try {
      return await connect({ ...LOCAL, confirmations: devnet.confirmations }, server.url).status(
        'x',
      );
    } finally {
      server.close();
    }
  };
  expect(await statusAs('processed', 0)).toEqual({ state: 'pending' });
  expect(await statusAs('confirmed', 31)).toMatchObject({ state: 'included', confirmations: 31 });
  expect(await statusAs('confirmed', 99)).toMatchObject({ confirmations: 31 });
  expect(await statusAs('finalized', null)).toMatchObject({ confirmations: 32 });
});
