/**
 * Finds the rules that a request can match without trying all of them. A rule that is an `and` is
 * filed under one part of it; if that part is false for a request, so is the rule. If the fact that
 * the part looks at is missing, every rule filed under such parts is tried: missing facts must not
 * hide a rule.
 */
import type { AssetId } from '#core/money.ts';
import type { AddressKey } from './address.ts';
import type { Atom, Condition } from './condition.ts';
import type { Facts } from './facts.ts';
import { type Lists, addressesOf } from './plan-condition.ts';

/** Numbers of rules by the value of one fact; `all` holds every number that is filed. */
class Drawer<K> {
  readonly all: number[] = [];
  readonly #byKey = new Map<K, number[]>();

  file(rule: number, keys: Iterable<K>): void {
    this.all.push(rule);
    for (const key of keys) {
      const rules = this.#byKey.get(key);
      if (rules === undefined) this.#byKey.set(key, [rule]);
      else rules.push(rule);
    }
  }

  at(key: K): readonly number[] {
    return this.#byKey.get(key) ?? [];
  }
}

export class RuleIndex {
  readonly #always: number[] = [];
  readonly #tags = new Drawer<string>();
  readonly #assets = new Drawer<AssetId>();
  /** Rules by the number of the address set, and those numbers by address: lists are shared. */
  readonly #sets = new Drawer<number>();
  readonly #setsOfAddress = new Map<AddressKey, number[]>();
  readonly #setNumbers = new Map<unknown, number>();

  constructor(conditions: readonly Condition[], lists: Lists) {
    for (const [rule, condition] of conditions.entries()) this.#file(rule, condition, lists);
  }

  #file(rule: number, condition: Condition, lists: Lists): void {
    const parts: readonly Condition[] = condition.kind === 'and' ? condition.parts : [condition];
    const find = <K extends Atom['kind']>(kind: K): Extract<Atom, { kind: K }> | undefined =>
      parts.find((part): part is Extract<Atom, { kind: K }> => part.kind === kind);
    const recipient = find('recipient-in');
    const asset = find('asset-in');
    const tag = find('wallet-tagged');
    if (recipient !== undefined) this.#sets.file(rule, [this.#setNumber(recipient, lists)]);
    else if (asset !== undefined) this.#assets.file(rule, asset.assets);
    else if (tag !== undefined) this.#tags.file(rule, [tag.tag]);
    else this.#always.push(rule);
  }

  #setNumber({ set }: Extract<Atom, { kind: 'recipient-in' }>, lists: Lists): number {
    const addresses = addressesOf(set, lists);
    const before = this.#setNumbers.get(addresses);
    if (before !== undefined) return before;
    const number = this.#setNumbers.size;
    this.#setNumbers.set(addresses, number);
    for (const address of addresses.keys()) {
      const sets = this.#setsOfAddress.get(address);
      if (sets === undefined) this.#setsOfAddress.set(address, [number]);
      else sets.push(number);
    }
    return number;
  }

  /** Numbers of the rules that may match, each once, in no particular order. */
  *candidates(facts: Facts): Generator<number> {
    yield* this.#always;
    if (facts.tags === undefined) yield* this.#tags.all;
    else for (const tag of facts.tags) yield* this.#tags.at(tag);
    yield* facts.asset === undefined ? this.#assets.all : this.#assets.at(facts.asset);
    if (facts.recipient === undefined) yield* this.#sets.all;
    else {
      for (const set of this.#setsOfAddress.get(facts.recipient) ?? []) yield* this.#sets.at(set);
    }
  }
}
