/**
 * The comparisons that most rules consist of, as plain columns: a rule has at most one of each, and
 * whatever else its condition says is left to closures.
 */
import type { AssetId } from '#core/money.ts';
import type { Condition, Order } from '#policy-lang/checking/condition.ts';
import { type StepRange, within } from '#policy-lang/values/money-steps.ts';
import type { KnownAsset, Linked } from './facts.ts';
import { type Addresses, addressesOf } from './plan-atom.ts';
import type { Worth } from './worth.ts';

/** Absent columns are not compared. */
export type Columns = {
  tag?: string;
  role?: string;
  wallet?: string;
  asset?: KnownAsset;
  /** Of the asset of the column beside it. */
  units?: UnitRange;
  recipients?: Addresses;
  /** What the request is worth, in the currency of most limits. */
  range?: StepRange;
};

/** Base units, with both ends; without an end where `most` is absent. */
export type UnitRange = { readonly least: bigint; readonly most: bigint | undefined };

export function columnsOf(
  parts: readonly Condition[],
  linked: Linked,
  worth: Worth,
): { readonly columns: Columns; readonly others: readonly Condition[] } {
  const columns: Columns = {};
  const others = parts.filter((part) => !fillColumn(columns, part, linked, worth));
  return { columns, others };
}

/** Whether the part found its column free. */
function fillColumn(columns: Columns, part: Condition, linked: Linked, worth: Worth): boolean {
  const fill = <K extends keyof Columns>(name: K, value: Columns[K]): boolean => {
    if (value === undefined) return false;
    if (columns[name] !== undefined) return columns[name] === value;
    columns[name] = value;
    return true;
  };
  switch (part.kind) {
    case 'wallet-tagged':
      return fill('tag', part.tag);
    case 'asset-in':
      return fill('asset', knownAsset(part.assets.keys(), linked));
    case 'amount': {
      const asset = knownAsset(part.limits.keys(), linked);
      const limit = asset && part.limits.get(asset.id);
      if (limit === undefined || columns.units !== undefined || !fill('asset', asset)) return false;
      return fill('units', unitRange(part.order, limit));
    }
    case 'recipient-in':
      return fill('recipients', addressesOf(part.set, linked));
    case 'text-in':
      return part.field.path === 'wallet' && fill('wallet', only(part.values));
    case 'has':
      return part.field.path === 'initiator.roles' && fill('role', only(part.values));
    case 'value': {
      const range = worth.rangeOf(part);
      if (range !== undefined) columns.range = within(columns.range ?? {}, range);
      return range !== undefined;
    }
    default:
      return false;
  }
}

/** The asset, where it is only one. */
function knownAsset(assets: Iterable<AssetId>, linked: Linked): KnownAsset | undefined {
  const asset = only(assets);
  return asset && linked.assets.get(asset);
}

/** Units are never negative. */
function unitRange(order: Order, limit: bigint): UnitRange {
  switch (order) {
    case '>':
      return { least: limit + 1n, most: undefined };
    case '>=':
      return { least: limit, most: undefined };
    case '<':
      return { least: 0n, most: limit - 1n };
    default:
      return { least: 0n, most: limit };
  }
}

/** The element, where there is one only. */
function only<T>(elements: Iterable<T>): T | undefined {
  const [first, second] = elements;
  return second === undefined ? first : undefined;
}
