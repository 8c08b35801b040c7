/** What has happened on the chain, asked of the chain itself. */
import { id, zeroPadValue } from 'ethers';
import { findAsset } from '#chains/registry.ts';
import { USDC } from '#testing/acme.ts';

const TRANSFER_TOPIC = id('Transfer(address,address,uint256)');

export async function rpc(url: string, method: string, ...params: unknown[]): Promise<unknown> {
  const response = await fetch(url, {
    method: 'POST',
    headers: { 'content-type': 'application/json' },
    body: JSON.stringify({ jsonrpc: '2.0', id: 1, method, params }),
  });
  const answer = (await response.json()) as { readonly result?: unknown; readonly error?: object };
  if (answer.error !== undefined) throw new Error(`${method}: ${JSON.stringify(answer.error)}`);
  return answer.result;
}

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
