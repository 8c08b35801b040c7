/**
 * The variables of a question: one for each fact that a condition looks at, with what it can be,
 * and the links between them, e.g. that a running total is what was there before and this request.
 * Two policies that are compared share one table, so that they speak of the same request.
 */
import type { AssetId, NetworkId } from '#core/money.ts';
import type { AggregateNeed } from '#policy-lang/compiled-policy.ts';
import type { FieldRef } from '#policy-lang/checking/condition.ts';
import type { Domain } from './domain.ts';

/** Where the fact stands in a request. */
export type Source =
  | { readonly kind: 'element'; readonly field: FieldRef; readonly element: string }
  | { readonly kind: 'text' | 'address' | 'level' | 'boolean'; readonly field: FieldRef }
  /** Whether an address stands on an imported list, whoever that is. */
  | { readonly kind: 'listed'; readonly field: FieldRef; readonly list: string }
  /** Whole numbers; of a risk score in units of `SCORE_UNIT`. */
  | { readonly kind: 'number'; readonly field: FieldRef }
  /** Milliseconds by which a time in the request is later than now. */
  | { readonly kind: 'delay'; readonly field: FieldRef }
  | { readonly kind: 'group'; readonly group: string }
  | { readonly kind: 'asset' }
  /** Base units of the asset. */
  | { readonly kind: 'units' }
  /** Halves of a minor unit: odd numbers stand for what lies between two cents. */
  | { readonly kind: 'value'; readonly currency: string }
  /** Minor units, base units or a count, without the request itself. */
  | { readonly kind: 'before'; readonly need: AggregateNeed }
  /** With the request itself; of a value in halves of a minor unit. */
  | { readonly kind: 'total'; readonly need: AggregateNeed }
  | { readonly kind: 'seen'; readonly need: AggregateNeed }
  /** Which of the policy's time windows are open: a number of `Moments`. */
  | { readonly kind: 'moment' }
  /** Whether two addresses are one. */
  | { readonly kind: 'same'; readonly left: string; readonly right: string };

export type Variable = {
  readonly source: Source;
  /** Everything that it can be; any value that no comparison names too, where this is absent. */
  readonly domain?: Domain;
};

export type Link =
  /** `total = factor * before + added`. */
  | {
      readonly kind: 'sum';
      readonly total: string;
      readonly before: string;
      readonly factor: bigint;
      readonly added: string;
    }
  | { readonly kind: 'at most'; readonly lesser: string; readonly greater: string }
  /** Nothing is worth nothing, and nothing else is: a price is above zero. */
  | { readonly kind: 'zero'; readonly units: string; readonly value: string }
  | {
      readonly kind: 'same';
      readonly flag: string;
      readonly left: string;
      readonly right: string;
    }
  | {
      readonly kind: 'network';
      readonly asset: string;
      readonly network: string;
      readonly networks: ReadonlyMap<AssetId, NetworkId>;
    };

/** The value of a flag that is set; a flag that is not is anything else. */
export const YES: ReadonlySet<string> = new Set(['yes']);

export class Variables {
  /** The facts that some condition needs. */
  readonly paths = new Set<string>();
  /** A fact that is known only where a variable has one of some values. */
  readonly conditions = new Map<
    string,
    { readonly variable: string; readonly values: ReadonlySet<string> }
  >();
  readonly #known = new Map<string, Variable>();
  readonly #sets = new Map<string, ReadonlySet<string>>();
  readonly #links = new Map<string, Link[]>();

  /** Declares a variable, once however often it is used; answers its name. */
  declare(name: string, source: Source, domain?: Domain): string {
    if (!this.#known.has(name)) this.#known.set(name, domain ? { source, domain } : { source });
    return name;
  }

  /** Sets with the same values become one set, so that most comparisons of sets end at once. */
  intern(values: ReadonlySet<string>): ReadonlySet<string> {
    const key = [...values].toSorted().join(' ');
    const known = this.#sets.get(key) ?? values;
    this.#sets.set(key, known);
    return known;
  }

  /** Each link is found from each variable in it. */
  link(link: Link): void {
    for (const name of linked(link)) {
      const links = this.#links.get(name);
      if (links === undefined) this.#links.set(name, [link]);
      else links.push(link);
    }
  }

  get(name: string): Variable {
    const variable = this.#known.get(name);
    if (variable === undefined) throw new Error(`there is no variable ${name}`);
    return variable;
  }

  has(name: string): boolean {
    return this.#known.has(name);
  }

  linksOf(name: string): readonly Link[] {
    return this.#links.get(name) ?? [];
  }

  names(): Iterable<string> {
    return this.#known.keys();
  }

  /** Each link once. */
  links(): ReadonlySet<Link> {
    return new Set([...this.#links.values()].flat());
  }
}

export function linked(link: Link): readonly string[] {
  switch (link.kind) {
    case 'sum':
      return [link.total, link.before, link.added];
    case 'at most':
      return [link.lesser, link.greater];
    case 'zero':
      return [link.units, link.value];
    case 'same':
      return [link.flag, link.left, link.right];
    default:
      return [link.asset, link.network];
  }
}
