/**
 * Conditions as closures: built once when the policy is linked, run for each request. They only
 * answer; `explain.ts` says why. No code is generated from text.
 */
import { type AddressKey } from './address.ts';
import type { AddressSet, Atom, Condition, Order } from './condition.ts';
import { type Exact, compare, whole } from './exact.ts';
import type { Facts } from './facts.ts';
import type { AddressList } from './list-file.ts';
import { FALSE, MISSING, TRUE, type Truth, known, not } from './truth.ts';

export type Test = (facts: Facts) => Truth;

/** The lists by name, as they stand when the policy is linked. */
export type Lists = ReadonlyMap<string, AddressList>;

export function planCondition(condition: Condition, lists: Lists): Test {
  switch (condition.kind) {
    case 'always':
      return () => TRUE;
    case 'not': {
      const test = planCondition(condition.part, lists);
      return (facts) => not(test(facts));
    }
    case 'and':
      return all(condition.parts.map((part) => planCondition(part, lists)));
    case 'or':
      return any(condition.parts.map((part) => planCondition(part, lists)));
    default:
      return planAtom(condition, lists);
  }
}

function all(tests: readonly Test[]): Test {
  return (facts) => {
    let result: Truth = TRUE;
    for (const test of tests) {
      const truth = test(facts);
      if (truth === FALSE) return FALSE;
      if (truth === MISSING) result = MISSING;
    }
    return result;
  };
}

function any(tests: readonly Test[]): Test {
  return (facts) => {
    let result: Truth = FALSE;
    for (const test of tests) {
      const truth = test(facts);
      if (truth === TRUE) return TRUE;
      if (truth === MISSING) result = MISSING;
    }
    return result;
  };
}

export function planAtom(atom: Atom, lists: Lists): Test {
  switch (atom.kind) {
    case 'wallet-tagged': {
      const tag = atom.tag;
      return ({ tags }) => (tags === undefined ? MISSING : known(tags.has(tag)));
    }
    case 'recipient-in': {
      const addresses = addressesOf(atom.set, lists);
      return ({ recipient }) =>
        recipient === undefined ? MISSING : known(addresses.has(recipient));
    }
    case 'asset-in': {
      const assets = atom.assets;
      return ({ asset }) => (asset === undefined ? MISSING : known(assets.has(asset)));
    }
    case 'value': {
      const { order, limit, currency } = atom;
      return (facts) => ordered(facts.value(currency), order, limit);
    }
    case 'total': {
      const { order, limit, need } = atom;
      return (facts) => ordered(facts.total(need), order, limit);
    }
    case 'amount':
      return planAmount(atom);
    default:
      return () => MISSING;
  }
}

/**
 * An asset outside the limits makes the `asset is` beside it false, so the answer does not matter.
 */
function planAmount({ order, limits }: Extract<Atom, { kind: 'amount' }>): Test {
  const exact = new Map([...limits].map(([asset, units]) => [asset, whole(units)]));
  return ({ asset, units }) => {
    if (asset === undefined || units === undefined) return MISSING;
    const limit = exact.get(asset);
    return limit === undefined ? FALSE : ordered(whole(units), order, limit);
  };
}

function ordered(value: Exact | undefined, order: Order, limit: Exact): Truth {
  return value === undefined ? MISSING : known(holds(compare(value, limit), order));
}

export function holds(comparison: -1 | 0 | 1, order: Order): boolean {
  switch (order) {
    case '>':
      return comparison > 0;
    case '>=':
      return comparison >= 0;
    case '<':
      return comparison < 0;
    default:
      return comparison <= 0;
  }
}

const NOBODY: ReadonlyMap<AddressKey, string> = new Map();

export function addressesOf(
  set: AddressSet,
  lists: Lists,
): { has(key: AddressKey): boolean; keys(): Iterable<AddressKey> } {
  return set.kind === 'listed' ? set.addresses : (lists.get(set.name) ?? NOBODY);
}
