/** Where a rule can be filed: the parts of its condition that name the values they admit. */
import type { Condition, FieldRef } from '#policy-lang/checking/condition.ts';
import type { Linked } from './facts.ts';
import { pathOf } from './field-facts.ts';
import { addressesOf } from './plan-atom.ts';

/** The rule can only match where the fact is, or has, one of the keys. */
export type Filing = {
  /** The part that is true where the rule is found; absent where it says more than one key can. */
  readonly part?: Condition;
  readonly field: FieldRef;
  readonly keys: KeySet;
  /** Sets of addresses are long and shared: they are counted as a whole. */
  readonly isAddresses: boolean;
};

/** Fields of which a request has several values. */
const SET_FIELDS: ReadonlySet<string> = new Set([
  'wallet.tags',
  'initiator.roles',
  'screening.direct-exposure',
  'screening.categories',
  'screening.address-categories',
]);

export const isSetField = ({ path }: FieldRef): boolean => SET_FIELDS.has(path);

export type KeySet = { readonly keys: () => Iterable<string> };

/** Nothing for parts that look at no value in particular: limits, totals, negations, choices. */
export function filingsOf(part: Condition, linked: Linked): readonly Filing[] {
  const filed = (field: FieldRef, keys: KeySet, isAddresses = false): Filing[] => [
    { part, field, keys, isAddresses },
  ];
  switch (part.kind) {
    case 'wallet-tagged':
      return filed({ path: 'wallet.tags' }, new Set([part.tag]));
    case 'asset-in':
      return filed({ path: 'asset' }, part.assets);
    case 'recipient-in':
      return filed({ path: 'recipient' }, addressesOf(part.set, linked), true);
    case 'address-in':
      return filed(part.field, addressesOf(part.set, linked), true);
    case 'text-in':
      // An initiator has two names, an id and an e-mail address.
      return part.field.path === 'initiator' ? [] : filed(part.field, part.values);
    case 'has':
      return part.quantifier === 'any' || part.values.size === 1
        ? filed(part.field, part.values)
        : [...part.values].map((value) => ({
            field: part.field,
            keys: new Set([value]),
            isAddresses: false,
          }));
    default:
      return [];
  }
}

/** Rules of one name are looked up together. */
export const drawerNameOf = ({ field, isAddresses }: Filing): string =>
  // An argument of one name can be an address in one contract and a text in another.
  `${isAddresses ? 'address' : 'text'} ${pathOf(field)}`;

/** How many rules would look under each key: the fewer, the better a rule is filed there. */
export class Crowding {
  private readonly counts = new Map<string, Map<unknown, number>>();

  constructor(filings: Iterable<Filing>) {
    for (const filing of filings) {
      const counts = this.countsOf(filing);
      for (const key of crowdKeys(filing)) counts.set(key, (counts.get(key) ?? 0) + 1);
    }
  }

  /** How many rules a request meets that has, of each field, what one of the rules looks for. */
  get met(): number {
    let met = 0;
    for (const counts of this.counts.values()) {
      let [all, squares] = [0, 0];
      for (const count of counts.values()) [all, squares] = [all + count, squares + count ** 2];
      met += squares / all;
    }
    return met;
  }

  of(filing: Filing): number {
    const counts = this.countsOf(filing);
    return [...crowdKeys(filing)].reduce(
      (most: number, key) => Math.max(most, counts.get(key) ?? 0),
      0,
    );
  }

  private countsOf(filing: Filing): Map<unknown, number> {
    const name = drawerNameOf(filing);
    const counts = this.counts.get(name) ?? new Map<unknown, number>();
    this.counts.set(name, counts);
    return counts;
  }
}

const crowdKeys = ({ keys, isAddresses }: Filing): Iterable<unknown> =>
  isAddresses ? [keys] : keys.keys();
