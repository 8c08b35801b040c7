import { expect, test } from 'vitest';
import { connect } from '#chains/connect.ts';
import { deployTestUsdc } from '#chains/evm/local.ts';
import { findAsset, findNetwork } from '#chains/registry.ts';
import { startAnvil } from '#testing/anvil.ts';
import { singleKey } from './single-key.ts';

const VENDOR = '0xfB6916095ca1df60bB79Ce92cE3Ea74c37c5d359';

test('the single key really pays: each sample moves the amount on the chain', async () => {
  const anvil = await startAnvil();
  await deployTestUsdc(anvil.url);
  const peer = await singleKey(anvil.url, { recipient: VENDOR, units: 7n, payments: 2 });
  expect(await peer.sample()).toBeGreaterThan(0);
  await peer.sample();
  const chain = connect(findNetwork('local-evm'), anvil.url);
  const assets = [findAsset('USDC@local-evm')];
  expect(await chain.balances(VENDOR, assets)).toMatchObject([{ units: 14n }]);
  expect(await chain.balances(peer.address, assets)).toMatchObject([{ units: 0n }]);
  chain.close();
  peer.close();
  await anvil.stop();
});
