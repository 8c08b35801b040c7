/** Opens the connection to a network's endpoint. Workers only: this loads the families' SDKs. */
import type { ChainConnection, Family, Network } from './adapter.ts';
import { connectEvm } from './evm/rpc.ts';
import { connectSolana } from './solana/rpc.ts';

/** How long one request may take, end to end. */
export const REQUEST_TIMEOUT_MS = 10_000;

type Connect = (network: Network, url: string, timeoutMs: number) => ChainConnection;

const CONNECT: Readonly<Record<Family, Connect>> = { evm: connectEvm, solana: connectSolana };

/** Does no I/O yet: the endpoint is asked, and its chain id checked, at the first use. */
export const connect = (
  network: Network,
  url: string,
  timeoutMs: number = REQUEST_TIMEOUT_MS,
): ChainConnection => CONNECT[network.family](network, url, timeoutMs);
