/** `countersign registry`: the organisation's lists, groups and tokens, as a service account that may read them. */
import { writeFile } from 'node:fs/promises';
import { findNetwork } from '#chains/registry.ts';
import { PlatformError } from '#core/errors.ts';
import { networkOf, parseAssetId } from '#core/money.ts';
import type { CountersignClient } from '#sdk/client.ts';
import type { Asset, Page } from '#sdk/types.ts';
import { type StoredRegistry } from '#policy-lang/registry.ts';
import { KNOWN_WORLD } from './known-assets.ts';
import { type Command, readArguments, requireWord } from './command.ts';
import { SIGN_IN_DETAILS, SIGN_IN_OPTIONS, signedIn } from './signed-in.ts';
import { printable } from './terminal.ts';

export const registrySave: Command = {
  name: 'registry save',
  usage: 'FILE',
  about: 'write the lists, groups and tokens of the registry into a new file',
  details: [
    'As registry.json beside a policy it stands for the registry: "countersign policy" commands and editors',
    'then know what the policy imports from "registry", and the tokens that it names.',
    ...SIGN_IN_DETAILS,
    '',
    'Example: countersign registry save rules/registry.json',
  ],
  run: async (args, terminal, env) => {
    const { words, options } = readArguments(args, { words: 1, options: SIGN_IN_OPTIONS });
    const path = requireWord(words, 'Name the new file.');
    const registry = await signedIn(options, env, fetchRegistry);
    await writeNew(path, `${JSON.stringify(registry, null, 2)}\n`);
    const lists = Object.keys(registry.lists).length;
    const groups = Object.keys(registry.groups).length;
    const assets = Object.keys(registry.assets).length;
    terminal.out(printable(`${path}: ${lists} lists, ${groups} groups, ${assets} tokens`));
    return 0;
  },
};

async function fetchRegistry(client: CountersignClient): Promise<Required<StoredRegistry>> {
  const lists = await client.addressLists();
  const groups = await client.groups();
  return {
    lists: Object.fromEntries(
      lists.map(({ name, version, entries }) => [name, { version, entries }]),
    ),
    groups: Object.fromEntries(
      groups.map(({ name, version, members }) => [
        name,
        { version, members: members.map(({ email, user }) => ({ email, user: user.id })) },
      ]),
    ),
    assets: Object.fromEntries(await fetchTokens(client)),
  };
}

/** The tokens that are not built in: everybody knows the others. */
async function fetchTokens(client: CountersignClient) {
  const assets = await everyAsset(client);
  return assets
    .map(({ id, decimals }) => ({ id: parseAssetId(id), decimals }))
    .filter(({ id }) => !KNOWN_WORLD.assets.has(id))
    .map(({ id, decimals }) => {
      const { family } = findNetwork(networkOf(id));
      return [id, { decimals, family }] as const;
    });
}

async function everyAsset(client: CountersignClient): Promise<readonly Asset[]> {
  const found: Asset[] = [];
  let after: string | null = null;
  do {
    const page: Page<Asset> = await client.assets(after === null ? {} : { after });
    found.push(...page.items);
    after = page.hasNextPage ? page.endCursor : null;
  } while (after !== null);
  return found;
}

async function writeNew(path: string, text: string): Promise<void> {
  try {
    await writeFile(path, text, { flag: 'wx' });
  } catch (cause) {
    const reason = 'the file cannot be written, or is there already';
    throw new PlatformError('INVALID_INPUT', { field: path, reason }, { cause });
  }
}
