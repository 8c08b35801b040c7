/** Which assets a policy was written with. */
import type { AssetId } from '#core/money.ts';
import type { CompiledPolicy } from './compiled-policy.ts';

/** Whether the asset was known when the policy was compiled. Of another one it does not know the decimals. */
export const knowsAsset = ({ program }: CompiledPolicy, asset: AssetId): boolean =>
  program.linked.assets.has(asset);
