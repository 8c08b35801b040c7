/**
 * The EVM family's I/O: JSON-RPC through ethers. Whatever goes wrong on the wire becomes one coded
 * error that never repeats the endpoint's URL or words: both may hold a provider's API key.
 */
import {
  FetchRequest,
  JsonRpcProvider,
  Network as EthersNetwork,
  Transaction,
  getBytes,
  hexlify,
  isError,
  toQuantity,
} from 'ethers';
import type {
  Asset,
  ChainConnection,
  DraftRequest,
  FeeRaise,
  FeeRaiseRequest,
  MinedTransaction,
  Network,
  SealedTransaction,
  TransactionStatus,
} from '#chains/adapter.ts';
import { boundedBody, requireHttp, unavailable, wireReason } from '#chains/wire.ts';
import { type Bytes, concat, hex } from '#core/bytes.ts';
import { PlatformError } from '#core/errors.ts';
import type { Money } from '#core/money.ts';
import { addressBytes } from './address.ts';
import { type ChainFacts, callOf, draftCall } from './draft.ts';
import { raiseFee } from './raise-fee.ts';

/** First four bytes of Keccak-256("balanceOf(address)"), ERC-20, and the address's padding. */
const BALANCE_OF = concat(Uint8Array.of(0x70, 0xa0, 0x82, 0x31), new Uint8Array(12));
const WORD = /^0x[0-9a-f]{64}$/;

/** One network's endpoint, asked only after its chain id was found right. */
export type Endpoint = {
  readonly network: Network;
  /** @throws CHAIN_UNAVAILABLE, NOT_CONFIGURED; an ethers error where the chain itself refused */
  attempt<Answer>(question: (provider: JsonRpcProvider) => Promise<Answer>): Promise<Answer>;
  /** @throws CHAIN_UNAVAILABLE, NOT_CONFIGURED */
  ask<Answer>(question: (provider: JsonRpcProvider) => Promise<Answer>): Promise<Answer>;
  close(): void;
};

/** ethers' codes for a well-formed refusal by the chain, as opposed to a failure of the wire. */
const REFUSALS = [
  'CALL_EXCEPTION',
  'INSUFFICIENT_FUNDS',
  'NONCE_EXPIRED',
  'REPLACEMENT_UNDERPRICED',
] as const;

type JsonRpcError = { readonly error?: { readonly code?: unknown } };

/** Whether the endpoint itself said no: it has not done what it was asked. */
export const isRefusal = (error: unknown): boolean =>
  REFUSALS.some((code) => isError(error, code)) || jsonRpcCode(error) !== undefined;

/** The number in a JSON-RPC error that ethers has no own code for. */
function jsonRpcCode(error: unknown): number | undefined {
  if (!isError(error, 'UNKNOWN_ERROR')) return undefined;
  const code = (error as JsonRpcError).error?.code;
  return typeof code === 'number' ? code : undefined;
}

/** What the endpoint said no to, without its words. */
function refusalReason(error: unknown): string {
  const code = jsonRpcCode(error);
  return `the endpoint refused the request${code === undefined ? '' : ` (JSON-RPC ${code})`}`;
}

/** ethers' own transport follows redirects and stops only on idle time-outs; this one does neither. */
function openProvider(network: Network, url: string, timeoutMs: number): JsonRpcProvider {
  const target = new URL(url);
  const request = new FetchRequest(target.origin + target.pathname + target.search);
  if (target.username !== '') {
    const [name, password] = [target.username, target.password].map(decodeURIComponent);
    request.setCredentials(name as string, password as string);
  }
  request.timeout = timeoutMs;
  request.setThrottleParams({ maxAttempts: 1 });
  request.getUrlFunc = async ({ url, method, headers, body }) => {
    const signal = AbortSignal.timeout(timeoutMs);
    const init = { method, headers, body: body === null ? null : Uint8Array.from(body), signal };
    const response = await fetch(url, { ...init, redirect: 'error' });
    return {
      statusCode: response.status,
      statusMessage: response.statusText,
      headers: Object.fromEntries(response.headers),
      body: await boundedBody(response),
    };
  };
  const staticNetwork = EthersNetwork.from(network.chainId);
  const options = { staticNetwork, batchMaxCount: 1, cacheTimeout: -1 };
  return new JsonRpcProvider(request, network.chainId, options);
}

/** @throws NOT_CONFIGURED when the text is no http(s) URL */
export function openEndpoint(network: Network, url: string, timeoutMs: number): Endpoint {
  requireHttp(network, url);
  const provider = openProvider(network, url, timeoutMs);
  let chainChecked: Promise<void> | undefined;
  const attempt: Endpoint['attempt'] = async (question) => {
    chainChecked ??= requireChain(network, provider);
    try {
      await chainChecked;
      return await question(provider);
    } catch (error) {
      if (isRefusal(error)) throw error;
      // Whoever answers next at this address may be another node: it is checked again.
      chainChecked = undefined;
      throw error instanceof PlatformError ? error : unavailable(network, wireReason(error));
    }
  };
  const ask: Endpoint['ask'] = async (question) => {
    try {
      return await attempt(question);
    } catch (error) {
      throw error instanceof PlatformError ? error : unavailable(network, refusalReason(error));
    }
  };
  return { network, attempt, ask, close: () => provider.destroy() };
}

async function requireChain(network: Network, provider: JsonRpcProvider): Promise<void> {
  let served: bigint;
  try {
    served = BigInt((await provider.send('eth_chainId', [])) as string);
  } catch (error) {
    throw unavailable(network, isRefusal(error) ? refusalReason(error) : wireReason(error));
  }
  if (served === network.chainId) return;
  throw new PlatformError('NOT_CONFIGURED', {
    network: network.id,
    reason: `the endpoint serves chain ${served}, and ${network.id} is chain ${network.chainId}`,
    hint: 'Correct the address of the endpoint.',
  });
}

async function balanceOf(
  endpoint: Endpoint,
  address: string,
  asset: Asset,
  block: 'latest' | 'pending',
): Promise<bigint> {
  const { contract } = asset;
  if (contract === undefined) return endpoint.ask((chain) => chain.getBalance(address, block));
  const data = hexlify(concat(BALANCE_OF, addressBytes(address)));
  const word = await endpoint.ask((chain) => chain.call({ to: contract, data, blockTag: block }));
  if (WORD.test(word)) return BigInt(word);
  const reason = `no contract of ${asset.symbol} answers at ${contract}`;
  throw new PlatformError('NOT_CONFIGURED', { network: endpoint.network.id, reason });
}

/** What the call would use, or that the chain would not execute it. */
async function estimateGas(endpoint: Endpoint, request: DraftRequest): Promise<ChainFacts['gas']> {
  const { to, value, data } = callOf(request);
  const transaction = { from: request.from, to, value, data: hexlify(data) };
  try {
    return await endpoint.attempt((chain) => chain.estimateGas(transaction));
  } catch (error) {
    if (isRefusal(error)) return 'reverts';
    throw error;
  }
}

/** In wei per gas. */
async function feesNow(
  endpoint: Endpoint,
): Promise<Pick<ChainFacts, 'baseFeePerGas' | 'tipPerGas'>> {
  const fees = await endpoint.ask((chain) => chain.getFeeData());
  const { maxFeePerGas, maxPriorityFeePerGas: tipPerGas } = fees;
  if (maxFeePerGas === null || tipPerGas === null) {
    throw unavailable(endpoint.network, 'the endpoint reports no EIP-1559 fees');
  }
  // ethers offers twice the base fee and the tip.
  return { baseFeePerGas: (maxFeePerGas - tipPerGas) / 2n, tipPerGas };
}

async function draft(endpoint: Endpoint, request: DraftRequest): Promise<Bytes> {
  const { from, asset } = request;
  const [fees, gas, nativeBalance, assetBalance] = await Promise.all([
    feesNow(endpoint),
    estimateGas(endpoint, request),
    endpoint.ask((chain) => chain.getBalance(from, 'pending')),
    balanceOf(endpoint, from, asset, 'pending'),
  ]);
  const facts = { ...fees, gas, nativeBalance, assetBalance };
  return draftCall(endpoint.network, request, facts);
}

/** Pending payments are not counted: the one that is replaced is among them. */
async function raise(endpoint: Endpoint, request: FeeRaiseRequest): Promise<FeeRaise> {
  const [fees, nativeBalance] = await Promise.all([
    feesNow(endpoint),
    endpoint.ask((chain) => chain.getBalance(request.from, 'latest')),
  ]);
  return raiseFee(endpoint.network, request, { ...fees, nativeBalance });
}

async function isKnown(endpoint: Endpoint, hash: string): Promise<boolean> {
  return (await endpoint.ask((chain) => chain.getTransaction(hash))) !== null;
}

/** A refused broadcast as a coded error. */
function broadcastError(network: Network, error: unknown): Error {
  if (error instanceof PlatformError) return error;
  if (isError(error, 'INSUFFICIENT_FUNDS')) {
    const reason = 'the wallet cannot pay the amount and the fee';
    return new PlatformError('INSUFFICIENT_FUNDS', { network: network.id, reason });
  }
  if (isError(error, 'NONCE_EXPIRED') || isError(error, 'REPLACEMENT_UNDERPRICED')) {
    const reason = 'another transaction of this account has the same sequence number';
    return new PlatformError('VERSION_CONFLICT', { network: network.id, reason });
  }
  return unavailable(network, refusalReason(error));
}

/**
 * Nodes have many words for "already known", and "nonce too low" is one of them once a block holds
 * the transaction. So the words decide nothing: after any failure the chain is asked for the hash.
 */
async function broadcast(endpoint: Endpoint, { raw, hash }: SealedTransaction): Promise<void> {
  const bytes = `0x${hex(raw)}`;
  let answered: unknown;
  try {
    answered = await endpoint.attempt((chain) => chain.send('eth_sendRawTransaction', [bytes]));
  } catch (error) {
    if (await isKnown(endpoint, hash)) return;
    throw broadcastError(endpoint.network, error);
  }
  if (answered !== hash) {
    throw unavailable(endpoint.network, 'the endpoint answered with the hash of something else');
  }
}

/**
 * Behind one address there may be several nodes, on other chains or branches: what says that a payment was
 * included must fit together, or it is asked again.
 */
async function status(endpoint: Endpoint, hash: string): Promise<TransactionStatus> {
  const { network } = endpoint;
  const [receipt, height] = await Promise.all([
    endpoint.ask((chain) => chain.getTransactionReceipt(hash)),
    endpoint.ask((chain) => chain.getBlockNumber()),
    endpoint.ask((chain) => requireChain(network, chain)),
  ]);
  if (receipt === null) {
    return { state: (await isKnown(endpoint, hash)) ? 'pending' : 'unknown' };
  }
  const block = await endpoint.ask((chain) => chain.getBlock(receipt.blockNumber));
  const isListed = block?.transactions.includes(hash) === true;
  if (receipt.hash !== hash || block?.hash !== receipt.blockHash || !isListed) {
    throw unavailable(network, 'the endpoint contradicts itself about a payment and its block');
  }
  return {
    state: 'included',
    block: BigInt(receipt.blockNumber),
    blockHash: receipt.blockHash,
    // The height may have been read just before the block came.
    confirmations: Math.max(1, height - receipt.blockNumber + 1),
    succeeded: receipt.status === 1,
    feePaid: receipt.fee,
  };
}

/**
 * The lowest block after which the account has used the number; undefined where none is. Endpoints
 * forget the state of old blocks, so the search goes from the newest one down, in growing strides.
 */
async function blockThatUsed(
  endpoint: Endpoint,
  address: string,
  nonce: bigint,
): Promise<number | undefined> {
  const isUsedAt = async (height: number): Promise<boolean> => {
    if (height < 0) return false;
    return (
      BigInt(await endpoint.ask((chain) => chain.getTransactionCount(address, height))) > nonce
    );
  };
  let used = await endpoint.ask((chain) => chain.getBlockNumber());
  if (!(await isUsedAt(used))) return undefined;
  let unused = used - 1;
  for (let stride = 2; await isUsedAt(unused); stride *= 2) {
    used = unused;
    unused -= stride;
  }
  while (used - unused > 1) {
    const middle = Math.floor((used + unused) / 2);
    if (await isUsedAt(middle)) used = middle;
    else unused = middle;
  }
  return used;
}

type ListedTransaction = { readonly hash: string; readonly from: string; readonly nonce: string };

/** The endpoint only points at the transaction: its bytes, hash and sender are computed here. */
async function transactionWith(
  endpoint: Endpoint,
  address: string,
  nonce: bigint,
): Promise<MinedTransaction | undefined> {
  const height = await blockThatUsed(endpoint, address, nonce);
  if (height === undefined) return undefined;
  const transaction = await endpoint.ask(async (chain) => {
    const block = (await chain.send('eth_getBlockByNumber', [toQuantity(height), true])) as {
      readonly transactions: readonly ListedTransaction[];
    };
    const listed = block.transactions.find(
      (each) => each.from.toLowerCase() === address.toLowerCase() && BigInt(each.nonce) === nonce,
    );
    return listed === undefined ? null : chain.getTransaction(listed.hash);
  });
  if (transaction === null) return undefined;
  try {
    const {
      hash,
      from,
      nonce: number,
      serialized,
      unsignedSerialized,
    } = Transaction.from(transaction);
    if (from !== address || BigInt(number) !== nonce || hash === null) return undefined;
    return { hash, raw: getBytes(serialized), unsigned: getBytes(unsignedSerialized) };
  } catch {
    // ethers compares what it computes with what it was told: a contradiction shows nothing.
    return undefined;
  }
}

/** @throws NOT_CONFIGURED when the text is no http(s) URL; nothing is asked yet */
export function connectEvm(network: Network, url: string, timeoutMs: number): ChainConnection {
  const endpoint = openEndpoint(network, url, timeoutMs);
  const balance = async (address: string, asset: Asset): Promise<Money> => ({
    asset: asset.id,
    units: await balanceOf(endpoint, address, asset, 'latest'),
  });
  return {
    setUp: async () => undefined,
    draft: (request) => draft(endpoint, request),
    raiseFee: (request) => raise(endpoint, request),
    nextNonce: async (address) =>
      BigInt(await endpoint.ask((chain) => chain.getTransactionCount(address, 'pending'))),
    transactionWith: (address, nonce) => transactionWith(endpoint, address, nonce),
    broadcast: (sealed) => broadcast(endpoint, sealed),
    status: (hash) => status(endpoint, hash),
    balances: (address, assets) => Promise.all(assets.map((asset) => balance(address, asset))),
    blockHash: async (height) => {
      const block = await endpoint.ask((chain) => chain.getBlock(height));
      return block?.hash ?? undefined;
    },
    height: async () => BigInt(await endpoint.ask((chain) => chain.getBlockNumber())),
    close: () => endpoint.close(),
  };
}
