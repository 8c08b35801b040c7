/**
 * Where a condition stands: what the conditions around it say about the request, and which fields it
 * has used so far.
 */
import type { AssetId } from '#core/money.ts';
import type { Condition } from './condition.ts';
import type { Span } from '#policy-lang/diagnostics.ts';
import type { Activity } from '#policy-lang/snapshot.ts';

/** What the surrounding `and`s leave possible; absent where they say nothing. */
export type Knowledge = {
  readonly assets?: ReadonlySet<AssetId>;
  /** Names of imported contracts that the call's contract, or the typed data's, is one of. */
  readonly contracts?: ReadonlySet<string>;
  readonly functions?: ReadonlySet<string>;
  readonly primaryTypes?: ReadonlySet<string>;
};

/** A field or a total that a condition uses, and the activities that have it. */
export type Use = {
  readonly name: string;
  readonly span: Span;
  readonly activities: readonly Activity[];
  /** A total counts requests of this activity: a rule that does not say otherwise applies to it. */
  readonly home?: Activity;
};

export type Place = {
  readonly knowledge: Knowledge;
  /** Filled while the condition is checked. */
  readonly uses: Use[];
  /** Inside of a total's `where`: a total cannot stand there. */
  readonly insideTotal: boolean;
};

export const newPlace = (knowledge: Knowledge = {}): Place => ({
  knowledge,
  uses: [],
  insideTotal: false,
});

export const KNOWS_NOTHING: Knowledge = {};

/** Both hold. */
export const joined = (left: Knowledge, right: Knowledge): Knowledge => ({
  ...both('assets', left.assets, right.assets),
  ...both('contracts', left.contracts, right.contracts),
  ...both('functions', left.functions, right.functions),
  ...both('primaryTypes', left.primaryTypes, right.primaryTypes),
});

function both<K extends string, T>(
  key: K,
  left: ReadonlySet<T> | undefined,
  right: ReadonlySet<T> | undefined,
): { readonly [key in K]?: ReadonlySet<T> } {
  const set =
    left === undefined || right === undefined
      ? (left ?? right)
      : new Set([...left].filter((element) => right.has(element)));
  return (set === undefined ? {} : { [key]: set }) as { [key in K]?: ReadonlySet<T> };
}

/** What a condition says about the request where it is true. */
export function knowledgeOf(condition: Condition): Knowledge {
  switch (condition.kind) {
    case 'and':
      return condition.parts.map(knowledgeOf).reduce(joined, KNOWS_NOTHING);
    case 'asset-in':
      return { assets: condition.assets };
    case 'text-in':
      if (condition.field.path === 'call.function') return { functions: condition.values };
      if (condition.field.path === 'typed-data.primary-type') {
        return { primaryTypes: condition.values };
      }
      return KNOWS_NOTHING;
    case 'address-in': {
      const { field, set } = condition;
      const isContract = field.path === 'call.contract' || field.path === 'typed-data.contract';
      return isContract && set.kind === 'contracts'
        ? { contracts: new Set([set.name]) }
        : KNOWS_NOTHING;
    }
    default:
      return KNOWS_NOTHING;
  }
}
