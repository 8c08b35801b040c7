/**
 * The peer of the transfer benchmark: the same payment by one ethers key that signs whatever it is
 * told to, on the same chain. It is what a wallet costs without policy, approvals and shares.
 */
import { performance } from 'node:perf_hooks';
import { Contract, JsonRpcProvider, Network, type TransactionReceipt, Wallet } from 'ethers';
import { fundNative, mintTestUsdc } from '#chains/evm/local.ts';
import { findAsset, findNetwork } from '#chains/registry.ts';
import type { Contender } from './measure.ts';

const ETHER = 10n ** 18n;
const TRANSFER = ['function transfer(address to, uint256 units) returns (bool)'];

export type SingleKey = Contender & { readonly address: string; readonly close: () => void };

/** Looks again at once: ethers' own wait looks only when another block comes, and none might. */
async function receiptOf(provider: JsonRpcProvider, hash: string): Promise<TransactionReceipt> {
  for (;;) {
    const receipt = await provider.getTransactionReceipt(hash);
    if (receipt !== null) return receipt;
  }
}

/**
 * A new key with ether and enough test USDC for `payments` payments of `units` to `recipient`. A
 * sample runs from the call to the receipt: nonce, fees, gas estimate, signature, broadcast, block.
 */
export async function singleKey(
  rpcUrl: string,
  payment: { readonly recipient: string; readonly units: bigint; readonly payments: number },
): Promise<SingleKey> {
  const { recipient, units, payments } = payment;
  const staticNetwork = Network.from(findNetwork('local-evm').chainId);
  // Nothing is cached or batched: the peer shall be as quick as it can.
  const options = { staticNetwork, batchMaxCount: 1, cacheTimeout: -1 };
  const provider = new JsonRpcProvider(rpcUrl, undefined, options);
  const wallet = new Wallet(Wallet.createRandom().privateKey, provider);
  await fundNative(rpcUrl, wallet.address, ETHER);
  await mintTestUsdc(rpcUrl, wallet.address, units * BigInt(payments));
  const { contract } = findAsset('USDC@local-evm');
  const token = new Contract(contract as string, TRANSFER, wallet);
  const transfer = token.getFunction('transfer');
  return {
    name: 'ethers',
    address: wallet.address,
    sample: async () => {
      const start = performance.now();
      const { hash } = await transfer.send(recipient, units);
      const { status } = await receiptOf(provider, hash);
      const ms = performance.now() - start;
      if (status !== 1) throw new Error('the payment of the single key failed');
      return ms;
    },
    close: () => provider.destroy(),
  };
}
