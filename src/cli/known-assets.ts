/** What the compiler knows at the command line: the platform's assets and networks, and a registry's file. */
import { NETWORKS } from '#chains/registry.ts';
import { type World, withRegistry } from '#policy-lang/world.ts';
import type { BundleOnDisk } from '#policy-tools/read-bundle.ts';

export const KNOWN_WORLD: World = {
  assets: new Map(
    NETWORKS.flatMap(({ id, family, assets }) =>
      assets.map((asset) => [asset.id, { decimals: asset.decimals, network: id, family }] as const),
    ),
  ),
  networks: new Map(NETWORKS.map(({ id, family }) => [id, family])),
};

/** With what lies beside the bundle in the place of an organisation's registry. */
export const worldOf = ({ registry }: BundleOnDisk): World => withRegistry(KNOWN_WORLD, registry);
