/** The assets and networks that the compiler knows at the command line: those of the registry. */
import { NETWORKS } from '#chains/registry.ts';
import type { World } from '#policy-lang/world.ts';

export const KNOWN_WORLD: World = {
  assets: new Map(
    NETWORKS.flatMap(({ id, family, assets }) =>
      assets.map((asset) => [asset.id, { decimals: asset.decimals, network: id, family }] as const),
    ),
  ),
  networks: new Map(NETWORKS.map(({ id, family }) => [id, family])),
};
