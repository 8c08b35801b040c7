import { expect, test } from 'vitest';
import { PlatformError, type ErrorCode } from '#core/errors.ts';
import type { ChainConnection, SealedTransaction, TransactionStatus } from './adapter.ts';
import { agreeing } from './agreeing.ts';
import { findAsset, findNetwork } from './registry.ts';

const sepolia = findNetwork('sepolia');
const ETH = findAsset('ETH@sepolia');
const HASH = `0x${'11'.repeat(32)}`;
const SEALED: SealedTransaction = { raw: Uint8Array.of(1), hash: HASH };

const INCLUDED: TransactionStatus = {
  state: 'included',
  block: 7n,
  blockHash: 'a',
  confirmations: 12,
  succeeded: true,
  feePaid: 5n,
};
const PENDING: TransactionStatus = { state: 'pending' };
const UNKNOWN: TransactionStatus = { state: 'unknown' };

const fails = (code: ErrorCode) => () => Promise.reject(new PlatformError(code, { reason: '' }));

/** An endpoint that says what an honest one would say of a payment that is final. */
const honest = (said: Partial<ChainConnection> = {}): ChainConnection => ({
  setUp: async () => undefined,
  draft: async () => Uint8Array.of(7),
  raiseFee: async () => ({ unsigned: Uint8Array.of(8), isOutbid: false }),
  nextNonce: async () => 4n,
  transactionWith: async () => undefined,
  broadcast: async () => undefined,
  status: async () => INCLUDED,
  balances: async () => [{ asset: ETH.id, units: 100n }],
  blockHash: async (height) => `hash of ${height}`,
  height: async () => 20n,
  close: () => undefined,
  ...said,
});

/** One that is honest, and one that says something else, in either order. */
const orders = (said: Partial<ChainConnection>, network = sepolia): readonly ChainConnection[] => [
  agreeing(network, [honest(), honest(said)]),
  agreeing(network, [honest(said), honest()]),
];

test.each<[string, TransactionStatus, TransactionStatus]>([
  ['the same', INCLUDED, INCLUDED],
  ['a stale head', { ...INCLUDED, confirmations: 2 }, { ...INCLUDED, confirmations: 2 }],
  ['a head too far', { ...INCLUDED, confirmations: 900 }, INCLUDED],
  ['another block', { ...INCLUDED, blockHash: 'b' }, PENDING],
  ['a failure', { ...INCLUDED, succeeded: false }, PENDING],
  ['another fee', { ...INCLUDED, feePaid: 6n }, PENDING],
  ['that it waits', PENDING, PENDING],
  ['that there is none', UNKNOWN, PENDING],
])('one endpoint says of an included payment: %s', async (_, status, believed) => {
  for (const both of orders({ status: async () => status })) {
    expect(await both.status(HASH)).toEqual(believed);
  }
});

test('a payment that nobody has is unknown; one that a single endpoint has is not included', async () => {
  const absent = honest({ status: async () => UNKNOWN });
  expect(await agreeing(sepolia, [absent, absent]).status(HASH)).toEqual(UNKNOWN);
  expect(await agreeing(sepolia, [absent, honest()]).status(HASH)).toEqual(PENDING);
});

test.each<[string, Partial<ChainConnection>]>([
  ['silent', { status: fails('CHAIN_UNAVAILABLE'), blockHash: fails('CHAIN_UNAVAILABLE') }],
  ['on another chain', { status: fails('NOT_CONFIGURED'), blockHash: fails('NOT_CONFIGURED') }],
])('nothing is said of a payment or a block while one endpoint is %s', async (_, said) => {
  for (const both of orders(said)) {
    await expect(both.status(HASH)).rejects.toBeInstanceOf(PlatformError);
    await expect(both.blockHash(7n)).rejects.toBeInstanceOf(PlatformError);
  }
});

test('endpoints on two branches are no lost history: everything waits', async () => {
  for (const both of orders({ blockHash: async () => 'another' })) {
    await expect(both.blockHash(7n)).rejects.toMatchObject({
      code: 'CHAIN_UNAVAILABLE',
      message: expect.stringMatching(/the endpoints disagree about block 7/),
    });
  }
});

test('the lowest balance, height and counted number is the one that counts', async () => {
  const more = { balances: async () => [{ asset: ETH.id, units: 900n }] };
  for (const both of orders({ ...more, height: async () => 900n, nextNonce: async () => 900n })) {
    expect(await both.balances('', [ETH])).toEqual([{ asset: ETH.id, units: 100n }]);
    expect([await both.height(), await both.nextNonce('')]).toEqual([20n, 4n]);
  }
});

test('a chained number, which the chain alone knows, must be the same at all', async () => {
  for (const both of orders({ nextNonce: async () => 900n }, findNetwork('solana'))) {
    await expect(both.nextNonce('x')).rejects.toMatchObject({ code: 'CHAIN_UNAVAILABLE' });
  }
});

test('bytes are drafted and sent by whoever can; a refusal is final only where nobody was silent', async () => {
  const poor = { draft: fails('INSUFFICIENT_FUNDS'), broadcast: fails('INSUFFICIENT_FUNDS') };
  const silent = { draft: fails('CHAIN_UNAVAILABLE'), broadcast: fails('CHAIN_UNAVAILABLE') };
  const request = { from: '', to: '', asset: ETH, units: 1n, nonce: 0n };
  for (const both of [...orders(poor), ...orders(silent)]) {
    expect(await both.draft(request)).toEqual(Uint8Array.of(7));
    await both.broadcast(SEALED);
  }
  const neither = [
    agreeing(sepolia, [honest(poor), honest(silent)]),
    agreeing(sepolia, [honest(silent), honest(poor)]),
  ];
  for (const both of neither) {
    await expect(both.draft(request)).rejects.toMatchObject({ code: 'CHAIN_UNAVAILABLE' });
    await expect(both.broadcast(SEALED)).rejects.toMatchObject({ code: 'CHAIN_UNAVAILABLE' });
  }
  const both = agreeing(sepolia, [honest(poor), honest(poor)]);
  await expect(both.draft(request)).rejects.toMatchObject({ code: 'INSUFFICIENT_FUNDS' });
});

test('a transaction that bears the account’s signature is believed of whoever shows it', async () => {
  const mined = { ...SEALED, unsigned: Uint8Array.of(2) };
  for (const both of orders({ transactionWith: async () => mined })) {
    expect(await both.transactionWith('', 0n)).toEqual(mined);
  }
  for (const both of orders({ transactionWith: fails('CHAIN_UNAVAILABLE') })) {
    await expect(both.transactionWith('', 0n)).rejects.toMatchObject({ code: 'CHAIN_UNAVAILABLE' });
  }
});

test('one endpoint is asked as it is, and all are closed', () => {
  const closed: number[] = [];
  const alone = honest({ close: () => closed.push(1) });
  expect(agreeing(sepolia, [alone])).toBe(alone);
  agreeing(sepolia, [alone, honest({ close: () => closed.push(2) })]).close();
  expect(closed).toEqual([1, 2]);
});
