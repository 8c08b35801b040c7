/** Hands out funds on throw-away chains, whatever their family. For the person at this machine only. */
import { PlatformError } from '#core/errors.ts';
import type { Asset, Family, Network } from './adapter.ts';
import { fundNative, mintTestUsdc } from './evm/local.ts';
import * as solana from './solana/local.ts';

/** Gives `units` base units of the asset to `to`. @returns the transaction's hash */
type Grant = (rpcUrl: string, to: string, asset: Asset, units: bigint) => Promise<string>;

const grantEvm: Grant = (rpcUrl, to, { contract }, units) =>
  contract === undefined ? fundNative(rpcUrl, to, units) : mintTestUsdc(rpcUrl, to, units);

const grantSolana: Grant = (rpcUrl, to, { contract }, units) =>
  contract === undefined
    ? solana.fundNative(rpcUrl, to, units)
    : solana.mintTestUsdc(rpcUrl, to, units);

/** A family without a local chain of ours has no entry. */
const GRANT: Readonly<Partial<Record<Family, Grant>>> = {
  evm: grantEvm,
  solana: grantSolana,
};

/**
 * Gives base units of an asset to an address of the same network and waits until they are there.
 * @returns the transaction's hash
 * @throws INVALID_INPUT for a network that is not local, CHAIN_UNAVAILABLE, NOT_CONFIGURED
 */
export async function grantLocalFunds(
  network: Network,
  rpcUrl: string,
  to: string,
  grant: { readonly asset: Asset; readonly units: bigint },
): Promise<string> {
  requireLocal(network);
  const give = GRANT[network.family];
  if (give === undefined) {
    const reason = `nobody hands out funds on ${network.id}`;
    throw new PlatformError('NOT_CONFIGURED', { network: network.id, reason });
  }
  return give(rpcUrl, to, grant.asset, grant.units);
}

/** INVARIANT: nothing is handed out, or asked of an endpoint, on a chain that is worth something. */
export function requireLocal(network: Network, field = 'asset'): void {
  if (network.local) return;
  throw new PlatformError('INVALID_INPUT', {
    field,
    reason: `${network.id} is not a local network`,
    hint: 'Funds are handed out on local networks only; name an asset such as USDC@local-evm.',
  });
}
