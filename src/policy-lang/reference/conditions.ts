/**
 * The truth of a condition, read from the tree without preparing anything (semantics 2). One case
 * for each kind of comparison, in the order of `condition.ts`.
 */
import type { AggregateNeed } from '#policy-lang/compiled-policy.ts';
import type {
  AddressSet,
  Atom,
  Condition,
  FieldRef,
  WeekWindow,
} from '#policy-lang/checking/condition.ts';
import { type Activity, LEVELS, type Level, type Snapshot } from '#policy-lang/snapshot.ts';
import { bytesOfKey } from './addresses.ts';
import { type Fraction, decimal, isOrdered, larger, plus, wholeNumber } from './fraction.ts';
import { type Answer, answer, conjunction, disjunction, negation, unknown } from './kleene.ts';
import {
  type Known,
  type Names,
  addressOf,
  at,
  assetOf,
  both,
  flagOf,
  isKnown,
  networkOf,
  numberOf,
  screeningOf,
  textOf,
  textsOf,
  unitsOf,
  valueOf,
} from './request.ts';

export function truthOf(condition: Condition, snapshot: Snapshot, names: Names): Answer {
  const partsOf = (parts: readonly Condition[]): readonly Answer[] =>
    parts.map((part) => truthOf(part, snapshot, names));
  switch (condition.kind) {
    case 'always':
      return answer(true);
    case 'not':
      return negation(truthOf(condition.part, snapshot, names));
    case 'and':
      return conjunction(partsOf(condition.parts));
    case 'or':
      return disjunction(partsOf(condition.parts));
    default:
      return truthOfAtom(condition, snapshot, names);
  }
}

/** Semantics 2 and 3: a comparison of a missing fact is missing; it is never guessed. */
function when<T>(fact: Known<T>, test: (value: T) => boolean): Answer {
  return isKnown(fact) ? answer(test(fact.value)) : unknown(fact.missing);
}

function truthOfAtom(atom: Atom, snapshot: Snapshot, names: Names): Answer {
  switch (atom.kind) {
    case 'wallet-tagged':
      return when(textsOf({ path: 'wallet.tags' }, snapshot), (tags) => tags.includes(atom.tag));
    case 'recipient-in':
      return isInSet({ path: 'recipient' }, atom.set, snapshot, names);
    case 'asset-in':
      return when(assetOf(snapshot), (asset) => [...atom.assets].some((one) => one === asset));
    case 'value': {
      const value = valueOf(snapshot, atom.currency, names);
      return when(value, (worth) => isOrdered(worth, atom.order, fractionOf(atom.limit)));
    }
    case 'amount':
      return truthOfAmount(atom, snapshot);
    case 'total': {
      const total = totalOf(atom.need, snapshot, names);
      const truth = when(total, (all) => isOrdered(all, atom.order, fractionOf(atom.limit)));
      return { ...truth, isLimit: true };
    }
    case 'text-in':
      return atom.field.path === 'initiator'
        ? isInitiator(atom.values, snapshot)
        : when(textOf(atom.field, snapshot), (text) => atom.values.has(text));
    case 'address-in':
      return isInSet(atom.field, atom.set, snapshot, names);
    case 'same-address': {
      const addresses = both(addressOf(atom.field, snapshot), addressOf(atom.as, snapshot));
      return when(addresses, ([one, other]) => one === other);
    }
    case 'has':
      return when(textsOf(atom.field, snapshot), (texts) => {
        const values = [...atom.values];
        const isThere = (value: string): boolean => texts.includes(value);
        return atom.quantifier === 'all' ? values.every(isThere) : values.some(isThere);
      });
    case 'level': {
      const level = screeningOf(snapshot)?.alertLevel;
      if (level === undefined) return unknown([atom.field.path]);
      return answer(isOrdered(rank(level), atom.order, rank(atom.level)));
    }
    case 'number': {
      const limit = fractionOf(atom.limit);
      return when(numberOf(atom.field, snapshot), (n) => isOrdered(n, atom.order, limit));
    }
    case 'units':
      return truthOfUnits(atom, snapshot);
    case 'time': {
      const limit = decimal(BigInt(snapshot.now + atom.offsetMs), 3);
      return when(numberOf(atom.field, snapshot), (n) => isOrdered(n, atom.order, limit));
    }
    case 'within':
      return answer(isWithin(atom.window, snapshot.now));
    case 'in-group':
      return isInGroup(atom.group, snapshot, names);
    default:
      return when(flagOf(atom.field, snapshot), (flag) => flag);
  }
}

const rank = (level: Level): Fraction => wholeNumber(BigInt(LEVELS.indexOf(level)));

const fractionOf = (limit: { readonly scaled: bigint; readonly scale: number }): Fraction =>
  decimal(limit.scaled, limit.scale);

/** Semantics 8: addresses are the same if family and bytes are. */
function isInSet(field: FieldRef, set: AddressSet, snapshot: Snapshot, names: Names): Answer {
  const named = set.kind === 'named' ? names.lists : names.contracts;
  const keys = set.kind === 'listed' ? set.addresses : (named.get(set.name)?.keys() ?? []);
  return when(addressOf(field, snapshot), (address) =>
    [...keys].some((key) => bytesOfKey(key) === address),
  );
}

/** Semantics 7: an amount is compared with a limit in base units of the same asset only. */
function truthOfAmount(atom: Extract<Atom, { kind: 'amount' }>, snapshot: Snapshot): Answer {
  const asset = assetOf(snapshot);
  if (!isKnown(asset)) return unknown(asset.missing);
  const [, limit] = [...atom.limits].find(([one]) => one === asset.value) ?? [];
  return when(unitsOf(snapshot), (units) => {
    if (limit === undefined) return false;
    return isOrdered(wholeNumber(units), atom.order, wholeNumber(limit));
  });
}

/** An amount that a call or a message names is in base units of the asset on its own network. */
function truthOfUnits(atom: Extract<Atom, { kind: 'units' }>, snapshot: Snapshot): Answer {
  const facts = both(numberOf(atom.field, snapshot), networkOf(snapshot));
  if (!isKnown(facts)) return unknown(facts.missing);
  const [number, network] = facts.value;
  const [, limit] = [...atom.limits].find(([one]) => one === network) ?? [];
  if (limit === undefined) return unknown([`asset ${atom.symbol}@${network}`]);
  return answer(isOrdered(number, atom.order, wholeNumber(limit)));
}

/** A person is named by the id or by the e-mail address. */
function isInitiator(people: ReadonlySet<string>, { request: { initiator } }: Snapshot): Answer {
  if (initiator === undefined) return unknown(['initiator']);
  if (people.has(initiator.id)) return answer(true);
  if (initiator.email !== undefined) return answer(people.has(initiator.email));
  const mayBeMeant = [...people].some((name) => name.includes('@'));
  return mayBeMeant ? unknown(['initiator.email']) : answer(false);
}

function isInGroup(group: string, { request: { initiator } }: Snapshot, names: Names): Answer {
  if (initiator === undefined) return unknown(['initiator']);
  if (initiator.groups !== undefined) return answer(initiator.groups.includes(group));
  const people = names.groups.get(group);
  if (people === undefined) return unknown(['initiator.groups']);
  const { id, email } = initiator;
  if (people.some((one) => one.user === id)) return answer(true);
  if (email !== undefined) return answer(people.some((one) => one.email === email));
  const mayBeMeant = people.some(({ user }) => user === undefined);
  return mayBeMeant ? unknown(['initiator.email']) : answer(false);
}

/**
 * Semantics 9: the earlier requests, and the pending one unless the need excludes it or it is none
 * of those that the need counts.
 */
function totalOf(need: AggregateNeed, snapshot: Snapshot, names: Names): Known<Fraction> {
  const fact = snapshot.aggregates.get(need.key);
  const total = fact === undefined || fact.total < 0n ? undefined : fact.total;
  const places = need.of === 'value' ? 2 : 0;
  const before = at(need.key, total === undefined ? undefined : decimal(total, places));
  const counts = isCounted(need, snapshot, names);
  if (counts.truth === 'false') return before;
  const own =
    counts.truth === 'missing' ? { missing: counts.paths } : ownPart(need, snapshot, names);
  const parts = both(before, own);
  if (!isKnown(parts)) return parts;
  const [earlier, more] = parts.value;
  return { value: need.function === 'max' ? larger(earlier, more) : plus(earlier, more) };
}

/** Semantics 9: a total of transfers counts allowances, one of allowances those without a bound. */
function countedBy(activity: Activity): readonly Activity[] {
  if (activity === 'transfer') return [activity, 'allowance', 'unlimited-allowance'];
  if (activity === 'allowance') return [activity, 'unlimited-allowance'];
  return [activity];
}

/** Whether the pending request is one of those that the need counts. */
function isCounted(need: AggregateNeed, snapshot: Snapshot, names: Names): Answer {
  const { asset, where } = need;
  const { activity, also = activity } = snapshot;
  const counted = countedBy(need.activity);
  return conjunction([
    answer(need.includesThis && (counted.includes(activity) || counted.includes(also))),
    asset === undefined ? answer(true) : when(assetOf(snapshot), (own) => own === asset),
    where === undefined ? answer(true) : truthOf(where, snapshot, names),
  ]);
}

/** What the pending request adds. */
function ownPart(need: AggregateNeed, snapshot: Snapshot, names: Names): Known<Fraction> {
  if (need.of === 'value') return valueOf(snapshot, need.currency ?? '', names);
  if (need.of === 'amount') {
    const units = unitsOf(snapshot);
    return isKnown(units) ? { value: wholeNumber(units.value) } : units;
  }
  if (!need.distinct) return { value: wholeNumber(1n) };
  const seen = snapshot.aggregates.get(need.key)?.seen;
  return at(need.key, seen === undefined ? undefined : wholeNumber(seen ? 0n : 1n));
}

const WEEKDAYS = ['Mon', 'Tue', 'Wed', 'Thu', 'Fri', 'Sat', 'Sun'];

/** Half-open on the clocks of the zone; a window that crosses midnight belongs to its first day. */
function isWithin({ days, from, until, zone }: WeekWindow, now: number): boolean {
  const parts = new Intl.DateTimeFormat('en-GB', {
    timeZone: zone,
    weekday: 'short',
    hour: '2-digit',
    minute: '2-digit',
    hourCycle: 'h23',
  }).formatToParts(now);
  const part = (type: string): string => parts.find((one) => one.type === type)?.value ?? '';
  const minute = Number(part('hour')) * 60 + Number(part('minute'));
  const today = WEEKDAYS.indexOf(part('weekday')) + 1;
  const yesterday = today === 1 ? 7 : today - 1;
  const isDay = (day: number): boolean => [...days].some((one) => one === day);
  if (until > from) return isDay(today) && from <= minute && minute < until;
  return (isDay(today) && from <= minute) || (isDay(yesterday) && minute < until);
}
