/** What the comparison of one field found, as a clause. */
import { formatDecimal } from '#core/money.ts';
import type { FieldAtom, FieldRef } from '#policy-lang/checking/condition.ts';
import { durationInWords } from '#policy-lang/values/durations.ts';
import { compare, type Exact } from '#policy-lang/values/exact.ts';
import type { Facts } from '#policy-lang/deciding/facts.ts';
import {
  addressReader,
  flagReader,
  levelReader,
  numberReader,
  spellingReader,
  textReader,
  textSetReader,
  wholeReader,
} from '#policy-lang/deciding/field-facts.ts';
import { fieldInWords } from './field-words.ts';
import { addressesClause, inWords, relation } from './phrases.ts';
import { membership } from '#policy-lang/deciding/plan-atom.ts';
import { LEVELS } from '#policy-lang/snapshot.ts';
import { TRUE } from '#policy-lang/deciding/truth.ts';
import { isWithin, timeInWords, windowInWords } from '#policy-lang/values/week-window.ts';

type AtomOf<K extends FieldAtom['kind']> = Extract<FieldAtom, { kind: K }>;

/** Only for atoms that are not missing. */
export function fieldClauseOf(atom: FieldAtom, facts: Facts): string {
  switch (atom.kind) {
    case 'text-in':
      return textClause(atom, facts);
    case 'address-in': {
      const written = spellingReader(atom.field)(facts) ?? '';
      return addressesClause(fieldInWords(atom.field), written, atom.set, facts.linked);
    }
    case 'same-address':
      return sameAddressClause(atom, facts);
    case 'has':
      return hasClause(atom, facts);
    case 'level':
      return levelClause(atom, facts);
    case 'number': {
      const number = numberReader(atom.field)(facts);
      return comparison(atom.field, number, atom.limit, numberInWords);
    }
    case 'units':
      return unitsClause(atom, facts);
    case 'time':
      return timeClause(atom, facts);
    case 'within': {
      const { window } = atom;
      const place = isWithin(window, facts.snapshot.now) ? 'within' : 'outside';
      const time = timeInWords(facts.snapshot.now, window.zone);
      return `it is ${time}, ${place} ${windowInWords(window)}`;
    }
    case 'in-group': {
      const { initiator } = facts.request;
      const verb = membership(initiator, atom.group, facts.linked) === TRUE ? 'is' : 'is not';
      return `the initiator ${initiator?.id} ${verb} in the group ${atom.group}`;
    }
    default:
      return `${fieldInWords(atom.field)} is ${flagReader(atom.field)(facts)}`;
  }
}

const quoted = (texts: Iterable<string>): readonly string[] =>
  [...texts].map((text) => JSON.stringify(text));

function textClause({ field, values }: AtomOf<'text-in'>, facts: Facts): string {
  const text = textReader(field)(facts) ?? '';
  const email = field.path === 'initiator' ? facts.request.initiator?.email : undefined;
  const name = fieldInWords(field);
  if (values.has(text) || (email !== undefined && values.has(email))) {
    return `${name} is ${JSON.stringify(values.has(text) ? text : email)}`;
  }
  return `${name} is ${JSON.stringify(text)}, not ${inWords(quoted(values), 'one of')}`;
}

function sameAddressClause({ field, as }: AtomOf<'same-address'>, facts: Facts): string {
  const [address = '', other = ''] = [spellingReader(field)(facts), spellingReader(as)(facts)];
  return addressReader(field)(facts) === addressReader(as)(facts)
    ? `${fieldInWords(field)} is ${fieldInWords(as)}`
    : `${fieldInWords(field)} is ${address}, not ${fieldInWords(as)} ${other}`;
}

function hasClause({ field, quantifier, values }: AtomOf<'has'>, facts: Facts): string {
  const present = new Set(textSetReader(field)(facts));
  const there = [...values].filter((value) => present.has(value));
  const lacking = [...values].filter((value) => !present.has(value));
  const name = fieldInWords(field);
  const plural = field.path === 'screening.direct-exposure' ? 'includes' : 'include';
  const holdsHere = quantifier === 'any' ? there.length > 0 : lacking.length === 0;
  if (holdsHere) return `${name} ${plural} ${quoted(there).join(' and ')}`;
  const none = quantifier === 'any' ? quoted(values).join(' nor ') : quoted(lacking).join(' and ');
  return quantifier === 'any' && values.size > 1
    ? `${name} ${plural} neither ${none}`
    : `${name} ${plural === 'include' ? 'do' : 'does'} not include ${none}`;
}

function levelClause({ field, level }: AtomOf<'level'>, facts: Facts): string {
  const actual = levelReader(field)(facts) ?? 'NONE';
  const order = Math.sign(LEVELS.indexOf(actual) - LEVELS.indexOf(level)) as -1 | 0 | 1;
  return `${fieldInWords(field)} is ${order === 0 ? '' : `${actual}, `}${relation(order, level)}`;
}

const numberInWords = ({ scaled, scale }: Exact): string => formatDecimal(scaled, scale);

function comparison(
  field: FieldRef,
  value: Exact | undefined,
  limit: Exact,
  show: (value: Exact) => string,
): string {
  if (value === undefined) return `${fieldInWords(field)} is not known`;
  const order = compare(value, limit);
  const shown = order === 0 ? '' : `${show(value)}, `;
  return `${fieldInWords(field)} is ${shown}${relation(order, show(limit))}`;
}

function unitsClause(atom: AtomOf<'units'>, facts: Facts): string {
  const units = wholeReader(atom.field)(facts);
  const limit = facts.network && atom.limits.get(facts.network);
  if (units === undefined || limit === undefined) return 'the amount is not known';
  const asset = [...facts.linked.assets].find(
    ([id, { network }]) => network === facts.network && id.startsWith(`${atom.symbol}@`),
  );
  const decimals = asset?.[1].decimals ?? 0;
  const show = ({ scaled }: Exact): string => `${formatDecimal(scaled, decimals)} ${atom.symbol}`;
  return comparison(atom.field, { scaled: units, scale: 0 }, { scaled: limit, scale: 0 }, show);
}

/** Times beyond the calendar are shown as seconds. */
function timeClause({ field, offsetMs }: AtomOf<'time'>, facts: Facts): string {
  const seconds = wholeReader(field)(facts) ?? 0n;
  const limit = facts.snapshot.now + offsetMs;
  const compared = compare({ scaled: seconds * 1_000n, scale: 0 }, whole(limit));
  const isCalendar = seconds >= 0n && seconds < 253_402_300_800n;
  const shown = isCalendar
    ? new Date(Number(seconds) * 1_000).toISOString()
    : `${seconds} seconds after 1970`;
  const later = compared > 0 ? 'later than' : compared === 0 ? 'exactly' : 'earlier than';
  const end = offsetMs === 0 ? 'now' : `now and ${durationInWords(offsetMs)}`;
  return `${fieldInWords(field)} is ${shown}, ${later} ${end}`;
}

const whole = (ms: number): Exact => ({ scaled: BigInt(ms), scale: 0 });
