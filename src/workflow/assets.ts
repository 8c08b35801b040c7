/** The organisation's own tokens: registering and retiring them, and what is paid with them. */
import { invalidInput } from '#core/errors.ts';
import type { OrganizationId } from '#core/ids.ts';
import { type AssetId, type NetworkId, parseAssetId } from '#core/money.ts';
import type { Asset, Network } from '#chains/adapter.ts';
import { findNetwork } from '#chains/registry.ts';
import { verbsOf } from '#chains/verbs.ts';
import { requireAction } from '#identity/action.ts';
import type { Actor } from '#identity/actor.ts';
import { findAuthority, requireAuthority } from '#identity/authority.ts';
import type { Effect } from '#identity/change-request.ts';
import { record } from '#identity/services.ts';
import { signedChange } from '#identity/signed-change.ts';
import type { SignedAction } from '#identity/user-action.ts';
import { knownAsset, knownNetwork, payableAsset } from '#mandate/authority/assets.ts';
import type { AuthorityState, RegisteredAsset } from '#mandate/authority/state.ts';
import { assetChange, assetChoiceChange } from '#mandate/change-input.ts';
import { parseDecimals, parseObjectName, parseSymbol } from '#mandate/fields.ts';
import { knowsAsset } from '#policy-lang/knows-asset.ts';
import type { ChangeRequestRow } from '#persistence/change.ts';
import { reader, type Tx } from '#persistence/database.ts';
import type { PolicyInForce } from './policy-in-force.ts';
import type { Services } from './services.ts';

export type RegisterAssetInput = {
  readonly network: string;
  readonly contract: string;
  readonly symbol: string;
  readonly name: string;
  readonly decimals: number;
};

export type RetireAssetInput = { readonly asset: string };

/** The canonical form: what is signed. @throws INVALID_INPUT, NOT_FOUND */
export function parseNewAsset(input: RegisterAssetInput) {
  const network = findNetwork(input.network);
  return assetChange({
    network: network.id,
    contract: verbsOf(network).parseAddress(input.contract, 'contract'),
    symbol: parseSymbol(input.symbol),
    name: parseObjectName(input.name),
    decimals: parseDecimals(input.decimals),
  });
}

/** The canonical form: what is signed. @throws INVALID_INPUT */
export const parseAssetChoice = ({ asset }: RetireAssetInput) =>
  assetChoiceChange({ asset: parseAssetId(asset) });

/**
 * A token of the organisation's own. No other asset of the network has its contract or its symbol.
 * @throws FORBIDDEN, INVALID_INPUT, NOT_FOUND, and what `signedChange` throws
 */
export async function registerAsset(
  services: Services,
  actor: Actor,
  input: RegisterAssetInput,
  signed: SignedAction | null | undefined,
): Promise<ChangeRequestRow> {
  await requireAction(services, actor, 'registerAsset');
  const change = { operation: 'registerAsset', input: parseNewAsset(input), signed };
  return signedChange(services, actor, change, assetRegistered);
}

/**
 * Nothing new is paid with it; what was paid counts on.
 * @throws FORBIDDEN, INVALID_INPUT, NOT_FOUND, and what `signedChange` throws
 */
export async function retireAsset(
  services: Services,
  actor: Actor,
  input: RetireAssetInput,
  signed: SignedAction | null | undefined,
): Promise<ChangeRequestRow> {
  await requireAction(services, actor, 'retireAsset');
  const change = { operation: 'retireAsset', input: parseAssetChoice(input), signed };
  return signedChange(services, actor, change, assetRetired);
}

export const assetRegistered: Effect<Services> = async (services, tx, changed) => {
  const { change, subject, state } = changed;
  const { organization, requestedBy: actor } = change;
  const { contract, name, decimals } = knownAsset(state, subject);
  const detail = { contract: contract ?? null, name, decimals };
  await record(services, tx, { organization, actor, action: 'asset.registered', subject, detail });
};

export const assetRetired: Effect<Services> = async (services, tx, { change, subject }) => {
  const { organization, requestedBy: actor } = change;
  await record(services, tx, { organization, actor, action: 'asset.retired', subject });
};

/** What an organisation has beside the assets that are built in. */
export type OwnAssets = Pick<AuthorityState, 'assets'>;
const NONE: OwnAssets = { assets: new Map() };

export const ownAssets = async (tx: Tx, organization: OrganizationId): Promise<OwnAssets> =>
  (await findAuthority(tx, organization)) ?? NONE;

/** One of these or a built-in one, retired or not. @throws INVALID_INPUT, NOT_FOUND */
export const assetOf = async (
  tx: Tx,
  organization: OrganizationId,
  asset: string,
): Promise<Asset & Partial<Pick<RegisteredAsset, 'retired'>>> =>
  knownAsset(await ownAssets(tx, organization), asset);

/** The network with all that its wallets may hold. @throws INVALID_INPUT, NOT_FOUND */
export const networkOf = async (
  tx: Tx,
  organization: OrganizationId,
  network: NetworkId,
): Promise<Network> => knownNetwork(await ownAssets(tx, organization), network);

/** @throws INVALID_INPUT for one that is retired, NOT_FOUND */
export async function requirePayableAsset(
  tx: Tx,
  { organization }: Pick<Actor, 'organization'>,
  { asset }: { readonly asset: AssetId },
): Promise<Asset> {
  return payableAsset(await requireAuthority(tx, organization), asset);
}

/** A version that is older than the registration of an asset says nothing of it. @throws INVALID_INPUT */
export function requireKnownTo({ compiled, version }: PolicyInForce, asset: AssetId): void {
  if (compiled === undefined || knowsAsset(compiled, asset)) return;
  const reason = `version ${version} of the policy is older than the registration of ${asset}`;
  throw invalidInput('asset', reason, 'Publish another version: it knows the asset.');
}

/** Every asset of the organisation, for whoever belongs to it. */
export const listOwnAssets = async (
  { db }: Services,
  { organization }: Actor,
): Promise<AuthorityState['assets']> => (await ownAssets(reader(db), organization)).assets;
