/** A command that acts as a service account: signed in for the time of the command, and no longer. */
import { PlatformError } from '#core/errors.ts';
import { CountersignClient } from '#sdk/client.ts';
import type { ClientOptions } from '#sdk/client-options.ts';
import { serviceKeyAuthenticator } from '#sdk/service-key.ts';
import type { Viewer } from '#sdk/types.ts';
import type { Environment } from './command.ts';
import { readKeyFile } from './key-file.ts';

/** The options that each such command takes, and the lines that its help has of them. */
export const SIGN_IN_OPTIONS = ['key-file', 'url'] as const;
export const SIGN_IN_DETAILS: readonly string[] = [
  '  --key-file   the key file of the service account; COUNTERSIGN_KEY_FILE where absent',
  '  --url        where to reach the platform; COUNTERSIGN_URL, or its origin, where absent',
];

type Options = Readonly<Partial<Record<(typeof SIGN_IN_OPTIONS)[number], string>>>;

/** @throws NOT_CONFIGURED without a key file, INVALID_INPUT, and what the platform refuses */
export async function signedIn<Answer>(
  options: Options,
  env: Environment,
  use: (client: CountersignClient, viewer: Viewer) => Promise<Answer>,
  pinned: Pick<ClientOptions, 'nodeKeys'> = {},
): Promise<Answer> {
  const path = options['key-file'] ?? env['COUNTERSIGN_KEY_FILE'];
  if (path === undefined || path === '') {
    throw new PlatformError('NOT_CONFIGURED', {
      reason: 'this command acts as a service account, and no key file is named',
      hint: 'Name it with --key-file, or make one with "countersign service-account keygen FILE".',
    });
  }
  const { origin, key } = readKeyFile(path);
  const url = options.url ?? (env['COUNTERSIGN_URL'] || origin);
  const authenticator = await serviceKeyAuthenticator(key);
  const client = new CountersignClient({ url, origin, authenticator, ...pinned });
  try {
    const { viewer } = await client.login();
    const answer = await use(client, viewer);
    await client.logout();
    return answer;
  } finally {
    client.close();
  }
}
