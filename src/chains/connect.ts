/** Opens the connection to a network's endpoints. Workers only: this loads the families' SDKs. */
import type { ChainConnection, Family, Network } from './adapter.ts';
import { agreeing } from './agreeing.ts';
import { connectEvm } from './evm/rpc.ts';
import { connectSolana } from './solana/rpc.ts';
import { endpointsIn } from './wire.ts';

/** How long one request may take, end to end. */
export const REQUEST_TIMEOUT_MS = 10_000;

type Connect = (network: Network, url: string, timeoutMs: number) => ChainConnection;

const CONNECT: Readonly<Record<Family, Connect>> = { evm: connectEvm, solana: connectSolana };

/**
 * Does no I/O yet: an endpoint is asked, and its chain id checked, at the first use.
 * @param urls of one endpoint or several, with blanks between them
 * @throws NOT_CONFIGURED
 */
export const connect = (
  network: Network,
  urls: string,
  timeoutMs: number = REQUEST_TIMEOUT_MS,
): ChainConnection => {
  const open = CONNECT[network.family];
  const endpoints = endpointsIn(urls).map((url) => open(network, url, timeoutMs));
  return agreeing(network, endpoints);
};
