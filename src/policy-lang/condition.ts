/**
 * Conditions after checking: names resolved, units converted, every comparison meaningful.
 * Deciding, explaining and (later) proving all read this one tree.
 */
import type { AssetId } from '#core/money.ts';
import type { AddressKey } from './address.ts';
import type { AggregateNeed } from './compiled-policy.ts';
import type { Exact } from './exact.ts';

export type Condition =
  | { readonly kind: 'always' }
  | { readonly kind: 'and' | 'or'; readonly parts: readonly Condition[] }
  | { readonly kind: 'not'; readonly part: Condition }
  | Atom;

export type Order = '>' | '>=' | '<' | '<=';

export type Atom =
  | { readonly kind: 'wallet-tagged'; readonly tag: string }
  | { readonly kind: 'recipient-in'; readonly set: AddressSet }
  | { readonly kind: 'asset-in'; readonly assets: ReadonlySet<AssetId> }
  | {
      readonly kind: 'value';
      readonly order: Order;
      readonly currency: string;
      readonly limit: Exact;
    }
  | {
      readonly kind: 'amount';
      readonly order: Order;
      /** Base units for each asset that the rest of the condition admits. */
      readonly limits: ReadonlyMap<AssetId, bigint>;
    }
  | {
      readonly kind: 'total';
      readonly order: Order;
      readonly need: AggregateNeed;
      readonly limit: Exact;
    };

/** A list by its name, looked up when the policy is linked, or addresses written into the rule. */
export type AddressSet =
  | { readonly kind: 'named'; readonly name: string }
  | { readonly kind: 'listed'; readonly addresses: ReadonlySet<AddressKey> };

/** The atoms of a condition, from left to right. */
export function* atomsOf(condition: Condition): Generator<Atom> {
  switch (condition.kind) {
    case 'always':
      return;
    case 'and':
    case 'or':
      for (const part of condition.parts) yield* atomsOf(part);
      return;
    case 'not':
      yield* atomsOf(condition.part);
      return;
    default:
      yield condition;
  }
}
