/**
 * Conditions after checking: names resolved, units converted, every comparison meaningful.
 * Deciding, explaining and proving all read this one tree. A `let` is written out where it is used.
 */
import type { AssetId, NetworkId } from '#core/money.ts';
import type { AddressKey } from '#policy-lang/values/address.ts';
import type { AggregateNeed } from '#policy-lang/compiled-policy.ts';
import type { Exact } from '#policy-lang/values/exact.ts';
import type { Level } from '#policy-lang/snapshot.ts';

export type Condition =
  | { readonly kind: 'always' }
  | { readonly kind: 'and' | 'or'; readonly parts: readonly Condition[] }
  | { readonly kind: 'not'; readonly part: Condition }
  | Atom;

export type Order = '>' | '>=' | '<' | '<=';

/** `is` of numbers and levels compares with `=`. */
export type OrderOrEqual = Order | '=';

/** The fields of a request, as authors write them. */
export type FieldPath =
  | 'wallet'
  | 'wallet.tags'
  | 'wallet.address'
  | 'network'
  | 'asset'
  | 'amount'
  | 'value'
  | 'recipient'
  | 'sender'
  | 'initiator'
  | 'initiator.roles'
  | 'call.contract'
  | 'call.function'
  | 'call.arg'
  | 'call.value'
  | 'message.kind'
  | 'typed-data.primary-type'
  | 'typed-data.domain-name'
  | 'typed-data.contract'
  | 'typed-data.field'
  | 'screening.alert-level'
  | 'screening.risk-score'
  | 'screening.direct-exposure'
  | 'screening.categories'
  | 'screening.address-categories'
  | 'screening.travel-rule'
  | 'screening.failure'
  | 'change.kind'
  | 'change.target'
  | 'change.role'
  | 'time';

/** A field, and the name in quotes behind it: `call.arg "amount"`. */
export type FieldRef = { readonly path: FieldPath; readonly argument?: string };

export type Atom = MoneyAtom | FieldAtom;

/** Comparisons of what a request moves. */
export type MoneyAtom =
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
      /** In the currency; a whole number where it counts requests or base units. */
      readonly limit: Exact;
    };

/** Comparisons of one field with constants, with another field, or with the time. */
export type FieldAtom =
  | { readonly kind: 'text-in'; readonly field: FieldRef; readonly values: ReadonlySet<string> }
  | { readonly kind: 'address-in'; readonly field: FieldRef; readonly set: AddressSet }
  | { readonly kind: 'same-address'; readonly field: FieldRef; readonly as: FieldRef }
  | {
      /** A set of texts has one of these, or all of them. */
      readonly kind: 'has';
      readonly field: FieldRef;
      readonly quantifier: 'any' | 'all';
      readonly values: ReadonlySet<string>;
    }
  | {
      readonly kind: 'level';
      readonly field: FieldRef;
      readonly order: OrderOrEqual;
      readonly level: Level;
    }
  | {
      readonly kind: 'number';
      readonly field: FieldRef;
      readonly order: OrderOrEqual;
      readonly limit: Exact;
    }
  | {
      readonly kind: 'units';
      readonly field: FieldRef;
      readonly symbol: string;
      readonly order: Order;
      /** Base units of the symbol's asset on each network that has one. */
      readonly limits: ReadonlyMap<NetworkId, bigint>;
    }
  | {
      /** A field in seconds since 1970, compared with `now` and this much more. */
      readonly kind: 'time';
      readonly field: FieldRef;
      readonly order: Order;
      readonly offsetMs: number;
    }
  | { readonly kind: 'within'; readonly window: WeekWindow }
  | { readonly kind: 'in-group'; readonly group: string }
  /** A field of type boolean is true. */
  | { readonly kind: 'true'; readonly field: FieldRef };

/** Monday is 1, as in ISO 8601. */
export type Weekday = 1 | 2 | 3 | 4 | 5 | 6 | 7;

/**
 * `Mon..Fri 08:00..18:00 Europe/Paris` on the clocks of the zone: half-open, in minutes of the day.
 * `until` is at most 1440; a window whose `until` is not after `from` goes on into the next day, and
 * its days are those on which it begins.
 */
export type WeekWindow = {
  readonly days: ReadonlySet<Weekday>;
  readonly from: number;
  readonly until: number;
  readonly zone: string;
};

/**
 * A list or imported contracts by name, looked up when the policy is linked, or addresses written
 * into the rule.
 */
export type AddressSet =
  | { readonly kind: 'named'; readonly name: string }
  | { readonly kind: 'contracts'; readonly name: string }
  | { readonly kind: 'listed'; readonly addresses: ReadonlySet<AddressKey> };

export const isAtom = (condition: Condition): condition is Atom =>
  !['always', 'and', 'or', 'not'].includes(condition.kind);

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

/** The parts of which all must hold. */
export function conjuncts(condition: Condition): readonly Condition[] {
  if (condition.kind === 'always') return [];
  return condition.kind === 'and' ? condition.parts.flatMap(conjuncts) : [condition];
}
