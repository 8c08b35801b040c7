/**
 * What only a throw-away chain allows: handing out SOL and test USDC. The chain's own bank sends
 * them, which the chain lets act without a key, so no private key stands here.
 */
import { findNetwork } from '#chains/registry.ts';
import { openEndpoint } from './json-rpc.ts';

const LOCAL = findNetwork('local-solana');
const TIMEOUT_MS = 10_000;

const ask = (rpcUrl: string, method: string, ...params: readonly unknown[]): Promise<string> =>
  openEndpoint(LOCAL, rpcUrl, TIMEOUT_MS).ask<string>(method, ...params);

/** Sends local SOL (lamports) to `to`. @returns the transaction's signature */
export const fundNative = (rpcUrl: string, to: string, lamports: bigint): Promise<string> =>
  ask(rpcUrl, 'requestAirdrop', to, Number(lamports));

/** Creates test USDC (base units) for `to`. @returns the transaction's signature */
export const mintTestUsdc = (rpcUrl: string, to: string, units: bigint): Promise<string> =>
  ask(rpcUrl, 'mintTestUsdc', to, units.toString());
