/** `countersign local fund`: gives a wallet of a local chain something to pay with. */
import type { Asset, Network } from '#chains/adapter.ts';
import { connect } from '#chains/connect.ts';
import { grantLocalFunds, requireLocal } from '#chains/local-funds.ts';
import { findAsset, findNetwork, nativeAsset } from '#chains/registry.ts';
import { verbsOf } from '#chains/verbs.ts';
import { invalidInput, PlatformError } from '#core/errors.ts';
import { ID_PREFIXES, parseId } from '#core/ids.ts';
import { formatDecimal, networkOf, parseDecimal } from '#core/money.ts';
import { CountersignClient } from '#sdk/client.ts';
import { type Command, readArguments, requireWord } from './command.ts';
import { type RunningPlatform, requireRunningPlatform } from './running-platform.ts';
import { type Terminal, styled } from './terminal.ts';

const ASSET = 'USDC@local-evm';
const AMOUNT = '100,000';
/** What a wallet is given for fees, in whole native tokens: enough for thousands of payments. */
const FEES = '1';

export const localFund: Command = {
  name: 'local fund',
  usage: 'WALLET|ADDRESS [--asset ASSET] [--amount AMOUNT]',
  about: 'give a wallet test money on a local chain',
  details: [
    'Takes the id of a wallet (wal_...) or an address, on the chains that "npm start" runs here.',
    `With a token come ${FEES} of the native asset, for fees.`,
    `  --asset    the asset; ${ASSET} where absent`,
    `  --amount   a decimal amount of it; ${AMOUNT} where absent`,
    'DATA_DIR names the data folder of the running platform where it is not the usual one.',
    'Networks that are not local are refused.',
  ],
  run: async (args, terminal, env) => {
    const { words, options } = readArguments(args, { words: 1, options: ['asset', 'amount'] });
    const word = requireWord(words, 'Name a wallet (wal_...) or an address.');
    const asset = findAsset(options.asset ?? ASSET, 'asset');
    const network = findNetwork(networkOf(asset.id));
    requireLocal(network);
    const units = parseDecimal(options.amount ?? AMOUNT, asset.decimals, 'amount');
    if (units === 0n) throw invalidInput('amount', 'zero', 'Give an amount above zero.');
    const platform = requireRunningPlatform(env);
    const to = await addressOf(platform, network, word);
    const rpc = requireRpc(platform, network);
    for (const grant of [{ asset, units }, ...feesBeside(network, asset)]) {
      const hash = await grantLocalFunds(network, rpc, to, grant);
      terminal.out(`${inWords(grant)} sent to ${to} (transaction ${hash})`);
    }
    await printBalances(terminal, network, rpc, to);
    return 0;
  },
};

type Grant = { readonly asset: Asset; readonly units: bigint };

const inWords = ({ asset, units }: Grant): string =>
  `${formatDecimal(units, asset.decimals)} ${asset.symbol}`;

/** A payment of a token costs native money; who asked for native money has it already. */
function feesBeside(network: Network, asset: Asset): readonly Grant[] {
  const native = nativeAsset(network);
  if (native.id === asset.id) return [];
  return [{ asset: native, units: parseDecimal(FEES, native.decimals) }];
}

/** @throws INVALID_INPUT, NOT_FOUND */
async function addressOf(
  platform: RunningPlatform,
  network: Network,
  word: string,
): Promise<string> {
  const isWallet = word.startsWith(`${ID_PREFIXES.wallet}_`);
  if (!isWallet) return verbsOf(network).parseAddress(word, 'address');
  const id = parseId('wallet', word, 'wallet');
  const { address, ...wallet } = await findLocalWallet(platform, id);
  if (wallet.network !== network.id) {
    const reason = `the wallet is on ${wallet.network}`;
    throw invalidInput('asset', reason, `Name an asset of ${wallet.network} with --asset.`);
  }
  if (address !== null) return address;
  const reason = 'the wallet has no address yet';
  throw invalidInput('wallet', reason, 'Its key is being generated; try again in a moment.');
}

async function findLocalWallet({ url, operatorToken }: RunningPlatform, id: string) {
  const client = new CountersignClient({ url, origin: url, authenticator: NOBODY });
  try {
    return await client.localWallet(id, operatorToken);
  } finally {
    client.close();
  }
}

const unsigned = (): never => {
  throw new Error('the operator signs nothing');
};
const NOBODY = { create: unsigned, get: unsigned };

/** @throws NOT_CONFIGURED */
function requireRpc({ rpc }: RunningPlatform, { id }: Network): string {
  const url = rpc.get(id);
  if (url !== undefined) return url;
  const reason = 'the running platform has no such chain';
  throw new PlatformError('NOT_CONFIGURED', { network: id, reason });
}

async function printBalances(
  terminal: Terminal,
  network: Network,
  rpc: string,
  address: string,
): Promise<void> {
  const connection = connect(network, rpc);
  try {
    const held = await connection.balances(address, network.assets);
    const words = held.map(({ asset, units }) => inWords({ asset: findAsset(asset), units }));
    terminal.out(styled(terminal, 'green', `It holds ${words.join(' and ')}.`));
  } finally {
    connection.close();
  }
}
