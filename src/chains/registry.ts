/**
 * The networks and assets that are built in: literals, reviewed by people. A signer node takes a token's
 * contract and decimals from here, or from its own copy of an organisation's log (`#mandate/authority/assets.ts`).
 *
 * USDC contracts: Circle, "USDC contract addresses",
 * developers.circle.com/stablecoins/usdc-contract-addresses. Chain ids: chainid.network. Hashes of
 * first blocks on Solana: RPC method getGenesisHash, docs.anza.xyz/clusters/available.
 * OP-stack networks (Base, Optimism) are absent on purpose: their data fee comes on top of gas limit
 * times fee per gas, so the bytes of a transaction do not say the most that it can cost.
 */
import { base58 } from '@scure/base';
import { hex } from '#core/bytes.ts';
import { PlatformError } from '#core/errors.ts';
import { type NetworkId, networkOf, parseAssetId, parseNetworkId } from '#core/money.ts';
import type { Asset, Network } from './adapter.ts';

const id = (text: string): NetworkId => parseNetworkId(text);
const ETHER = 10n ** 18n;

/** Ether, or what the network has in its place: 18 decimals on every EVM network. */
const native = (symbol: string, name: string, network: string): Asset => ({
  id: parseAssetId(`${symbol}@${network}`),
  symbol,
  name,
  decimals: 18,
});

const sol = (name: string, network: string): Asset => ({
  id: parseAssetId(`SOL@${network}`),
  symbol: 'SOL',
  name,
  decimals: 9,
});

const usdc = (network: string, contract: string, permit?: Asset['permit']): Asset => ({
  id: parseAssetId(`USDC@${network}`),
  symbol: 'USDC',
  name: 'USD Coin',
  decimals: 6,
  contract,
  ...(permit === undefined ? {} : { permit }),
});

/** Circle's FiatTokenV2; a test compares the hash of each domain with the one that its contract tells. */
const FIAT_TOKEN_V2 = { name: 'USD Coin', version: '2' } as const;

const evm = { family: 'evm', curve: 'secp256k1' } as const;

const solana = {
  family: 'solana',
  curve: 'ed25519',
  // Enough for a token account that the recipient lacks, and for the fee.
  feeMaxDefault: 5_000_000n,
} as const;

/** The hash of a Solana network's first block as the number that tells the network from others. */
const firstBlock = (hash: string): bigint => BigInt(`0x${hex(base58.decode(hash))}`);

/** So deep is a block that two thirds of the stake have voted to keep for good. */
const FINALIZED = 32;

export const NETWORKS: readonly Network[] = [
  {
    ...evm,
    id: id('ethereum'),
    name: 'Ethereum',
    chainId: 1n,
    // Two epochs: a checkpoint is final after about this many slots.
    confirmations: 64,
    native: parseAssetId('ETH@ethereum'),
    assets: [
      native('ETH', 'Ether', 'ethereum'),
      usdc('ethereum', '0xA0b86991c6218b36c1d19D4a2e9Eb0cE3606eB48', FIAT_TOKEN_V2),
    ],
    feeMaxDefault: ETHER / 20n,
    local: false,
  },
  {
    ...evm,
    id: id('sepolia'),
    name: 'Ethereum Sepolia',
    chainId: 11_155_111n,
    confirmations: 12,
    native: parseAssetId('ETH@sepolia'),
    assets: [
      native('ETH', 'Sepolia ether', 'sepolia'),
      usdc('sepolia', '0x1c7D4B196Cb0C7B01d743Fbc6116a902379C7238', {
        name: 'USDC',
        version: '2',
      }),
    ],
    feeMaxDefault: ETHER / 20n,
    local: false,
  },
  {
    ...evm,
    id: id('polygon'),
    name: 'Polygon PoS',
    chainId: 137n,
    confirmations: 128,
    native: parseAssetId('POL@polygon'),
    assets: [
      native('POL', 'Polygon Ecosystem Token', 'polygon'),
      usdc('polygon', '0x3c499c542cEF5E3811e1192ce70d8cC03d5c3359', FIAT_TOKEN_V2),
    ],
    feeMaxDefault: 5n * ETHER,
    local: false,
  },
  {
    ...evm,
    id: id('arbitrum'),
    name: 'Arbitrum One',
    chainId: 42_161n,
    // Ten minutes of quarter-second blocks: the sequencer has posted its batch to Ethereum by then.
    confirmations: 2_400,
    native: parseAssetId('ETH@arbitrum'),
    assets: [
      native('ETH', 'Ether', 'arbitrum'),
      usdc('arbitrum', '0xaf88d065e77c8cC2239327C5EDb3A432268e5831', FIAT_TOKEN_V2),
    ],
    feeMaxDefault: ETHER / 100n,
    local: false,
  },
  {
    ...evm,
    id: id('local-evm'),
    name: 'Local EVM chain',
    chainId: 31_337n,
    confirmations: 1,
    native: parseAssetId('ETH@local-evm'),
    assets: [
      native('ETH', 'Local ether', 'local-evm'),
      // The first contract that anvil's first account creates; see evm/local.ts.
      usdc('local-evm', '0x5FbDB2315678afecb367f032d93F642f64180aa3', {
        name: 'Test USD Coin',
        version: '1',
      }),
    ],
    feeMaxDefault: ETHER / 20n,
    local: true,
  },
  {
    ...solana,
    id: id('solana'),
    name: 'Solana',
    chainId: firstBlock('5eykt4UsFv8P8NJdTREpY1vzqKqZKvdpKuc147dw2N9d'),
    confirmations: FINALIZED,
    native: parseAssetId('SOL@solana'),
    assets: [
      sol('Solana', 'solana'),
      usdc('solana', 'EPjFWdd5AufqSSqeM2qN1xzybapC8G4wEGGkZwyTDt1v'),
    ],
    local: false,
  },
  {
    ...solana,
    id: id('solana-devnet'),
    name: 'Solana Devnet',
    chainId: firstBlock('EtWTRABZaYq6iMfeYKouRu166VU2xqa1wcaWoxPkrZBG'),
    confirmations: FINALIZED,
    native: parseAssetId('SOL@solana-devnet'),
    assets: [
      sol('Devnet SOL', 'solana-devnet'),
      usdc('solana-devnet', '4zMMC9srt5Ri5X14GAgXhaHii3GnPAEERYPJgZJDncDU'),
    ],
    local: false,
  },
  {
    ...solana,
    id: id('local-solana'),
    name: 'Local Solana chain',
    chainId: firstBlock('GnqdEZnwrpqTatFxcLVHXJQXVdGeZDpiP4VZ3ZtMkZPD'),
    confirmations: 1,
    native: parseAssetId('SOL@local-solana'),
    assets: [
      sol('Local SOL', 'local-solana'),
      // The chain begins with this mint; see launcher/solana-vm/genesis.ts.
      usdc('local-solana', '3aPFGsNfbkcKpp669LQWK2QomUyvkBztY2PTrnbyPuDm'),
    ],
    local: true,
  },
];

const BY_NETWORK: ReadonlyMap<string, Network> = new Map(
  NETWORKS.map((network) => [network.id, network]),
);
const BY_ASSET: ReadonlyMap<string, Asset> = new Map(
  NETWORKS.flatMap((network) => network.assets.map((asset) => [asset.id, asset])),
);

/** @throws INVALID_INPUT when it is no network id, NOT_FOUND when the registry lacks it */
export function findNetwork(text: string, field = 'network'): Network {
  const network = BY_NETWORK.get(parseNetworkId(text, field));
  if (network !== undefined) return network;
  const known = NETWORKS.map((network) => network.id).join(', ');
  const hint = `Use one of ${known}.`;
  throw new PlatformError('NOT_FOUND', { field, reason: `there is no network ${text}`, hint });
}

/** @throws INVALID_INPUT when it is no asset id, NOT_FOUND when the registry lacks it */
export function findAsset(text: string, field = 'asset'): Asset {
  const parsed = parseAssetId(text, field);
  const asset = BY_ASSET.get(parsed);
  if (asset !== undefined) return asset;
  const network = findNetwork(networkOf(parsed), field);
  const known = network.assets.map((asset) => asset.id).join(', ');
  const hint = `Use one of ${known}.`;
  throw new PlatformError('NOT_FOUND', { field, reason: `there is no asset ${text}`, hint });
}

/** The native asset of a network, in which its fees are paid. */
export const nativeAsset = (network: Network): Asset => findAsset(network.native);

/** The token that lives at this canonical contract address, where the network's list has it. */
export const tokenAt = (network: Network, contract: string): Asset | undefined =>
  network.assets.find((asset) => asset.contract === contract);
