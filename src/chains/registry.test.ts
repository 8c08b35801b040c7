import { PublicKey } from '@solana/web3.js';
import { expect, test } from 'vitest';
import { networkOf } from '#core/money.ts';
import { NETWORKS, findAsset, findNetwork, nativeAsset, tokenAt } from './registry.ts';
import { verbsOf } from './verbs.ts';

test('every network is complete: its native asset is listed, its contracts are canonical', () => {
  for (const network of NETWORKS) {
    expect(nativeAsset(network).contract).toBeUndefined();
    expect(network.confirmations).toBeGreaterThan(0);
    expect(network.feeMaxDefault).toBeGreaterThan(0n);
    for (const asset of network.assets) {
      expect(networkOf(asset.id)).toBe(network.id);
      if (asset.id === network.native) continue;
      const contract = asset.contract as string;
      expect(verbsOf(network).parseAddress(contract)).toBe(contract);
      expect(tokenAt(network, contract)).toBe(asset);
    }
  }
});

test('ids and chain ids are unique', () => {
  const ids = NETWORKS.flatMap(({ id, assets }) => [id, ...assets.map((asset) => asset.id)]);
  expect(new Set(ids).size).toBe(ids.length);
  expect(new Set(NETWORKS.map((network) => network.chainId)).size).toBe(NETWORKS.length);
});

test('only the local chains may be funded and forgotten', () => {
  const local = NETWORKS.filter((network) => network.local).map((network) => network.id);
  expect(local).toEqual(['local-evm', 'local-solana']);
  expect(findNetwork('local-evm')).toMatchObject({ chainId: 31_337n, confirmations: 1 });
});

test('a Solana network is told from others by the hash of its first block', () => {
  const { chainId } = findNetwork('solana');
  const bytes = Buffer.from(chainId.toString(16).padStart(64, '0'), 'hex');
  expect(new PublicKey(bytes).toBase58()).toBe('5eykt4UsFv8P8NJdTREpY1vzqKqZKvdpKuc147dw2N9d');
});

test('an asset is found by its id, with its own decimals', () => {
  expect(findAsset('USDC@local-evm')).toMatchObject({
    decimals: 6,
    contract: '0x5FbDB2315678afecb367f032d93F642f64180aa3',
  });
  expect(findAsset('ETH@ethereum')).toMatchObject({ decimals: 18 });
});

test.each([
  [() => findNetwork('etherum'), 'NOT_FOUND', /Use one of ethereum, sepolia/],
  [() => findNetwork('Ethereum'), 'INVALID_INPUT', /not the id of a network/],
  [() => findAsset('USDT@local-evm'), 'NOT_FOUND', /ETH@local-evm, USDC@local-evm/],
  [() => findAsset('USDC@base'), 'NOT_FOUND', /there is no network base/],
  [() => findAsset('USDC'), 'INVALID_INPUT', /not the id of an asset/],
])('an unknown name is refused with what there is: %s', (find, code, message) => {
  expect(find).toThrow(expect.objectContaining({ code }));
  expect(find).toThrow(message);
});
