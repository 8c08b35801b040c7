/** The world of the random rulebooks: assets with 0 to 18 decimals, lists, groups and contracts. */
import type { AssetId, NetworkId } from '#core/money.ts';
import type { BundleFile } from '#policy-lang/bundle-files.ts';
import type { AddressFamily, World } from '#policy-lang/world.ts';

const asset = (id: string, decimals: number, family: AddressFamily = 'evm') =>
  [
    id as AssetId,
    { decimals, network: id.slice(id.indexOf('@') + 1) as NetworkId, family },
  ] as const;

export const WORLD: World = {
  assets: new Map([
    asset('USDC@ethereum', 6),
    asset('USDC@polygon', 18),
    asset('USDC@solana', 6, 'solana'),
    asset('EURC@ethereum', 6),
    asset('ETH@ethereum', 18),
    asset('SHARE@polygon', 0),
    asset('BTC@bitcoin', 8, 'bitcoin'),
  ]),
};
export const ASSETS = [...WORLD.assets.keys()];

export const VENDOR = '0x52908400098527886E0F7030069857D2E4169EE7';
export const BANNED = '0x8617E340B3D01FA5F11F306F4090FD50E238070D';
export const STRANGER = '0x0000000000000000000000000000000000000001';
export const POOL = '0xfB6916095ca1df60bB79Ce92cE3Ea74c37c5d359';
export const SOLANA = 'EPjFWdd5AufqSSqeM2qN1xzybapC8G4wEGGkZwyTDt1v';
export const SEGWIT = 'bc1qw508d6qejxtdg4y5r3zarvary0c5xw7kv8f3t4';
export const LEGACY = '1BvBMSEYstWetqTFn5Au4m4GFg7xJaNVN2';
export const ADDRESSES = [VENDOR, BANNED, STRANGER, POOL, SOLANA, SEGWIT, LEGACY];

export const IMPORTS = `import list vendors from "lists/vendors.csv"
import list banned from "lists/banned.csv"
import group managers from "groups.yaml"
import group directors from "groups.yaml"
import contracts pool from "abi/pool.json"
`;

const input = (name: string, type: string) => ({ name, type });

export const SUPPORT: readonly BundleFile[] = [
  {
    path: 'lists/vendors.csv',
    content: `label,network,address\nVendor XYZ,ethereum,${VENDOR}\nAcme,solana,${SOLANA}\nMiner,bitcoin,${SEGWIT}\n`,
  },
  { path: 'lists/banned.csv', content: `label,network,address\nMallory,ethereum,${BANNED}\n` },
  {
    path: 'groups.yaml',
    content:
      'managers: [bob@acme.example, carol@acme.example]\n' +
      'directors: [dave@acme.example, bob@acme.example, erin@acme.example]\n',
  },
  {
    path: 'abi/pool.json',
    content: JSON.stringify({
      network: 'ethereum',
      addresses: [POOL],
      abi: [
        {
          type: 'function',
          name: 'supply',
          inputs: [
            input('amount', 'uint256'),
            input('onBehalfOf', 'address'),
            input('note', 'string'),
            input('final', 'bool'),
          ],
        },
        { type: 'function', name: 'withdraw', inputs: [input('amount', 'uint256')] },
      ],
    }),
  },
];

export const rulebookFile = (content: string): BundleFile => ({ path: 'main.policy', content });
