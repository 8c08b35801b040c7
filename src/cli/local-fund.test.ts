import { mkdtempSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { afterAll, beforeAll, expect, inject, test } from 'vitest';
import { connect } from '#chains/connect.ts';
import { findAsset, findNetwork } from '#chains/registry.ts';
import { newId, type WalletId } from '#core/ids.ts';
import { type DataDir, openDataDir } from '#launcher/data-dir.ts';
import { generateKey } from '#workflow/generate-key.ts';
import { runCommand } from '#testing/command-line.ts';
import { type GatewayStage, OPERATOR_TOKEN, openGatewayStage } from '#testing/gateway-stage.ts';
import { type LocalSolana, startLocalSolana } from '#testing/solana.ts';
import { temporaryFolder } from '#testing/temporary-folder.ts';

const ADDRESS = '0x8617E340B3D01FA5F11F306F4090FD50E238070D';
const SAME_IN_LOWER_CASE = ADDRESS.toLowerCase();

let stage: GatewayStage;
let solana: LocalSolana;
let dataDir: DataDir;
let wallet: { readonly id: string; readonly address: string };
let unready: string;
let remote: string;

const run = (...words: string[]) =>
  runCommand(['local', 'fund', ...words], { DATA_DIR: dataDir.folder });

beforeAll(async () => {
  stage = await openGatewayStage();
  dataDir = openDataDir(mkdtempSync(join(inject('testFolder'), 'fund-')));
  writeFileSync(dataDir.file('operator-token'), `${OPERATOR_TOKEN}\n`, { mode: 0o600 });
  solana = await startLocalSolana();
  const { url } = stage;
  const serves = { url, origin: url, rpc: stage.anvil.url, rpcSolana: solana.url };
  dataDir.record({ serves, ports: {}, children: {} });
  const { client } = await stage.found();
  const { id } = await client.createWallet({ network: 'local-evm', name: 'Operations' });
  unready = (await client.createWallet({ network: 'local-evm', name: 'Slow' })).id;
  await generateKey(stage.services, id as WalletId);
  const { address } = await client.wallet(id);
  if (address === null) throw new Error('the wallet has no address');
  wallet = { id, address };
  remote = (await client.createWallet({ network: 'sepolia', name: 'Real' })).id;
}, 60_000);

afterAll(async () => {
  dataDir.release();
  await solana.stop();
  await stage.close();
});

test('an address on the Solana chain is funded by the same command', async () => {
  const address = '4sSeY2WTHnFooQ6pAG5BpVskzY9HznsvHiRprJtkp6WT';
  const { code, out, err } = await run(address, '--asset', 'USDC@local-solana');
  expect({ code, err }).toEqual({ code: 0, err: '' });
  expect(out).toContain('It holds 1 SOL and 100,000 USDC.');
});

async function held(address: string): Promise<Record<string, bigint>> {
  const network = findNetwork('local-evm');
  const connection = connect(network, stage.anvil.url);
  const balances = await connection.balances(address, network.assets);
  connection.close();
  return Object.fromEntries(balances.map(({ asset, units }) => [asset, units]));
}

test('a wallet is funded by its id, with the sane amounts, native money for fees included', async () => {
  const { code, out, err } = await run(wallet.id);
  expect({ code, err }).toEqual({ code: 0, err: '' });
  expect(out).toContain(`100,000 USDC sent to ${wallet.address}`);
  expect(out).toContain('It holds 1 ETH and 100,000 USDC.');
  expect(await held(wallet.address)).toEqual({
    'ETH@local-evm': 10n ** 18n,
    'USDC@local-evm': 100_000n * 10n ** 6n,
  });
});

test('an address is funded with the named amount of the named asset', async () => {
  const usdc = await run(ADDRESS, '--asset', 'USDC@local-evm', '--amount', '12.5');
  expect(usdc).toMatchObject({ code: 0, out: expect.stringContaining('12.5 USDC sent') });
  const ether = await run(ADDRESS, '--asset=ETH@local-evm', '--amount=2');
  expect(ether).toMatchObject({ code: 0, out: expect.stringContaining('It holds 3 ETH and') });
});

test.each([
  [[ADDRESS, '--asset', 'USDC@ethereum'], 2, /^INVALID_INPUT: .*ethereum is not a local network/],
  [[ADDRESS, '--asset', 'DOGE@local-evm'], 2, /^NOT_FOUND: .*there is no asset DOGE@local-evm/],
  [[SAME_IN_LOWER_CASE], 2, /^INVALID_INPUT: .*checksum/],
  [['0x1234'], 2, /^INVALID_INPUT: .*address/],
  [['wal_nonsense'], 2, /^INVALID_INPUT: .*wallet: /],
  [[ADDRESS, '--amount', '-1'], 2, /'--amount' argument is ambiguous/],
  [[ADDRESS, '--amount=-1'], 2, /^INVALID_INPUT: .*not a decimal amount/],
  [[ADDRESS, '--amount', '0'], 2, /^INVALID_INPUT: .*zero/],
  [[ADDRESS, '--amount', '1.0000001'], 2, /^INVALID_INPUT: .*more than 6 decimals/],
  [[ADDRESS, '--asset', 'ETH@local-evm', '--amount', '1000000'], 1, /^CHAIN_UNAVAILABLE: /],
  [[], 2, /Name a wallet/],
  [[ADDRESS, ADDRESS], 2, /one word too many/],
  [[ADDRESS, '--gas', '1'], 2, /Unknown option '--gas'/],
])('%j is refused with exit code %i', async (words, code, message) => {
  const before = await held(ADDRESS);
  const result = await run(...words);
  expect(result).toMatchObject({ code, out: '' });
  expect(result.err).toMatch(message);
  expect(await held(ADDRESS)).toEqual(before);
});

test('a wallet that is unknown, on a real network, or without an address is refused', async () => {
  const unknown = newId('wallet', 1, new Uint8Array(10));
  for (const id of [unknown, remote]) {
    const { code, err } = await run(id);
    expect({ code, err }).toEqual({ code: 2, err: expect.stringMatching(/^NOT_FOUND: /) });
  }
  const { code, err } = await run(unready);
  expect(code).toBe(2);
  expect(err).toContain('the wallet has no address yet');
});

test('only the operator looks a wallet of any organisation up', async () => {
  const { client, session } = await stage.found('Other');
  for (const token of [session.sessionToken, 'another-token']) {
    await expect(client.localWallet(wallet.id, token)).rejects.toMatchObject({
      code: 'UNAUTHENTICATED',
    });
  }
});

test('without a running platform the call says what to start', async () => {
  const result = await runCommand(['local', 'fund', ADDRESS], { DATA_DIR: temporaryFolder() });
  expect(result).toMatchObject({ code: 1, out: '' });
  expect(result.err).toMatch(/^NOT_CONFIGURED: .*no platform runs .*npm start/);
});

test('--help names the defaults', async () => {
  const { code, out } = await run('--help');
  expect(code).toBe(0);
  expect(out).toContain('Usage: countersign local fund WALLET|ADDRESS');
  expect(out).toContain(findAsset('USDC@local-evm').id);
  expect(out).toContain('100,000');
});
