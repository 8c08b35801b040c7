/**
 * What only a throw-away chain allows: deploying the test token and handing out funds. Everything is
 * sent by anvil's first account, which the node itself has unlocked, so no private key stands here.
 */
import { Interface, type JsonRpcProvider, toQuantity } from 'ethers';
import { findAsset, findNetwork } from '#chains/registry.ts';
import artefact from '#contracts/TestUSDC.json' with { type: 'json' };
import { PlatformError } from '#core/errors.ts';
import { formatAddress, addressBytes } from './address.ts';
import { isRefusal, openEndpoint } from './rpc.ts';

const LOCAL = findNetwork('local-evm');
/** The first contract that anvil's first account creates always gets this address. */
export const TEST_USDC_ADDRESS = findAsset('USDC@local-evm').contract as string;

const TOKEN = new Interface(artefact.abi);
const TIMEOUT_MS = 10_000;
const POLL_MS = 10;
const CONTENTION_MAX_MS = 2_000;

const unusable = (reason: string): PlatformError =>
  new PlatformError('NOT_CONFIGURED', { network: LOCAL.id, reason });

/** Runs `use` with the endpoint and its unlocked account. */
async function withTreasury<Answer>(
  rpcUrl: string,
  use: (provider: JsonRpcProvider, account: string) => Promise<Answer>,
): Promise<Answer> {
  const endpoint = openEndpoint(LOCAL, rpcUrl, TIMEOUT_MS);
  try {
    return await endpoint.ask(async (provider) => {
      const [account] = (await provider.send('eth_accounts', [])) as readonly string[];
      if (account === undefined) throw unusable('the endpoint has no unlocked account');
      return use(provider, formatAddress(addressBytes(account)));
    });
  } finally {
    endpoint.close();
  }
}

type Sent = { readonly to?: string; readonly value?: string; readonly data?: string };

/**
 * The node numbers the account's transactions itself, and refuses the later of two that come at the
 * same moment, from whichever process. What was refused was not taken, so it is sent again.
 */
async function submit(provider: JsonRpcProvider, request: object): Promise<string> {
  for (let waitedMs = 0; ; waitedMs += POLL_MS) {
    try {
      return (await provider.send('eth_sendTransaction', [request])) as string;
    } catch (error) {
      if (!isRefusal(error) || waitedMs >= CONTENTION_MAX_MS) throw error;
      await new Promise((resolve) => setTimeout(resolve, POLL_MS));
    }
  }
}

/** Sends from the unlocked account and waits for the block. */
async function send(provider: JsonRpcProvider, from: string, transaction: Sent): Promise<string> {
  const hash = await submit(provider, { from, ...transaction });
  const status = await statusOf(provider, hash);
  if (status !== 1) throw unusable(`the local transaction ${hash} failed`);
  return hash;
}

/**
 * ethers' own wait looks again only when a new block comes. A chain that mines on demand makes none,
 * so a receipt that is a moment late would be missed.
 */
async function statusOf(provider: JsonRpcProvider, hash: string): Promise<number | null> {
  for (let waitedMs = 0; waitedMs < TIMEOUT_MS; waitedMs += POLL_MS) {
    const receipt = await provider.getTransactionReceipt(hash);
    if (receipt !== null) return receipt.status;
    await new Promise((resolve) => setTimeout(resolve, POLL_MS));
  }
  throw unusable(`the local transaction ${hash} is in no block`);
}

/**
 * Deploys the test USDC where it is absent.
 * @returns whether it was deployed now
 * @throws NOT_CONFIGURED when the address can no longer be reached: the account was used before
 */
export const deployTestUsdc = (rpcUrl: string): Promise<boolean> =>
  withTreasury(rpcUrl, async (provider, account) => {
    const code = await provider.getCode(TEST_USDC_ADDRESS);
    if (code !== '0x') return false;
    const used = await provider.getTransactionCount(account);
    if (used > 0) {
      const reason = `no token at ${TEST_USDC_ADDRESS}, and ${account} was used before`;
      throw unusable(`${reason}: the local chain must start afresh`);
    }
    await send(provider, account, { data: artefact.bytecode });
    return true;
  });

/** Creates test USDC (base units) for `to`. @returns the transaction's hash */
export const mintTestUsdc = (rpcUrl: string, to: string, units: bigint): Promise<string> =>
  withTreasury(rpcUrl, (provider, account) => {
    const data = TOKEN.encodeFunctionData('mint', [to, units]);
    return send(provider, account, { to: TEST_USDC_ADDRESS, data });
  });

/** Sends local ether (wei) to `to`. @returns the transaction's hash */
export const fundNative = (rpcUrl: string, to: string, wei: bigint): Promise<string> =>
  withTreasury(rpcUrl, (provider, account) =>
    send(provider, account, { to, value: toQuantity(wei) }),
  );
