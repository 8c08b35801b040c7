/** `countersign key import|export`: what also takes the word of the signer nodes' own operators. */
import { readFile, writeFile } from 'node:fs/promises';
import { hex } from '#core/bytes.ts';
import { invalidInput, PlatformError } from '#core/errors.ts';
import { parseScheme } from '#core/scheme.ts';
import { parseDealing } from '#signing/lifecycle/dealing-text.ts';
import type { CountersignClient } from '#sdk/client.ts';
import { type Command, readArguments, requireWord, UsageError } from './command.ts';
import { beginAndFollow, conclude } from './follow-key.ts';
import { SIGN_IN_DETAILS, SIGN_IN_OPTIONS, signedIn } from './signed-in.ts';
import { type Terminal, printable } from './terminal.ts';

const PARTIES = /^[1-9][0-9]{0,2}(?:,[1-9][0-9]{0,2})*$/;

function requireOption(value: string | undefined, name: string): string {
  if (value === undefined) throw new UsageError(`The option --${name} is missing.`);
  return value;
}

/** Ascending, each once. */
function requireParties(value: string | undefined, name: string): readonly number[] {
  const text = requireOption(value, name);
  if (!PARTIES.test(text)) throw new UsageError(`Write --${name} like 1,2.`);
  return [...new Set(text.split(',').map(Number))].toSorted((a, b) => a - b);
}

const tellOperators = (terminal: Terminal, who: string, call: string): void => {
  terminal.err(`It waits for the operators of ${who}. Each runs, on the machine of the node:`);
  terminal.err(printable(`  countersign signer approve ${call} --node FOLDER`));
};

export const keyImport: Command = {
  name: 'key import',
  usage: 'FILE --name NAME --scheme SCHEME [--external-id ID]',
  about: 'have the signer nodes take in a key that was dealt for them',
  details: [
    'FILE is what "countersign signer deal" wrote. The nodes take it in once the operators of as many',
    'nodes as sign together have approved it; what they are to run is printed.',
    '  --name          what people call it',
    '  --scheme        ecdsa-secp256k1, frost-secp256k1 or frost-ed25519',
    '  --external-id   your own id: the same id and input return the same key',
    ...SIGN_IN_DETAILS,
  ],
  run: async (args, terminal, env) => {
    const options = ['name', 'scheme', 'external-id', ...SIGN_IN_OPTIONS] as const;
    const call = readArguments(args, { words: 1, options });
    const path = requireWord(call.words, 'Name the file of the dealing.');
    const name = requireOption(call.options.name, 'name');
    const scheme = parseScheme(requireOption(call.options.scheme, 'scheme'));
    const externalId = call.options['external-id'];
    const dealing = (await readText(path)).trim();
    const [publicKey] = parseDealing(dealing).announcement.coefficients;
    return signedIn(call.options, env, async (client, { organization }) => {
      const own = externalId === undefined ? {} : { externalId };
      const key = await beginAndFollow(client, terminal, async () => {
        const begun = await client.importKey({ name, scheme, dealing, ...own });
        const about = `--organization ${organization.id} --scheme ${scheme}`;
        const called = `import --key ${begun.id} ${about} --public-key ${hex(publicKey ?? new Uint8Array())}`;
        if (begun.task !== null) tellOperators(terminal, 'enough nodes to sign', called);
        return begun;
      });
      return conclude(terminal, key);
    });
  },
};

export const keyReshare: Command = {
  name: 'key reshare',
  usage: 'KEY --dealers 1,2 --receivers 1,2,3 --threshold N',
  about: 'give a key to other signer nodes, or under another threshold',
  details: [
    'The key and its wallets stay; shares of before are worth nothing afterwards. The nodes do it once',
    'the operator of each dealer has approved it; what they are to run is printed.',
    '  --dealers       the parties that deal: holders now, enough to sign',
    '  --receivers     the parties that hold the key afterwards',
    '  --threshold     how many of the receivers sign together',
    ...SIGN_IN_DETAILS,
  ],
  run: async (args, terminal, env) => {
    const names = ['dealers', 'receivers', 'threshold', ...SIGN_IN_OPTIONS] as const;
    const { words, options } = readArguments(args, { words: 1, options: names });
    const keyId = requireWord(words, 'Name a key (key_...).');
    const dealers = requireParties(options.dealers, 'dealers');
    const receivers = requireParties(options.receivers, 'receivers');
    const [threshold = 0] = requireParties(options.threshold, 'threshold');
    return signedIn(options, env, async (client) => {
      const key = await beginAndFollow(client, terminal, async () => {
        const begun = await client.reshareKey({ keyId, dealers, receivers, threshold });
        const sets = `--receivers ${receivers.join()} --threshold ${threshold}`;
        const called = `reshare --key ${keyId} ${sets}`;
        if (begun.task !== null) tellOperators(terminal, `parties ${dealers.join()}`, called);
        return begun;
      });
      return conclude(terminal, key);
    });
  },
};

export const keyExport: Command = {
  name: 'key export',
  usage: 'KEY --recipient HEX --exporters 1,2 --out FILE',
  about: 'let a key leave, its shares encrypted to a recipient',
  details: [
    'Once the operator of each exporter has approved it, nobody signs with the key any more and its',
    'wallets are archived. The shares go into FILE; "countersign signer combine" puts them together.',
    'For a key that has left already the shares are fetched again.',
    '  --recipient     the public key that "countersign signer recipient" printed',
    '  --exporters     the parties: enough to sign, and so many that the others cannot',
    '  --out           a new file for the shares, one on each line',
    ...SIGN_IN_DETAILS,
  ],
  run: async (args, terminal, env) => {
    const names = ['recipient', 'exporters', 'out', ...SIGN_IN_OPTIONS] as const;
    const { words, options } = readArguments(args, { words: 1, options: names });
    const keyId = requireWord(words, 'Name a key (key_...).');
    const out = requireOption(options.out, 'out');
    const recipient = requireOption(options.recipient, 'recipient');
    const exporters = requireParties(options.exporters, 'exporters');
    return signedIn(options, env, async (client) => {
      const { state } = await client.key(keyId);
      if (state !== 'EXPORTED') {
        const key = await beginAndFollow(client, terminal, async () => {
          const begun = await client.exportKey({ keyId, recipient, exporters });
          const called = `export --key ${keyId} --recipient ${recipient}`;
          if (begun.task !== null) tellOperators(terminal, `parties ${exporters.join()}`, called);
          return begun;
        });
        const code = conclude(terminal, key);
        if (code !== 0) return code;
      }
      await writeShares(client, keyId, out);
      terminal.out(printable(`shares         ${out}`));
      return 0;
    });
  },
};

async function writeShares(client: CountersignClient, keyId: string, out: string): Promise<void> {
  const shares = await client.exportedShares(keyId);
  if (shares === null) {
    throw new PlatformError('FORBIDDEN', { reason: 'this account may not see exported shares' });
  }
  await writeFile(out, `${shares.join('\n')}\n`, { mode: 0o600, flag: 'wx' }).catch(
    (cause: NodeJS.ErrnoException) => {
      throw invalidInput('out', `${out} cannot be made (${cause.code})`, 'Choose another file.');
    },
  );
}

const readText = (path: string): Promise<string> =>
  readFile(path, 'utf8').catch(() => {
    throw invalidInput('dealing', `${path} cannot be read`, 'Give another file.');
  });
