/** One comparison as a closure. What it needs and does not find makes it missing. */
import type { AddressKey } from '#policy-lang/values/address.ts';
import type {
  AddressSet,
  Atom,
  Condition,
  FieldAtom,
  OrderOrEqual,
} from '#policy-lang/checking/condition.ts';
import { type Exact, compare, whole } from '#policy-lang/values/exact.ts';
import type { Facts, Linked } from './facts.ts';
import {
  addressReader,
  flagReader,
  levelReader,
  numberReader,
  textReader,
  textSetReader,
  wholeReader,
} from './field-facts.ts';
import { interned } from './interned.ts';
import type { Test } from './plan-condition.ts';
import { ScaledLimit } from '#policy-lang/values/scaled-limit.ts';
import { LEVELS } from '#policy-lang/snapshot.ts';
import { totalReader } from './totals.ts';
import { MISSING, type Truth, known } from './truth.ts';
import { isWithin } from '#policy-lang/values/week-window.ts';

type AtomOf<K extends Atom['kind']> = Extract<Atom, { kind: K }>;

/** Conditions within an atom (`where` of a total) are planned by whoever plans conditions. */
type PlanCondition = (condition: Condition, linked: Linked) => Test;

export function planAtom(atom: Atom, linked: Linked, plan: PlanCondition): Test {
  switch (atom.kind) {
    case 'wallet-tagged': {
      const tag = atom.tag;
      return ({ tags }) => (tags === undefined ? MISSING : known(tags.includes(tag)));
    }
    case 'recipient-in': {
      const addresses = addressesOf(atom.set, linked);
      return ({ recipient }) =>
        recipient === undefined ? MISSING : known(addresses.has(recipient));
    }
    case 'asset-in': {
      const assets = atom.assets;
      return ({ asset }) => (asset === undefined ? MISSING : known(assets.has(asset)));
    }
    case 'value': {
      const currency = interned(atom.currency);
      const limit = new ScaledLimit(atom.order, atom.limit);
      return (facts) => {
        const value = facts.value(currency);
        return value === undefined ? MISSING : known(limit.admits(value));
      };
    }
    case 'total': {
      const { need } = atom;
      const limit = new ScaledLimit(atom.order, atom.limit);
      const read = totalReader(need, need.where && plan(need.where, linked));
      return (facts) => {
        const total = read(facts);
        return total === undefined ? MISSING : known(limit.admits(total));
      };
    }
    case 'amount':
      return planAmount(atom);
    default:
      return planField(atom, linked);
  }
}

/**
 * An asset outside the limits makes the `asset is` beside it false, so the answer does not matter.
 */
function planAmount({ order, limits }: AtomOf<'amount'>): Test {
  const exact = new Map([...limits].map(([asset, units]) => [asset, whole(units)]));
  return ({ asset, units }) => {
    if (asset === undefined || units === undefined) return MISSING;
    const limit = exact.get(asset);
    return limit === undefined ? known(false) : ordered(whole(units), order, limit);
  };
}

function planField(atom: FieldAtom, linked: Linked): Test {
  switch (atom.kind) {
    case 'text-in':
      return atom.field.path === 'initiator' ? planInitiator(atom) : planText(atom);
    case 'address-in': {
      const read = addressReader(atom.field);
      const addresses = addressesOf(atom.set, linked);
      return (facts) => {
        const address = read(facts);
        return address === undefined ? MISSING : known(addresses.has(address));
      };
    }
    case 'same-address': {
      const [read, readOther] = [addressReader(atom.field), addressReader(atom.as)];
      return (facts) => {
        const [address, other] = [read(facts), readOther(facts)];
        return address === undefined || other === undefined ? MISSING : known(address === other);
      };
    }
    case 'has':
      return planHas(atom);
    case 'level': {
      const read = levelReader(atom.field);
      const least = LEVELS.indexOf(atom.level);
      return (facts) => {
        const level = read(facts);
        if (level === undefined) return MISSING;
        return known(holds(sign(LEVELS.indexOf(level) - least), atom.order));
      };
    }
    case 'number': {
      const read = numberReader(atom.field);
      return (facts) => ordered(read(facts), atom.order, atom.limit);
    }
    case 'units':
      return planUnits(atom);
    case 'time': {
      const read = wholeReader(atom.field);
      return (facts) => {
        const seconds = read(facts);
        if (seconds === undefined) return MISSING;
        const limit = BigInt(facts.snapshot.now + atom.offsetMs);
        return ordered(whole(seconds * 1_000n), atom.order, whole(limit));
      };
    }
    case 'within':
      return ({ snapshot }) => known(isWithin(atom.window, snapshot.now));
    case 'in-group':
      return ({ request }) => membership(request.initiator, atom.group, linked);
    default: {
      const read = flagReader(atom.field);
      return (facts) => {
        const value = read(facts);
        return value === undefined ? MISSING : known(value);
      };
    }
  }
}

function planText({ field, values }: AtomOf<'text-in'>): Test {
  const read = textReader(field);
  return (facts) => {
    const text = read(facts);
    return text === undefined ? MISSING : known(values.has(text));
  };
}

/** Authors name people by their e-mail addresses, which a request may leave out. */
function planInitiator({ values }: AtomOf<'text-in'>): Test {
  const namesByMail = [...values].some(isMail);
  return ({ request: { initiator } }) => {
    if (initiator === undefined) return MISSING;
    if (values.has(initiator.id)) return known(true);
    if (initiator.email === undefined) return namesByMail ? MISSING : known(false);
    return known(values.has(initiator.email));
  };
}

const isMail = (text: string): boolean => text.includes('@');

function planHas({ field, quantifier, values }: AtomOf<'has'>): Test {
  const read = textSetReader(field);
  const wanted = [...values];
  return (facts) => {
    const present = read(facts);
    if (present === undefined) return MISSING;
    const isPresent = (text: string): boolean => present.includes(text);
    return known(quantifier === 'any' ? wanted.some(isPresent) : wanted.every(isPresent));
  };
}

/** A symbol that the request's network does not have leaves the comparison without a meaning. */
function planUnits({ field, order, limits }: AtomOf<'units'>): Test {
  const read = wholeReader(field);
  return (facts) => {
    const units = read(facts);
    const limit = facts.network === undefined ? undefined : limits.get(facts.network);
    if (units === undefined || limit === undefined) return MISSING;
    return ordered(whole(units), order, whole(limit));
  };
}

type Initiator = Facts['request']['initiator'];

/**
 * Whether the initiator is in a group: as the request says, or else as the policy's own groups have
 * it, by id or e-mail. A member who is known by an e-mail alone may be anybody without one.
 */
export function membership(initiator: Initiator, group: string, { groups }: Linked): Truth {
  if (initiator === undefined) return MISSING;
  if (initiator.groups !== undefined) return known(initiator.groups.includes(group));
  const members = groups.get(group);
  if (members === undefined) return MISSING;
  const { id, email } = initiator;
  if (members.some((member) => member.user === id || member.email === email)) return known(true);
  const unclear = email === undefined && members.some((member) => member.user === undefined);
  return unclear ? MISSING : known(false);
}

export function ordered(value: Exact | undefined, order: OrderOrEqual, limit: Exact): Truth {
  return value === undefined ? MISSING : known(holds(compare(value, limit), order));
}

const sign = (difference: number): -1 | 0 | 1 => (difference < 0 ? -1 : difference > 0 ? 1 : 0);

export function holds(comparison: -1 | 0 | 1, order: OrderOrEqual): boolean {
  switch (order) {
    case '>':
      return comparison > 0;
    case '>=':
      return comparison >= 0;
    case '<':
      return comparison < 0;
    case '<=':
      return comparison <= 0;
    default:
      return comparison === 0;
  }
}

const NOBODY: ReadonlyMap<AddressKey, string> = new Map();

export type Addresses = {
  has(key: AddressKey): boolean;
  keys(): Iterable<AddressKey>;
};

export function addressesOf(set: AddressSet, { lists, contracts }: Linked): Addresses {
  switch (set.kind) {
    case 'listed':
      return set.addresses;
    case 'named':
      return lists.get(set.name) ?? NOBODY;
    default:
      return contracts.get(set.name) ?? NOBODY;
  }
}
