import { appendFileSync, readFileSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';
import {
  Connection,
  Keypair,
  LAMPORTS_PER_SOL,
  type PublicKey,
  SystemProgram,
  Transaction,
  sendAndConfirmTransaction,
} from '@solana/web3.js';
import { afterEach, expect, test } from 'vitest';
import { startChild } from '#launcher/child.ts';
import { describeLostHistory, solanaPlan } from '#launcher/solana.ts';
import { collectGarbage } from '#testing/collect-garbage.ts';
import { temporaryFolder } from '#testing/temporary-folder.ts';
import { HistoryDiffers, Refused, SolanaChain } from './chain.ts';
import { airdrop, issue } from './genesis.ts';
import { LedgerUnreadable } from './ledger.ts';
import { serveSolana } from './server.ts';

const undo: (() => unknown)[] = [];
afterEach(async () => {
  for (const each of undo.splice(0).toReversed()) await each();
  await collectGarbage();
});

const newFile = (): string => join(temporaryFolder(), 'chain.log');

function openChain(file: string): SolanaChain {
  const chain = new SolanaChain(file, () => 1_800_000_000);
  undo.push(() => chain.close());
  return chain;
}

const WALLET = Keypair.fromSeed(new Uint8Array(32).fill(7));
const STRANGER = Keypair.fromSeed(new Uint8Array(32).fill(8)).publicKey;

function give(chain: SolanaChain, lamports: bigint): void {
  const raw = airdrop(WALLET.publicKey.toBase58(), lamports, chain.svm.latestBlockhash());
  chain.execute(raw, { unlocked: true });
}

function payment(chain: SolanaChain, lamports: number): Uint8Array {
  const transaction = new Transaction().add(
    SystemProgram.transfer({ fromPubkey: WALLET.publicKey, toPubkey: STRANGER, lamports }),
  );
  transaction.feePayer = WALLET.publicKey;
  transaction.recentBlockhash = chain.svm.latestBlockhash();
  transaction.sign(WALLET);
  return new Uint8Array(transaction.serialize());
}

const balance = ({ svm }: SolanaChain, key: PublicKey): bigint =>
  svm.getBalance(key.toBase58() as Parameters<typeof svm.getBalance>[0]) ?? 0n;

test('a chain goes on where it was: blocks, balances, nonces of its hashes', () => {
  const file = newFile();
  const first = openChain(file);
  give(first, 5_000_000_000n);
  first.execute(payment(first, 1_000_000_000));
  first.execute(payment(first, 9_000_000_000));
  const hashes = [0, 1, 2, 3].map((slot) => first.block(slot)?.hash);
  first.close();
  undo.length = 0;
  const second = openChain(file);
  expect([0, 1, 2, 3].map((slot) => second.block(slot)?.hash)).toEqual(hashes);
  expect(second.block(3)?.executed?.failure).toEqual({ InstructionError: [0, { Custom: 1 }] });
  expect(balance(second, STRANGER)).toBe(1_000_000_000n);
  expect(second.svm.latestBlockhash()).toBe(first.svm.latestBlockhash());
  give(second, 1n);
  expect(second.slot).toBe(4);
});

test('two chains never have equal blocks', () => {
  const [one, other] = [openChain(newFile()), openChain(newFile())];
  for (const chain of [one, other]) give(chain, 5n * 10n ** 9n);
  expect(one.block(0)?.hash).not.toBe(other.block(0)?.hash);
  expect(one.block(1)?.hash).not.toBe(other.block(1)?.hash);
});

test('a line that was cut short was never acknowledged, and is taken back', () => {
  const file = newFile();
  const first = openChain(file);
  give(first, 5n * 10n ** 9n);
  undo.splice(0).forEach((each) => each());
  appendFileSync(file, '{"kind":"transaction","raw":"AQ');
  const second = openChain(file);
  expect(second.slot).toBe(1);
  give(second, 1n);
  expect(readFileSync(file, 'utf8').trimEnd().split('\n')).toHaveLength(3);
});

test.each([
  ['a line of something else', 'nonsense\n', LedgerUnreadable],
  ['a second genesis', '{"kind":"genesis","salt":"00"}\n', LedgerUnreadable],
  [
    'a transaction that is refused now',
    '{"kind":"transaction","raw":"AQ==","unlocked":false,"at":1,"failure":null}\n',
    HistoryDiffers,
  ],
])('a history with %s is not taken up', (_, line, error) => {
  const file = newFile();
  const chain = openChain(file);
  give(chain, 5n * 10n ** 9n);
  undo.splice(0).forEach((each) => each());
  appendFileSync(file, line);
  expect(() => openChain(file)).toThrow(error);
});

test('a history whose transactions end otherwise now is not taken up', () => {
  const file = newFile();
  const chain = openChain(file);
  give(chain, 5n * 10n ** 9n);
  undo.splice(0).forEach((each) => each());
  const text = readFileSync(file, 'utf8');
  writeFileSync(file, text.replace('"failure":null', '"failure":"\\"AccountInUse\\""'));
  expect(() => openChain(file)).toThrow(HistoryDiffers);
});

test('a transaction that no block takes changes nothing', () => {
  const chain = openChain(newFile());
  give(chain, 5n * 10n ** 9n);
  const paid = payment(chain, 1_000_000_000);
  chain.execute(paid);
  expect(() => chain.execute(paid)).toThrow(new Refused('AlreadyProcessed'));
  const forged = payment(chain, 2_000_000_000);
  forged[3] = (forged[3] as number) ^ 1;
  expect(() => chain.execute(forged)).toThrow(new Refused('SignatureFailure'));
  expect([chain.slot, balance(chain, STRANGER)]).toEqual([2, 1_000_000_000n]);
});

test('the bank alone acts without a signature', () => {
  const chain = openChain(newFile());
  const raw = issue(WALLET.publicKey.toBase58(), 5n, chain.svm.latestBlockhash());
  expect(() => chain.execute(raw)).toThrow(new Refused('SignatureFailure'));
});

test.each([
  ['nothing', []],
  ['a signature and no message', [1, ...new Uint8Array(64)]],
  ['a message of a version that nobody knows', [1, ...new Uint8Array(64), 0x85, 1, 0, 0, 0]],
  ['noise', [...new Uint8Array(200).fill(3)]],
])('%s instead of a transaction is refused, and the chain goes on', async (_, bytes) => {
  const chain = openChain(newFile());
  const server = await serveSolana(chain, 0);
  undo.push(() => server.close());
  const ask = async (method: string, ...params: unknown[]) => {
    const body = JSON.stringify({ jsonrpc: '2.0', id: 1, method, params });
    return (await fetch(server.url, { method: 'POST', body })).json() as Promise<object>;
  };
  const raw = Buffer.from(bytes).toString('base64');
  for (const skipPreflight of [false, true]) {
    const answer = await ask('sendTransaction', raw, { encoding: 'base64', skipPreflight });
    expect(answer).toMatchObject({ error: { code: expect.any(Number) } });
  }
  expect(await ask('getSlot')).toMatchObject({ result: 0 });
});

test('web3.js sends, waits on its subscription, and reads back what happened', async () => {
  const chain = openChain(newFile());
  const server = await serveSolana(chain, 0);
  undo.push(() => server.close());
  const wsEndpoint = server.url.replace('http', 'ws');
  const connection = new Connection(server.url, { commitment: 'confirmed', wsEndpoint });
  const socket = Reflect.get(connection, '_rpcWebSocket') as {
    setAutoReconnect(on: boolean): void;
    close(): void;
  };
  undo.push(() => {
    socket.setAutoReconnect(false);
    socket.close();
  });
  await connection.requestAirdrop(WALLET.publicKey, 5 * LAMPORTS_PER_SOL);
  const transaction = new Transaction().add(
    SystemProgram.transfer({
      fromPubkey: WALLET.publicKey,
      toPubkey: STRANGER,
      lamports: LAMPORTS_PER_SOL,
    }),
  );
  const signature = await sendAndConfirmTransaction(connection, transaction, [WALLET]);
  expect(await connection.getBalance(STRANGER)).toBe(LAMPORTS_PER_SOL);
  expect((await connection.getTransaction(signature))?.meta?.fee).toBe(5_000);
  const listed = await connection.getSignaturesForAddress(STRANGER);
  expect(listed.map((each) => each.signature)).toEqual([signature]);
  const block = await connection.getBlock(2, { maxSupportedTransactionVersion: 0 });
  expect(block?.transactions[0]?.transaction.signatures).toEqual([signature]);
  await expect(connection.getBlock(99)).rejects.toThrow(/not available/);
  const poor = new Transaction().add(
    SystemProgram.transfer({
      fromPubkey: WALLET.publicKey,
      toPubkey: STRANGER,
      lamports: 99 * LAMPORTS_PER_SOL,
    }),
  );
  await expect(connection.sendTransaction(poor, [WALLET])).rejects.toThrow(/simulation failed/i);
});

const ask = async (port: unknown, method: string, ...params: unknown[]): Promise<unknown> => {
  const body = JSON.stringify({ jsonrpc: '2.0', id: 1, method, params });
  const response = await fetch(`http://127.0.0.1:${String(port)}`, { method: 'POST', body });
  return ((await response.json()) as { result: unknown }).result;
};

test('the process keeps its history through kill -9, and tells when it had to put it aside', async () => {
  const file = newFile();
  const plan = solanaPlan({ port: 0, file, env: process.env, logFile: `${file}.err` });
  const first = await startChild(plan);
  await ask(first.told['port'], 'requestAirdrop', STRANGER.toBase58(), 10 ** 9);
  const hash = await ask(first.told['port'], 'getBlock', 1, { transactionDetails: 'none' });
  first.kill();
  await first.exited;
  const second = await startChild(plan);
  expect(await ask(second.told['port'], 'getBlock', 1, { transactionDetails: 'none' })).toEqual(
    hash,
  );
  expect(describeLostHistory(second.told)).toBeUndefined();
  await second.stop();
  appendFileSync(file, 'nonsense\n');
  const third = await startChild(plan);
  expect(describeLostHistory(third.told)).toMatch(/put aside as .*unreadable/);
  expect(await ask(third.told['port'], 'getSlot')).toBe(0);
  await third.stop();
});
