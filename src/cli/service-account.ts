/** `countersign service-account`: the key of a service account, and whether the platform knows it. */
import { relyingPartyOf } from '#mandate/assertion.ts';
import {
  generateServiceKey,
  publicKeyOf,
  SERVICE_KEY_CURVES,
  type ServiceKeyCurve,
} from '#sdk/service-key.ts';
import { type Command, readArguments, requireWord, UsageError } from './command.ts';
import { readKeyFile, writeKeyFile } from './key-file.ts';
import { requireRunningPlatform } from './running-platform.ts';
import { SIGN_IN_DETAILS, SIGN_IN_OPTIONS, signedIn } from './signed-in.ts';
import { printable } from './terminal.ts';

const NO_FILE = 'Name the key file.';

export const serviceAccountKeygen: Command = {
  name: 'service-account keygen',
  usage: 'FILE [--curve CURVE] [--origin ORIGIN]',
  about: 'make the key of a service account',
  details: [
    'Writes the private key into a new file that only its owner can read (0600), and prints the public',
    'key. An administrator registers that on the page of the platform, or with createServiceAccount.',
    `  --curve    ${SERVICE_KEY_CURVES.join(' or ')}; ${SERVICE_KEY_CURVES[0]} where absent`,
    '  --origin   where people open the platform; the one that runs on DATA_DIR where absent',
  ],
  run: async (args, terminal, env) => {
    const { words, options } = readArguments(args, { words: 1, options: ['curve', 'origin'] });
    const path = requireWord(words, NO_FILE);
    const curve = requireCurve(options.curve ?? SERVICE_KEY_CURVES[0]);
    const { origin } = relyingPartyOf(options.origin ?? requireRunningPlatform(env).origin);
    const key = await generateServiceKey(curve);
    writeKeyFile(path, { origin, key });
    terminal.out(publicKeyOf(key));
    return 0;
  },
};

function requireCurve(text: string): ServiceKeyCurve {
  const curve = SERVICE_KEY_CURVES.find((known) => known === text);
  if (curve !== undefined) return curve;
  throw new UsageError(`There is no curve ${text}; use ${SERVICE_KEY_CURVES.join(' or ')}.`);
}

export const serviceAccountPublicKey: Command = {
  name: 'service-account public-key',
  usage: 'FILE',
  about: 'print the public key of a key file',
  details: ['It is what createServiceAccount takes.'],
  run: async (args, terminal) => {
    const { words } = readArguments(args, { words: 1 });
    terminal.out(publicKeyOf(readKeyFile(requireWord(words, NO_FILE)).key));
    return 0;
  },
};

export const serviceAccountCheck: Command = {
  name: 'service-account check',
  usage: '[--key-file FILE] [--url URL]',
  about: 'sign in as a service account, and say who that is',
  details: [...SIGN_IN_DETAILS],
  run: async (args, terminal, env) => {
    const { options } = readArguments(args, { words: 0, options: SIGN_IN_OPTIONS });
    await signedIn(options, env, async (_, { user, organization, roles }) => {
      const titles = roles.map(({ title }) => title).join(', ');
      terminal.out(printable(`${user.name} (${user.id}) of ${organization.name}: ${titles}`));
    });
    return 0;
  },
};
