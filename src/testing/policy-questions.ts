/** Small names and contracts, and what a condition says about a request among them. */
import type { AssetId } from '#core/money.ts';
import { type AddressKey, addressKey } from '#policy-lang/values/address.ts';
import type { Condition } from '#policy-lang/checking/condition.ts';
import { groundsOf, sentenceOf } from '#policy-lang/explaining/explain.ts';
import { Facts, type Linked, knownAssets } from '#policy-lang/deciding/facts.ts';
import type { RequestFacts, Snapshot } from '#policy-lang/snapshot.ts';
import { NOW, VENDOR, WORLD, quote } from './policy-fixtures.ts';

export const key = (address: string): AddressKey => addressKey(address) as AddressKey;
export const USDC = 'USDC@ethereum' as AssetId;

const LINKED: Linked = {
  assets: knownAssets(WORLD.assets),
  lists: new Map([['vendors', new Map([[key(VENDOR), 'Vendor XYZ']])]]),
  contracts: new Map([['aave', new Map([[key(VENDOR), '']])]]),
  groups: new Map([
    ['managers', [{ email: 'bob@x.example', user: 'bob' }, { email: 'eve@x.example' }]],
  ]),
};

/** `true: The wallet is "wa-1".`: the answer and its sentence; one USDC is worth a dollar. */
export function ask(condition: Condition, request: RequestFacts, more: Partial<Snapshot> = {}) {
  const snapshot: Snapshot = {
    now: NOW,
    activity: 'transfer',
    request,
    prices: new Map([[USDC, [quote('1.00')]]]),
    aggregates: new Map(),
    ...more,
  };
  const facts = new Facts(snapshot, LINKED);
  const grounds = groundsOf(condition, facts);
  const truth = (['false', 'missing', 'true'] as const)[grounds.truth];
  return `${truth}: ${sentenceOf(grounds, facts)}`;
}
