/**
 * Tokens that an organisation pays beside the assets that are built in. An entry never changes: what was
 * signed about an asset goes on meaning the same. It may be retired, and then nothing new is paid with it.
 */
import { invalidInput } from '#core/errors.ts';
import { type AssetId, networkOf, parseAssetId, symbolOf } from '#core/money.ts';
import type { Asset, Network } from '#chains/adapter.ts';
import { findAsset, findNetwork, NETWORKS } from '#chains/registry.ts';
import type { ChangeInput } from '#mandate/change.ts';
import { CURRENCIES } from '#policy-lang/checking/scope.ts';
import type { AssetFact } from '#policy-lang/world.ts';
import { skeletonOf } from '#policy-lang/syntax/look-alikes.ts';
import { type NewAsset, readAsset, readAssetChoice } from './inputs.ts';
import type { Kind, ReadChange } from './kind.ts';
import { type AuthorityState, type RegisteredAsset, withEntry } from './state.ts';

/** How many tokens an organisation may have registered, retired ones among them. */
const ASSETS_MAX = 500;

type Own = Pick<AuthorityState, 'assets'>;

/** Which bytes a wallet signs depends on it, so that whoever keeps the policy keeps it. */
const assetKind = (read: (input: ChangeInput, subject: string) => ReadChange): Kind => ({
  permission: 'assets:register',
  peopleOnly: true,
  versionOf: ({ assets }, subject) => assets.get(parseAssetId(subject, 'subject'))?.version ?? 0,
  read,
});

export const registerAsset: Kind = assetKind((input, subject) => {
  const asset = readAsset(input, subject);
  const { id } = asset;
  return {
    parts: () => [{ activity: 'policy-change', kind: 'register-asset', target: id }],
    apply: (state, { version }) => {
      requireNew(state, asset);
      const entry = { ...asset, version, retired: false };
      return { ...state, assets: withEntry(state.assets, id, entry) };
    },
  };
});

/** For good: an asset that came back would have to be the same one, and nobody could tell. */
export const retireAsset: Kind = assetKind((input, subject) => {
  const { asset } = readAssetChoice(input, subject);
  return {
    parts: () => [{ activity: 'policy-change', kind: 'retire-asset', target: asset }],
    apply: (state, { version }) => {
      const known = state.assets.get(asset);
      if (known === undefined) {
        const hint = 'Name an asset that was registered; what is built in stays.';
        throw invalidInput('asset', 'it is not registered', hint);
      }
      requirePayable(known, 'asset');
      const assets = withEntry(state.assets, asset, { ...known, version, retired: true });
      return { ...state, assets };
    },
  };
});

/** @throws INVALID_INPUT for what stands for something else already, or looks as if it did */
function requireNew(state: Own, { id, contract }: NewAsset): void {
  const { assets } = knownNetwork(state, networkOf(id));
  if (assets.some((asset) => asset.id === id)) {
    throw invalidInput('symbol', `there is ${id} already`, 'An asset never changes.');
  }
  const other = assets.find((asset) => asset.contract === contract);
  if (other !== undefined) {
    throw invalidInput('contract', `it is ${other.id}`, 'A contract is one asset.');
  }
  if (state.assets.size >= ASSETS_MAX) {
    throw invalidInput('symbol', `${ASSETS_MAX} are registered`, 'That is all there may be.');
  }
  const symbol = symbolOf(id);
  const shape = shapeOf(symbol);
  const isLike = (known: string) => known !== symbol && shapeOf(known) === shape;
  const alike = CURRENCIES.includes(symbol) ? symbol : knownSymbols(state).find(isLike);
  if (alike === undefined) return;
  throw invalidInput('symbol', `it cannot be told from ${alike}`, 'Choose another one.');
}

/** A point is overlooked as easily as a letter is taken for another one. */
const shapeOf = (symbol: string): string => skeletonOf(symbol.replaceAll('.', ''));

const knownSymbols = ({ assets }: Own): readonly string[] => [
  ...CURRENCIES,
  ...NETWORKS.flatMap((network) => network.assets.map(({ symbol }) => symbol)),
  ...[...assets.values()].map(({ symbol }) => symbol),
];

/** @throws INVALID_INPUT, NOT_FOUND for a network that is not built in */
export const knownNetwork = (own: Own, text: string): Network => extended(own, text, () => true);

/**
 * The network with what may be paid there: what its bytes are read with before they are signed.
 * @throws INVALID_INPUT, NOT_FOUND
 */
export const payableNetwork = (own: Own, text: string): Network =>
  extended(own, text, ({ retired }) => !retired);

function extended(
  { assets }: Own,
  text: string,
  isWanted: (asset: RegisteredAsset) => boolean,
): Network {
  const network = findNetwork(text);
  if (assets.size === 0) return network;
  const own = [...assets.values()].filter(
    (asset) => networkOf(asset.id) === network.id && isWanted(asset),
  );
  return own.length === 0 ? network : { ...network, assets: [...network.assets, ...own] };
}

/** Built in or registered, retired or not. @throws INVALID_INPUT, NOT_FOUND */
export const knownAsset = (
  { assets }: Own,
  text: string,
  field = 'asset',
): Asset & Partial<Pick<RegisteredAsset, 'retired'>> =>
  assets.get(parseAssetId(text, field)) ?? findAsset(text, field);

/** @throws INVALID_INPUT also for one that is retired, NOT_FOUND */
export function payableAsset(own: Own, text: string, field = 'asset'): Asset {
  const asset = knownAsset(own, text, field);
  requirePayable(asset, field);
  return asset;
}

function requirePayable({ retired }: { readonly retired?: boolean }, field: string): void {
  if (retired !== true) return;
  throw invalidInput(field, 'it is retired', 'Nothing is paid with it any more.');
}

/** What policies know of the registered assets: retired ones too, which older ones name. */
export const assetFactsOf = ({ assets }: Own): ReadonlyMap<AssetId, AssetFact> =>
  new Map(
    [...assets].map(([id, { decimals }]) => {
      const { id: network, family } = findNetwork(networkOf(id));
      return [id, { decimals, network, family }];
    }),
  );
