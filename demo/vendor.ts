/** What the vendor holds, read from the chain itself. */
import { findAsset } from '#chains/registry.ts';

export const VENDOR_XYZ = '0x52908400098527886E0F7030069857D2E4169EE7';

/** The first four bytes of Keccak-256 of `balanceOf(address)`. */
const BALANCE_OF = '0x70a08231';

/**
 * The vendor's balance when the block was made, in base units. Of a block, and not of now: somebody
 * else's payment may reach the vendor at any moment.
 */
export async function vendorBalanceAt(rpc: string, block: bigint): Promise<bigint> {
  const holder = VENDOR_XYZ.slice(2).toLowerCase().padStart(64, '0');
  const call = { to: findAsset('USDC@local-evm').contract, data: `${BALANCE_OF}${holder}` };
  const params = [call, `0x${block.toString(16)}`];
  const response = await fetch(rpc, {
    method: 'POST',
    headers: { 'content-type': 'application/json' },
    body: JSON.stringify({ jsonrpc: '2.0', id: 1, method: 'eth_call', params }),
  });
  const { result } = (await response.json()) as { readonly result?: string };
  if (result === undefined) throw new Error(`the chain does not tell the balance at ${block}`);
  return BigInt(result);
}

export const VENDOR_ON_SOLANA = '4sSeY2WTHnFooQ6pAG5BpVskzY9HznsvHiRprJtkp6WT';

type TokenBalance = {
  readonly owner: string;
  readonly mint: string;
  readonly uiTokenAmount: { readonly amount: string };
};

type Executed = {
  readonly meta: {
    readonly preTokenBalances: readonly TokenBalance[];
    readonly postTokenBalances: readonly TokenBalance[];
    readonly logMessages: readonly string[];
  };
};

/** The vendor's balance around one transaction, in base units, and what that transaction logged. */
export async function vendorBalanceOnSolana(
  rpc: string,
  signature: string,
): Promise<{ readonly before: bigint; readonly after: bigint; readonly logs: string }> {
  const params = [signature, { encoding: 'base64', maxSupportedTransactionVersion: 0 }];
  const response = await fetch(rpc, {
    method: 'POST',
    headers: { 'content-type': 'application/json' },
    body: JSON.stringify({ jsonrpc: '2.0', id: 1, method: 'getTransaction', params }),
  });
  const { result } = (await response.json()) as { readonly result?: Executed | null };
  if (!result) throw new Error(`the chain does not know ${signature}`);
  const { contract } = findAsset('USDC@local-solana');
  const held = (balances: readonly TokenBalance[]): bigint => {
    const own = balances.find((one) => one.owner === VENDOR_ON_SOLANA && one.mint === contract);
    return BigInt(own?.uiTokenAmount.amount ?? 0);
  };
  const { preTokenBalances, postTokenBalances, logMessages } = result.meta;
  return {
    before: held(preTokenBalances),
    after: held(postTokenBalances),
    logs: logMessages.join('\n'),
  };
}
