/**
 * What a bundle imports `from "registry"`: lists and groups that an organisation keeps outside of its
 * policies; and the tokens that it pays beside the assets that everybody knows. A compiled policy says what it was compiled with, and a snapshot keeps that, so that the same
 * decision can be made again.
 */
import { invalidInput } from '#core/errors.ts';
import { type AssetId, networkOf, parseAssetId } from '#core/money.ts';
import type { GroupMember } from './compiled-policy.ts';
import type { AddressFamily, AssetFact } from './world.ts';

/** An address as people enter it, on the network that it belongs to. */
export type RegistryEntry = {
  readonly label: string;
  readonly network: string;
  readonly address: string;
};

/** `version` counts the changes of the list or group, from 1; 0 in a file of a person's own. */
export type RegistryList = { readonly version: number; readonly entries: readonly RegistryEntry[] };
export type RegistryGroup = { readonly version: number; readonly members: readonly GroupMember[] };

/** By name. */
export type Registry = {
  readonly lists: ReadonlyMap<string, RegistryList>;
  readonly groups: ReadonlyMap<string, RegistryGroup>;
  readonly assets: ReadonlyMap<AssetId, AssetFact>;
};

const isEmptyRegistry = ({ lists, groups, assets }: Registry): boolean =>
  lists.size === 0 && groups.size === 0 && assets.size === 0;

/** For a snapshot: what the policy was compiled with, where it reads the registry at all. */
export const registryFact = ({
  registry,
}: {
  readonly registry: Registry;
}): { readonly registry?: Registry } => (isEmptyRegistry(registry) ? {} : { registry });

/** As a snapshot keeps it, and a file: plain JSON. */
export type StoredRegistry = {
  readonly lists: Readonly<Record<string, RegistryList>>;
  readonly groups: Readonly<Record<string, RegistryGroup>>;
  /** Absent where there are none. */
  readonly assets?: Readonly<Record<string, Pick<AssetFact, 'decimals' | 'family'>>>;
};

export const registryFields = ({ lists, groups, assets }: Registry): StoredRegistry => ({
  lists: Object.fromEntries(lists),
  groups: Object.fromEntries(groups),
  ...(assets.size === 0 ? {} : { assets: Object.fromEntries([...assets].map(storedAsset)) }),
});

const storedAsset = ([id, { decimals, family }]: readonly [AssetId, AssetFact]) =>
  [id, { decimals, family }] as const;

/** Whether both hold the same lists and groups in the same versions: a version has one content. */
export const isSameRegistry = (one: Registry, other: Registry): boolean =>
  versionsOf(one) === versionsOf(other);

const versionsOf = ({ lists, groups, assets }: Registry): string =>
  [
    ...[lists, groups].map((parts) =>
      [...parts].map(([name, { version }]) => `${name} ${version}`),
    ),
    // A registered asset never changes.
    [...assets.keys()],
  ]
    .map((names) => names.toSorted().join())
    .join(';');

type Fields = Readonly<Record<string, unknown>>;

/**
 * Reads what `registryFields` makes, and nothing else; an absent `version` is 0.
 * @throws INVALID_INPUT that names the list or group
 */
export function readRegistry(value: unknown): Registry {
  const { lists = {}, groups = {}, assets = {}, ...more } = requireObject(value, 'registry');
  if (Object.keys(more).length > 0) throw malformed('registry');
  return {
    lists: new Map(
      Object.entries(requireObject(lists, 'lists')).map(([name, list]) => [
        name,
        { version: versionOf(list, name), entries: partsOf(list, name, 'entries', readEntry) },
      ]),
    ),
    groups: new Map(
      Object.entries(requireObject(groups, 'groups')).map(([name, group]) => [
        name,
        { version: versionOf(group, name), members: partsOf(group, name, 'members', readMember) },
      ]),
    ),
    assets: new Map(
      Object.entries(requireObject(assets, 'assets')).map(([name, asset]) => {
        const id = parseAssetId(name, 'assets');
        return [id, { network: networkOf(id), ...readAsset(requireObject(asset, name), name) }];
      }),
    ),
  };
}

function versionOf(value: unknown, name: string): number {
  const { version = 0 } = requireObject(value, name);
  if (typeof version === 'number' && Number.isSafeInteger(version) && version >= 0) return version;
  throw malformed(name);
}

function partsOf<T>(
  value: unknown,
  name: string,
  field: string,
  read: (fields: Fields, name: string) => T,
): readonly T[] {
  const { version: _, [field]: parts, ...more } = requireObject(value, name);
  if (!Array.isArray(parts) || Object.keys(more).length > 0) throw malformed(name);
  return parts.map((part) => read(requireObject(part, name), name));
}

function readEntry(fields: Fields, name: string): RegistryEntry {
  const { label, network, address, ...more } = fields;
  const areTexts =
    typeof label === 'string' && typeof network === 'string' && typeof address === 'string';
  if (areTexts && Object.keys(more).length === 0) return { label, network, address };
  throw malformed(name);
}

function readMember(fields: Fields, name: string): GroupMember {
  const { email, user, ...more } = fields;
  if (typeof email !== 'string' || Object.keys(more).length > 0) throw malformed(name);
  if (user === undefined) return { email };
  if (typeof user === 'string') return { email, user };
  throw malformed(name);
}

const DECIMALS_MAX = 30;
const FAMILIES: readonly AddressFamily[] = ['evm', 'solana', 'bitcoin'];

function readAsset(fields: Fields, name: string): Pick<AssetFact, 'decimals' | 'family'> {
  const { decimals, family: named, ...more } = fields;
  const family = FAMILIES.find((known) => known === named);
  const isCount = typeof decimals === 'number' && Number.isInteger(decimals);
  const isIn = isCount && decimals >= 0 && decimals <= DECIMALS_MAX;
  if (isIn && family !== undefined && Object.keys(more).length === 0) return { decimals, family };
  throw malformed(name);
}

function requireObject(value: unknown, name: string): Fields {
  if (typeof value === 'object' && value !== null && !Array.isArray(value)) return value as Fields;
  throw malformed(name);
}

const malformed = (name: string) =>
  invalidInput(
    name,
    'not what a registry holds',
    'Lists have "entries" of label, network and address; groups have "members" with an email; ' +
      'assets have "decimals" and a "family".',
  );
