/** Stopping a wallet or the organisation, as a service account that its roles let; people release. */
import { type Command, readArguments, requireWord } from './command.ts';
import { SIGN_IN_DETAILS, SIGN_IN_OPTIONS, signedIn } from './signed-in.ts';
import { printable } from './terminal.ts';

const RELEASE =
  'Two people release it on the page of the platform: one asks, another one approves.';

export const walletFreeze: Command = {
  name: 'wallet freeze',
  usage: 'WALLET',
  about: 'stop a wallet: it pays nothing until two people release it',
  details: [RELEASE, ...SIGN_IN_DETAILS],
  run: async (args, terminal, env) => {
    const { words, options } = readArguments(args, { words: 1, options: SIGN_IN_OPTIONS });
    const walletId = requireWord(words, 'Name a wallet (wal_...).');
    const { wallet } = await signedIn(options, env, (client) => client.freezeWallet({ walletId }));
    terminal.out(printable(`${wallet.id} "${wallet.name}" is frozen`));
    return 0;
  },
};

export const organizationFreeze: Command = {
  name: 'organization freeze',
  usage: '',
  about: 'stop every wallet of the organisation until two people release it',
  details: [RELEASE, ...SIGN_IN_DETAILS],
  run: async (args, terminal, env) => {
    const { options } = readArguments(args, { words: 0, options: SIGN_IN_OPTIONS });
    const { organization } = await signedIn(options, env, (client, viewer) =>
      client.freezeOrganization({ organizationId: viewer.organization.id }),
    );
    terminal.out(printable(`${organization.name} is frozen`));
    return 0;
  },
};
