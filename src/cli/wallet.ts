/** `countersign wallet`: wallets, and whether the nodes have signed their addresses. */
import type { Wallet } from '#sdk/types.ts';
import { type Command, readArguments, requireWord } from './command.ts';
import { printable } from './terminal.ts';
import { nodeKeysDetails, VOUCHED_OPTIONS, vouchedFor } from './vouched-for.ts';

const PAGE = 50;
const DETAILS = nodeKeysDetails([
  'An address is called verified only where every node that holds',
  'its key has signed it: give nobody another one for deposits.',
]);

const addressOf = ({ address, addressVerified }: Wallet): string =>
  address === null ? 'no address yet' : `${address} (${addressVerified ? '' : 'not '}verified)`;

const lineOf = (wallet: Wallet): string =>
  [wallet.id, wallet.state.padEnd(8), wallet.network.id, wallet.name, addressOf(wallet)].join('  ');

export const walletList: Command = {
  name: 'wallet list',
  usage: '[--node-keys FILE] [--json]',
  about: 'list wallets, newest first, and check their addresses',
  details: ['  --json          print one JSON array instead', ...DETAILS],
  run: async (args, terminal, env) => {
    const known = { words: 0, options: VOUCHED_OPTIONS, flags: ['json'] } as const;
    const { options, flags } = readArguments(args, known);
    const { items } = await vouchedFor(options, env, (client) => client.wallets({ first: PAGE }));
    if (flags.has('json')) terminal.out(JSON.stringify(items));
    else for (const wallet of items) terminal.out(printable(lineOf(wallet)));
    if (items.length === 0 && !flags.has('json')) terminal.out('There is no wallet yet.');
    return 0;
  },
};

export const walletShow: Command = {
  name: 'wallet show',
  usage: 'WALLET [--node-keys FILE] [--json]',
  about: 'show a wallet, and check that its address is the one that the nodes have signed',
  details: ['  --json          print one JSON object instead', ...DETAILS],
  run: async (args, terminal, env) => {
    const known = { words: 1, options: VOUCHED_OPTIONS, flags: ['json'] } as const;
    const { words, options, flags } = readArguments(args, known);
    const id = requireWord(words, 'Name a wallet (wal_...).');
    const wallet = await vouchedFor(options, env, (client) => client.wallet(id));
    if (flags.has('json')) terminal.out(JSON.stringify(wallet));
    else for (const line of describe(wallet)) terminal.out(printable(line));
    return 0;
  },
};

function describe(wallet: Wallet): readonly string[] {
  const { id, name, state, frozen, network, path, tags, waiting } = wallet;
  const rows: readonly (readonly [string, string | null])[] = [
    ['wallet', id],
    ['name', name],
    ['state', frozen ? `${state}, frozen` : state],
    ['network', network.id],
    ['address', addressOf(wallet)],
    ['path', path],
    ['tags', tags.length === 0 ? null : tags.join(', ')],
    ['waits for', waiting && `${waiting.code}: ${waiting.message}`],
  ];
  return rows.flatMap(([label, value]) => (value === null ? [] : [`${label.padEnd(14)}${value}`]));
}
