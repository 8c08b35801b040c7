/** Phrases that the clauses of several comparisons share. */
import type { AddressSet } from '#policy-lang/checking/condition.ts';
import { knownAddressKey } from '#policy-lang/values/address-memory.ts';
import type { Linked } from '#policy-lang/deciding/facts.ts';

/** `a` by itself, or `one of a, b`. */
export const inWords = (items: readonly string[], several: string): string =>
  items.length === 1 ? items.join('') : `${several} ${items.join(', ')}`;

/** `above 10`, `below 10`, `exactly 10`. */
export function relation(order: -1 | 0 | 1, limit: string): string {
  if (order === 0) return `exactly ${limit}`;
  return `${order > 0 ? 'above' : 'below'} ${limit}`;
}

/** `the recipient Vendor XYZ (0x...) is on the list vendors`. */
export function addressesClause(
  subject: string,
  written: string,
  set: AddressSet,
  { lists, contracts }: Linked,
): string {
  const key = knownAddressKey(written);
  if (set.kind === 'listed') {
    const inside = key !== undefined && set.addresses.has(key);
    const one = set.addresses.size === 1 ? 'the address' : 'one of the addresses';
    return `${subject} ${written} ${inside ? 'is' : 'is not'} ${one} that the rule names`;
  }
  const isList = set.kind === 'named';
  const place = isList ? `on the list ${set.name}` : `one of the contracts ${set.name}`;
  const label = key && (isList ? lists : contracts).get(set.name)?.get(key);
  if (label === undefined) return `${subject} ${written} is not ${place}`;
  const who = label === '' ? `${subject} ${written}` : `${subject} ${label} (${written})`;
  return `${who} is ${place}`;
}
