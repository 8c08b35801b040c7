/** `countersign key`: keys of the organisation, as a service account that its roles let. */
import type { Command } from './command.ts';
import { readArguments, requireWord } from './command.ts';
import { beginAndFollow, conclude, describeKey, keyLine } from './follow-key.ts';
import { SIGN_IN_DETAILS, SIGN_IN_OPTIONS, signedIn } from './signed-in.ts';
import { printable } from './terminal.ts';

const NO_KEY = 'Name a key (key_...).';
const WAITS =
  'Waits until the signer nodes are done, and tells on standard error what they wait for.';
const SCHEME = 'ecdsa-secp256k1';
const PAGE = 100;

export const keyCreate: Command = {
  name: 'key create',
  usage: 'NAME [--scheme SCHEME] [--external-id ID]',
  about: 'have the signer nodes make a key',
  details: [
    WAITS,
    `  --scheme        ecdsa-secp256k1, frost-secp256k1 or frost-ed25519; ${SCHEME} where absent`,
    '  --external-id   your own id: the same id and input return the same key',
    ...SIGN_IN_DETAILS,
  ],
  run: async (args, terminal, env) => {
    const options = ['scheme', 'external-id', ...SIGN_IN_OPTIONS] as const;
    const call = readArguments(args, { words: 1, options });
    const name = requireWord(call.words, 'Name the key.');
    const { scheme = SCHEME, 'external-id': externalId } = call.options;
    return signedIn(call.options, env, async (client) => {
      const input = { name, scheme, ...(externalId === undefined ? {} : { externalId }) };
      return conclude(
        terminal,
        await beginAndFollow(client, terminal, () => client.createKey(input)),
      );
    });
  },
};

export const keyRefresh: Command = {
  name: 'key refresh',
  usage: 'KEY',
  about: 'have every signer node take a new share of a key',
  details: [
    'Shares of before are worth nothing afterwards. The key and its wallets stay.',
    WAITS,
    ...SIGN_IN_DETAILS,
  ],
  run: async (args, terminal, env) => {
    const { words, options } = readArguments(args, { words: 1, options: SIGN_IN_OPTIONS });
    const keyId = requireWord(words, NO_KEY);
    return signedIn(options, env, async (client) =>
      conclude(
        terminal,
        await beginAndFollow(client, terminal, () => client.refreshKey({ keyId })),
      ),
    );
  },
};

export const keyList: Command = {
  name: 'key list',
  usage: '[--json]',
  about: 'list the keys of the organisation',
  details: ['  --json          print one JSON array instead', ...SIGN_IN_DETAILS],
  run: async (args, terminal, env) => {
    const known = { words: 0, options: SIGN_IN_OPTIONS, flags: ['json'] } as const;
    const { options, flags } = readArguments(args, known);
    const keys = await signedIn(options, env, async (client) => {
      const found = [];
      for (let after: string | undefined; ;) {
        const page = await client.keys({ first: PAGE, ...(after === undefined ? {} : { after }) });
        found.push(...page.items);
        if (!page.hasNextPage || page.endCursor === null) return found;
        after = page.endCursor;
      }
    });
    if (flags.has('json')) terminal.out(JSON.stringify(keys));
    else for (const key of keys) terminal.out(keyLine(terminal, key));
    if (keys.length === 0 && !flags.has('json')) terminal.out('There is no key.');
    return 0;
  },
};

export const keyShow: Command = {
  name: 'key show',
  usage: 'KEY [--json]',
  about: 'show a key and its wallets',
  details: ['  --json          print one JSON object instead', ...SIGN_IN_DETAILS],
  run: async (args, terminal, env) => {
    const known = { words: 1, options: SIGN_IN_OPTIONS, flags: ['json'] } as const;
    const { words, options, flags } = readArguments(args, known);
    const id = requireWord(words, NO_KEY);
    const [key, wallets] = await signedIn(options, env, async (client) => {
      const { items } = await client.keyWallets(id, { first: PAGE });
      return [await client.key(id), items] as const;
    });
    if (flags.has('json')) {
      terminal.out(JSON.stringify({ ...key, wallets }));
      return 0;
    }
    for (const line of describeKey(key)) terminal.out(line);
    for (const { path, address, network, name } of wallets) {
      const where = `${path.padEnd(16)} ${network.id} ${address ?? 'no address yet'}`;
      terminal.out(printable(`${'wallet'.padEnd(14)}${where} ${name}`));
    }
    return 0;
  },
};

export const keyXpub: Command = {
  name: 'key xpub',
  usage: 'KEY [--path PATH]',
  about: 'print the extended public key',
  details: [
    'Whoever has it sees every address below. Keys on ed25519 have none.',
    '  --path          from the key, e.g. m/44/60/0/0; m where absent',
    ...SIGN_IN_DETAILS,
  ],
  run: async (args, terminal, env) => {
    const options = ['path', ...SIGN_IN_OPTIONS] as const;
    const call = readArguments(args, { words: 1, options });
    const id = requireWord(call.words, NO_KEY);
    const path = call.options.path ?? 'm';
    const xpub = await signedIn(call.options, env, (client) => client.extendedKey(id, path));
    if (xpub !== null) {
      terminal.out(xpub);
      return 0;
    }
    terminal.err('This key has no extended public key: it is not made yet, or on ed25519.');
    return 1;
  },
};
