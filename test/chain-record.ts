/** What has happened on the chain, asked of the chain itself. */
import { id, zeroPadValue } from 'ethers';
import { findAsset } from '#chains/registry.ts';
import { USDC } from '#testing/acme.ts';
import { rpc } from '#testing/chain-rpc.ts';

const TRANSFER_TOPIC = id('Transfer(address,address,uint256)');

/** How many transactions of the account the blocks hold. */
export async function sentBy(url: string, address: string): Promise<number> {
  return Number(await rpc(url, 'eth_getTransactionCount', address, 'latest'));
}

/** How many transactions of the account wait for a block. */
export async function pendingOf(url: string, address: string): Promise<number> {
  const known = Number(await rpc(url, 'eth_getTransactionCount', address, 'pending'));
  return known - (await sentBy(url, address));
}

/** The transactions that moved exactly this much USDC from the account to the recipient. */
export async function paymentsOf(
  url: string,
  payment: { readonly from: string; readonly to: string; readonly units: bigint },
): Promise<readonly string[]> {
  const topics = [TRANSFER_TOPIC, zeroPadValue(payment.from, 32), zeroPadValue(payment.to, 32)];
  const address = findAsset(USDC).contract;
  const logs = await rpc(url, 'eth_getLogs', { fromBlock: '0x0', address, topics });
  return (logs as readonly { readonly data: string; readonly transactionHash: string }[])
    .filter(({ data }) => BigInt(data) === payment.units)
    .map(({ transactionHash }) => transactionHash);
}
