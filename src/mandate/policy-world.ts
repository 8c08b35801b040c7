/** What the policy compiler must know: every asset of the registry, and whom an e-mail names. */
import type { UserId } from '#core/ids.ts';
import { NETWORKS } from '#chains/registry.ts';
import type { PublishedVersion, World } from '#policy-lang/world.ts';

export const worldOf = (
  resolveUser: (email: string) => UserId | undefined,
  previousVersion?: number,
  versions: readonly PublishedVersion[] = [],
): World => ({
  versions,
  assets: new Map(
    NETWORKS.flatMap(({ id, family, assets }) =>
      assets.map((asset) => [asset.id, { decimals: asset.decimals, network: id, family }]),
    ),
  ),
  networks: new Map(NETWORKS.map(({ id, family }) => [id, family])),
  resolveUser,
  ...(previousVersion === undefined ? {} : { previousVersion }),
});
