/**
 * The facts of a request as the reference interpreter reads them: each is a value, or the paths of
 * what is missing (semantics 2, 3, 7 and 8). Addresses are compared as family and bytes.
 */
import type { GroupMember } from '#policy-lang/compiled-policy.ts';
import type { FieldRef } from '#policy-lang/checking/condition.ts';
import type { FactValue, Snapshot } from '#policy-lang/snapshot.ts';
import type { AssetFact } from '#policy-lang/world.ts';
import { familyAndBytes } from './addresses.ts';
import { type Fraction, decimal, times, wholeNumber } from './fraction.ts';

/** What the names of a policy stand for. */
export type Names = {
  readonly assets: ReadonlyMap<string, AssetFact>;
  readonly lists: ReadonlyMap<string, ReadonlyMap<string, string>>;
  readonly contracts: ReadonlyMap<string, ReadonlyMap<string, string>>;
  readonly groups: ReadonlyMap<string, readonly GroupMember[]>;
};

/** A fact, or why there is none. */
export type Known<T> = { readonly value: T } | { readonly missing: readonly string[] };

export const isKnown = <T>(fact: Known<T>): fact is { readonly value: T } => 'value' in fact;

/** The fact at a path, missing where the snapshot does not hold it. */
export const at = <T>(path: string, value: T | undefined): Known<T> =>
  value === undefined ? { missing: [path] } : { value };

/** Both facts, or what is missing of them. */
export function both<A, B>(left: Known<A>, right: Known<B>): Known<readonly [A, B]> {
  if ('value' in left && 'value' in right) return { value: [left.value, right.value] };
  return { missing: [left, right].flatMap((fact) => ('value' in fact ? [] : fact.missing)) };
}

/** `call.arg "amount"`: how a decision names a field. */
export const pathOf = ({ path, argument }: FieldRef): string =>
  argument === undefined ? path : `${path} "${argument}"`;

export const assetOf = ({ request }: Snapshot): Known<string> => at('asset', request.asset);

export function networkOf({ request: { network, asset } }: Snapshot): Known<string> {
  return at('network', network ?? asset?.slice(asset.indexOf('@') + 1));
}

/** What moves: of a contract call the native amount that it carries. A debt moves nothing. */
export function unitsOf({ activity, request }: Snapshot): Known<bigint> {
  const units = activity === 'contract-call' ? request.call?.value : request.units;
  const path = activity === 'contract-call' ? 'call.value' : 'amount';
  return at(path, units === undefined || units < 0n ? undefined : units);
}

/** Semantics 7: base units times price, in whole tokens and whole currency, never rounded. */
export function valueOf(snapshot: Snapshot, currency: string, names: Names): Known<Fraction> {
  const asset = assetOf(snapshot);
  const decimals = isKnown(asset) ? names.assets.get(asset.value)?.decimals : undefined;
  if (!isKnown(asset) || decimals === undefined) return { missing: ['asset'] };
  const parts = both(unitsOf(snapshot), priceOf(snapshot, currency));
  if (!isKnown(parts)) return parts;
  const [units, price] = parts.value;
  return { value: times(decimal(units, decimals), price) };
}

/** How far ahead of the decision's own clock a quote may be (semantics 7). */
const AHEAD_MS = 5_000;

/**
 * Semantics 7: a quote older than its max-age is missing, and so is one from the future, or of a
 * price that is not above zero.
 */
function priceOf({ now, prices, request }: Snapshot, currency: string): Known<Fraction> {
  const { asset } = request;
  const quotes = asset === undefined ? [] : (prices.get(asset) ?? []);
  const quote = quotes.find(({ price }) => price.currency === currency);
  const isFresh =
    quote !== undefined && now <= quote.asOf + quote.maxAgeMs && quote.asOf <= now + AHEAD_MS;
  const isPrice = isFresh && quote.price.scaled > 0n;
  const price = isPrice ? decimal(quote.price.scaled, quote.price.scale) : undefined;
  return at(`price ${asset} in ${currency}`, price);
}

/** A field of type text; those of a screening that failed are missing, except why it failed. */
export function textOf(field: FieldRef, snapshot: Snapshot): Known<string> {
  const { wallet, asset, call, message, typedData, change, screening } = snapshot.request;
  const texts: Readonly<Record<string, string | undefined>> = {
    wallet: wallet?.id,
    asset,
    'call.function': call?.function,
    'message.kind': message?.kind,
    'typed-data.primary-type': typedData?.primaryType,
    'typed-data.domain-name': typedData?.domainName,
    'screening.travel-rule': screeningOf(snapshot)?.travelRule,
    'screening.failure': screening && (screening.failure ?? 'none'),
    'change.kind': change?.kind,
    'change.target': change?.target,
    'change.role': change?.role,
  };
  if (field.path === 'network') return networkOf(snapshot);
  const given = factValueOf(field, snapshot);
  return at(pathOf(field), given?.type === 'text' ? given.text : texts[field.path]);
}

/** A field of several texts. */
export function textsOf(field: FieldRef, snapshot: Snapshot): Known<readonly string[]> {
  const screening = screeningOf(snapshot);
  const sets: Readonly<Record<string, readonly string[] | undefined>> = {
    'wallet.tags': snapshot.request.wallet?.tags,
    'initiator.roles': snapshot.request.initiator?.roles,
    'screening.direct-exposure': screening?.directExposure,
    'screening.categories': screening?.categories,
    'screening.address-categories': screening?.addressCategories,
  };
  return at(pathOf(field), sets[field.path]);
}

/** What a screening says; nothing once it has failed. */
export function screeningOf({ request }: Snapshot): Snapshot['request']['screening'] {
  return request.screening?.failure === undefined ? request.screening : undefined;
}

/** A field of type number; what a call carries is never negative. */
export function numberOf(field: FieldRef, snapshot: Snapshot): Known<Fraction> {
  const score = screeningOf(snapshot)?.riskScore;
  if (field.path === 'screening.risk-score') {
    return at(field.path, score && decimal(score.scaled, score.scale));
  }
  const carried = snapshot.request.call?.value;
  if (field.path === 'call.value') {
    return at(field.path, carried === undefined || carried < 0n ? undefined : wholeNumber(carried));
  }
  const given = factValueOf(field, snapshot);
  return at(pathOf(field), given?.type === 'number' ? wholeNumber(given.number) : undefined);
}

/** A field of type boolean. */
export function flagOf(field: FieldRef, snapshot: Snapshot): Known<boolean> {
  const given = factValueOf(field, snapshot);
  return at(pathOf(field), given?.type === 'boolean' ? given.value : undefined);
}

/** The argument of a call, or the field of typed data, that a field names. */
function factValueOf({ path, argument = '' }: FieldRef, snapshot: Snapshot): FactValue | undefined {
  const { call, typedData } = snapshot.request;
  if (path === 'call.arg') return call?.args?.get(argument);
  return path === 'typed-data.field' ? typedData?.fields?.get(argument) : undefined;
}

/** A field of type address, as family and bytes (semantics 8). */
export function addressOf(field: FieldRef, snapshot: Snapshot): Known<string> {
  const { recipient, sender, wallet, call, typedData } = snapshot.request;
  const written: Readonly<Record<string, string | undefined>> = {
    recipient,
    sender,
    'wallet.address': wallet?.address,
    'call.contract': call?.contract,
    'typed-data.contract': typedData?.contract,
  };
  const given = factValueOf(field, snapshot);
  const text = given?.type === 'address' ? given.address : written[field.path];
  return at(pathOf(field), text === undefined ? undefined : familyAndBytes(text));
}
