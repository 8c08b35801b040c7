/**
 * A checked condition in the words of the language, so that two conditions that say the same read the
 * same: sets sorted, units written out, definitions replaced by what they stand for. What it prints
 * compiles to the same condition.
 */
import { type AssetId, formatDecimal, symbolOf } from '#core/money.ts';
import { type AddressKey, checksummed } from '#policy-lang/values/address.ts';
import type { AggregateNeed } from '#policy-lang/compiled-policy.ts';
import type { AddressSet, Atom, Condition, FieldRef, WeekWindow } from './condition.ts';
import { formatDuration } from '#policy-lang/values/durations.ts';
import type { Exact } from '#policy-lang/values/exact.ts';
import { compareText } from './report.ts';
import type { AssetFact } from '#policy-lang/world.ts';

type Assets = ReadonlyMap<AssetId, AssetFact>;

export function conditionText(condition: Condition, assets: Assets): string {
  switch (condition.kind) {
    case 'always':
      return 'always';
    case 'not':
      return `not ${inParentheses(condition.part, assets)}`;
    case 'and':
    case 'or':
      return condition.parts.map((part) => inParentheses(part, assets)).join(` ${condition.kind} `);
    default:
      return atomText(condition, assets);
  }
}

const inParentheses = (condition: Condition, assets: Assets): string => {
  const text = conditionText(condition, assets);
  return condition.kind === 'and' || condition.kind === 'or' ? `(${text})` : text;
};

/** A text in quotes. */
export const quoted = (text: string): string => `"${text.replace(/["\\]/g, '\\$&')}"`;

const listed = (elements: Iterable<string>): string =>
  `[${[...elements].toSorted(compareText).join(', ')}]`;

const fieldText = ({ path, argument }: FieldRef): string =>
  argument === undefined ? spelled(path) : `${path} ${quoted(argument)}`;

/** The tags are spoken of as of the wallet's. */
const spelled = (path: string): string => (path === 'wallet.tags' ? 'wallet tags' : path);

const number = ({ scaled, scale }: Exact): string => formatDecimal(scaled, scale);

export function addressText(key: AddressKey): string {
  const [family = '', address = ''] = key.split(':');
  return family === 'evm' ? checksummed(`0x${address}`) : address;
}

function setText(set: AddressSet): string {
  if (set.kind !== 'listed') return `in ${set.name}`;
  const [only = '', ...more] = [...set.addresses].map(addressText);
  return more.length === 0 ? `is ${only}` : `in ${listed([only, ...more])}`;
}

function textsText(field: FieldRef, values: ReadonlySet<string>): string {
  const prefix = field.path === 'wallet' ? 'wallet ' : '';
  const [only = '', ...more] = [...values].map((value) => prefix + quoted(value));
  return `${fieldText(field)} ${more.length === 0 ? `is ${only}` : `in ${listed([only, ...more])}`}`;
}

const ordered = (order: string): string => (order === '=' ? 'is' : order);

function atomText(atom: Atom, assets: Assets): string {
  switch (atom.kind) {
    case 'wallet-tagged':
      return `wallet tagged ${quoted(atom.tag)}`;
    case 'recipient-in':
      return `recipient ${setText(atom.set)}`;
    case 'asset-in': {
      const [only = '', ...more] = atom.assets;
      return `asset ${more.length === 0 ? `is ${only}` : `in ${listed([only, ...more])}`}`;
    }
    case 'value':
      return `value ${atom.order} ${number(atom.limit)} ${atom.currency}`;
    case 'amount':
      return `amount ${atom.order} ${unitsText(atom.limits, assets)}`;
    case 'total':
      return totalText(atom, assets);
    default:
      return fieldAtomText(atom, assets);
  }
}

function fieldAtomText(atom: Atom, assets: Assets): string {
  switch (atom.kind) {
    case 'text-in':
      return textsText(atom.field, atom.values);
    case 'address-in':
      return `${fieldText(atom.field)} ${setText(atom.set)}`;
    case 'same-address':
      return `${fieldText(atom.field)} is ${fieldText(atom.as)}`;
    case 'has': {
      const [only = ''] = atom.values;
      if (atom.field.path === 'initiator.roles') return `initiator has role ${quoted(only)}`;
      const set = listed([...atom.values].map(quoted));
      return `${fieldText(atom.field)} has ${atom.quantifier} of ${set}`;
    }
    case 'level':
      return `${fieldText(atom.field)} ${ordered(atom.order)} ${atom.level}`;
    case 'number':
      return `${fieldText(atom.field)} ${ordered(atom.order)} ${number(atom.limit)}`;
    case 'units': {
      const limits = new Map<AssetId, bigint>(
        [...atom.limits].map(([network, units]) => [`${atom.symbol}@${network}` as AssetId, units]),
      );
      return `${fieldText(atom.field)} ${atom.order} ${unitsText(limits, assets)}`;
    }
    case 'time': {
      const offset = atom.offsetMs === 0 ? '' : ` + ${formatDuration(atom.offsetMs)}`;
      return `${fieldText(atom.field)} ${atom.order} now${offset}`;
    }
    case 'within':
      return `time within ${windowText(atom.window)}`;
    case 'in-group':
      return `initiator in ${atom.group}`;
    case 'true':
      return `${fieldText(atom.field)} is true`;
    default:
      return '';
  }
}

/** All limits are of one symbol and say the same number: the first has it. */
function unitsText(limits: ReadonlyMap<AssetId, bigint>, assets: Assets): string {
  const [first] = limits;
  if (first === undefined) return '0';
  const [asset, units] = first;
  return `${formatDecimal(units, assets.get(asset)?.decimals ?? 0)} ${symbolOf(asset)}`;
}

const DAYS = ['Mon', 'Tue', 'Wed', 'Thu', 'Fri', 'Sat', 'Sun'] as const;

const clock = (minutes: number): string =>
  [Math.floor(minutes / 60), minutes % 60].map((part) => `${part}`.padStart(2, '0')).join(':');

export function windowText({ days, from, until, zone }: WeekWindow): string {
  const named = [...days].toSorted((left, right) => left - right).map((day) => DAYS[day - 1]);
  return `${named.join(', ')} ${clock(from)}..${clock(until)} ${zone}`;
}

type Total = Extract<Atom, { kind: 'total' }>;

function totalText({ need, order, limit }: Total, assets: Assets): string {
  if (need.currency !== undefined) {
    return `${needText(need, assets)} ${order} ${number(limit)} ${need.currency}`;
  }
  if (need.asset === undefined) return `${needText(need, assets)} ${order} ${number(limit)}`;
  const units = unitsText(new Map([[need.asset, limit.scaled]]), assets);
  return `${needText(need, assets)} ${order} ${units}`;
}

/** A total without what it is measured in: `sum(value) over last 24h by wallet`. */
export function needText(need: Omit<AggregateNeed, 'key'>, assets: Assets): string {
  const { function: name, of, distinct, activity, window, by, where, includesThis } = need;
  const counted = of === 'requests' ? activity : of;
  const over =
    window.kind === 'last' ? `last ${formatDuration(window.ms)}` : `calendar ${window.unit}`;
  return [
    `${name}(${distinct ? 'distinct ' : ''}${counted}) over ${over}`,
    ...(by.length === 0 ? [] : [`by ${by.join(', ')}`]),
    ...(where === undefined ? [] : [`where (${conditionText(where, assets)})`]),
    ...(includesThis ? [] : ['excluding this']),
  ].join(' ');
}
