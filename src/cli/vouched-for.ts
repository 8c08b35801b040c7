/** A command that asks the platform, and believes the nodes whose public keys it is given. */
import { hex } from '#core/bytes.ts';
import type { CountersignClient } from '#sdk/client.ts';
import type { PinnedNodes } from '#sdk/node-keys.ts';
import type { Environment } from './command.ts';
import { readNodeKeys } from './node-keys.ts';
import { SIGN_IN_DETAILS, SIGN_IN_OPTIONS, signedIn } from './signed-in.ts';

export const VOUCHED_OPTIONS = ['node-keys', ...SIGN_IN_OPTIONS] as const;

type Options = Readonly<Partial<Record<(typeof VOUCHED_OPTIONS)[number], string>>>;

/** The lines of help; `use` says what the keys are good for. */
export const nodeKeysDetails = (use: readonly string[]): readonly string[] => [
  '  --node-keys     a file with the public keys of the nodes, such as a node.json, or all records',
  '                  of the committee, with commas between; COUNTERSIGN_NODE_KEYS where absent.',
  ...use.map((line) => `                  ${line}`),
  ...SIGN_IN_DETAILS,
];

/** Signed in as a service account, with the keys of the nodes where there are any. */
export async function vouchedFor<Answer>(
  options: Options,
  env: Environment,
  use: (client: CountersignClient) => Promise<Answer>,
): Promise<Answer> {
  const nodeKeys = await pinnedNodes(options, env);
  return signedIn(options, env, use, nodeKeys === undefined ? {} : { nodeKeys });
}

/** @throws INVALID_INPUT for a file of anything else */
async function pinnedNodes(
  options: Options,
  env: Environment,
): Promise<readonly PinnedNodes[] | undefined> {
  const path = options['node-keys'] ?? env['COUNTERSIGN_NODE_KEYS'];
  if (path === undefined || path === '') return undefined;
  return (await readNodeKeys(path)).map(({ nodes: { threshold, keys } }) => ({
    threshold,
    identities: [...keys.values()].map(hex),
    parties: [...keys.keys()],
  }));
}
