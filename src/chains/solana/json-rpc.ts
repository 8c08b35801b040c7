/** JSON-RPC to a Solana node: one question each, whole numbers of any size, errors that are coded. */
import type { Network } from '#chains/adapter.ts';
import { boundedBody, requireHttp, unavailable, wireReason } from '#chains/wire.ts';
import { base58 } from '@scure/base';
import { hex } from '#core/bytes.ts';
import { PlatformError } from '#core/errors.ts';

/** The node answered, and said no. Its words stay here: they may hold anything. */
export class RpcRefusal extends Error {
  override readonly name = 'RpcRefusal';
  readonly code: number;
  /** `TransactionError` as the node writes it, where it simulated a transaction that fails. */
  readonly failure: unknown;

  constructor(code: number, failure: unknown) {
    super(`JSON-RPC ${code}`);
    this.code = code;
    this.failure = failure;
  }
}

/** One network's endpoint, asked only after its first block was found right. */
export type Endpoint = {
  readonly network: Network;
  /** @throws CHAIN_UNAVAILABLE, NOT_CONFIGURED, RpcRefusal */
  attempt<Answer>(method: string, ...params: readonly unknown[]): Promise<Answer>;
  /** @throws CHAIN_UNAVAILABLE, NOT_CONFIGURED */
  ask<Answer>(method: string, ...params: readonly unknown[]): Promise<Answer>;
};

type Reply = {
  readonly result?: unknown;
  readonly error?: { readonly code?: unknown; readonly data?: { readonly err?: unknown } | null };
};

/** @throws NOT_CONFIGURED when the text is no http(s) URL; nothing is asked yet */
export function openEndpoint(network: Network, url: string, timeoutMs: number): Endpoint {
  requireHttp(network, url);
  const post = poster(url, timeoutMs);
  let chainChecked: Promise<void> | undefined;
  const attempt: Endpoint['attempt'] = async <Answer>(method: string, ...params: unknown[]) => {
    chainChecked ??= requireChain(network, post);
    try {
      await chainChecked;
      return (await post(method, params)) as Answer;
    } catch (error) {
      if (error instanceof RpcRefusal) throw error;
      // Whoever answers next at this address may be another node: it is checked again.
      chainChecked = undefined;
      throw error instanceof PlatformError ? error : unavailable(network, wireReason(error));
    }
  };
  const ask: Endpoint['ask'] = async <Answer>(method: string, ...params: readonly unknown[]) => {
    try {
      return await attempt<Answer>(method, ...params);
    } catch (error) {
      throw error instanceof RpcRefusal ? refused(network, error) : error;
    }
  };
  return { network, attempt, ask };
}

export const refused = (network: Network, { code }: RpcRefusal): PlatformError =>
  unavailable(network, `the endpoint refused the request (JSON-RPC ${code})`);

type Post = (method: string, params: readonly unknown[]) => Promise<unknown>;

/** User and password of a URL go into a header: `fetch` takes none in the URL. */
function poster(url: string, timeoutMs: number): Post {
  const target = new URL(url);
  const credentials = [target.username, target.password].map(decodeURIComponent).join(':');
  const authorization =
    target.username === ''
      ? {}
      : { authorization: `Basic ${Buffer.from(credentials).toString('base64')}` };
  const address = target.origin + target.pathname + target.search;
  return async (method, params) => {
    const response = await fetch(address, {
      method: 'POST',
      headers: { 'content-type': 'application/json', ...authorization },
      body: JSON.stringify({ jsonrpc: '2.0', id: 1, method, params }),
      signal: AbortSignal.timeout(timeoutMs),
      redirect: 'error',
    });
    return resultOf(new TextDecoder().decode(await boundedBody(response)));
  };
}

function resultOf(text: string): unknown {
  const { result, error } = parseExactly(text) as Reply;
  if (error === undefined) {
    if (result === undefined) throw new TypeError('neither a result nor an error');
    return result;
  }
  if (typeof error.code !== 'number') throw new TypeError('an error without its number');
  throw new RpcRefusal(error.code, error.data?.err);
}

type Revive = (key: string, value: unknown, context: { readonly source?: string }) => unknown;

const revive: Revive = (_, value, { source }) =>
  typeof value === 'number' && !Number.isSafeInteger(value) && /^\d+$/.test(source ?? '')
    ? BigInt(source as string)
    : value;

/** Amounts have up to 64 bits: a whole number that a double cannot hold becomes a bigint. */
function parseExactly(text: string): unknown {
  return JSON.parse(text, revive as (key: string, value: unknown) => unknown);
}

async function requireChain(network: Network, post: Post): Promise<void> {
  let served: bigint;
  try {
    served = BigInt(`0x${hex(base58.decode(String(await post('getGenesisHash', []))))}`);
  } catch (error) {
    if (error instanceof RpcRefusal) throw refused(network, error);
    throw unavailable(network, wireReason(error));
  }
  if (served === network.chainId) return;
  throw new PlatformError('NOT_CONFIGURED', {
    network: network.id,
    reason: `the endpoint serves another chain than ${network.name}: its first block is another one`,
    hint: 'Correct the address of the endpoint.',
  });
}
