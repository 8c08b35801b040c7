/** Letting somebody else take tokens of a wallet, as a service account whose roles let it ask. */
import { findAsset } from '#chains/registry.ts';
import { parseAmount } from '#sdk/amount.ts';
import { type Command, readArguments, requireWord, UsageError } from './command.ts';
import { SIGN_IN_DETAILS, SIGN_IN_OPTIONS, signedIn } from './signed-in.ts';
import { printable } from './terminal.ts';

const OPTIONS = ['asset', 'spender', 'amount', 'external-id', 'memo', ...SIGN_IN_OPTIONS] as const;

export const walletAllow: Command = {
  name: 'wallet allow',
  usage: 'WALLET --asset ASSET --spender ADDRESS (--amount AMOUNT | --unlimited) --external-id ID',
  about: 'let a spender take tokens of a wallet: an ERC-20 allowance',
  details: [
    'What is allowed counts as if it had been paid. The policy must govern allowances, and',
    'unlimited-allowance for one without a bound.',
    '  --asset        the token, e.g. USDC@ethereum',
    '  --spender      the address that may take it, with its checksum',
    '  --amount       the most that it may take, e.g. "5,000 USDC"; "0 USDC" takes an allowance back',
    '  --unlimited    without a bound',
    '  --external-id  your own name of this request: again, it gives no second allowance',
    '  --memo         a note that is signed with it',
    ...SIGN_IN_DETAILS,
  ],
  run: async (args, terminal, env) => {
    const known = { words: 1, options: OPTIONS, flags: ['unlimited'] as const };
    const { words, options, flags } = readArguments(args, known);
    const asset = required(options.asset, '--asset');
    const { memo } = options;
    const input = {
      walletId: requireWord(words, 'Name a wallet (wal_...).'),
      asset,
      spender: required(options.spender, '--spender'),
      externalId: required(options['external-id'], '--external-id'),
      ...(memo === undefined ? {} : { memo }),
      ...boundOf(asset, options.amount, flags.has('unlimited')),
    };
    const made = await signedIn(options, env, (client) => client.createAllowance(input));
    const { id, display, to, state, reason } = made;
    const why = reason === null ? '' : `: ${reason.message}`;
    terminal.out(printable(`${id} ${display} for ${to} is ${state}${why}`));
    return state === 'REJECTED' ? 1 : 0;
  },
};

function required(value: string | undefined, option: string): string {
  if (value === undefined) throw new UsageError(`Say ${option}.`);
  return value;
}

function boundOf(asset: string, amount: string | undefined, isUnlimited: boolean) {
  if (isUnlimited === (amount !== undefined)) {
    throw new UsageError('Say either --amount or --unlimited.');
  }
  if (amount === undefined) return { unlimited: true } as const;
  return { amount: parseAmount(amount, findAsset(asset, 'asset')) };
}
