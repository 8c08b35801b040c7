/** Turns conditions into formulas over shared variables. */
import type { AggregateNeed } from '#policy-lang/compiled-policy.ts';
import type {
  AddressSet,
  Atom,
  Condition,
  FieldRef,
  OrderOrEqual,
} from '#policy-lang/checking/condition.ts';
import type { Exact } from '#policy-lang/values/exact.ts';
import type { Linked } from '#policy-lang/deciding/facts.ts';
import { pathOf } from '#policy-lang/deciding/field-facts.ts';
import { FIELDS } from '#policy-lang/checking/fields.ts';
import { addressesOf } from '#policy-lang/deciding/plan-atom.ts';
import {
  type Activity,
  type FactValue,
  isCountedAs,
  LEVELS,
  SCREENING_FAILURES,
} from '#policy-lang/snapshot.ts';
import { MISSING, TRUE } from '#policy-lang/deciding/truth.ts';
import type { Domain } from './domain.ts';
import type { Formula, Literal, Test } from './formula.ts';
import type { Moments } from './moments.ts';
import { holdsOrder, scaleTo } from './orders.ts';
import { type Variables, YES } from './variables.ts';

/** A risk score counts in halves of 10^-18. */
export const SCORE_DECIMALS = 18;
const CENTS = 2;

/** What a policy's conditions are read with. */
export type Reading = {
  readonly variables: Variables;
  readonly activity: Activity;
  readonly linked: Linked;
  readonly moments: Moments;
  /**
   * An imported list is a name and nothing more: what is found does not depend on who stands in it
   * today.
   */
  readonly listsByName?: boolean;
};

/** Arguments and fields of typed data have one of several types; of another they are missing. */
const NAMED: ReadonlySet<string> = new Set(['call.arg', 'typed-data.field']);

/** The path of a fact; where a field can have several types, of the fact that it has this one. */
export const factPath = (field: FieldRef, type: FactValue['type']): string =>
  NAMED.has(field.path) ? `${pathOf(field)} as ${type}` : pathOf(field);

const FAILURE = 'screening.failure';
/** What it is where the screening succeeded. */
const NO_FAILURE: ReadonlySet<string> = new Set(['none']);

/** The path and the variable of the initiator's e-mail address. */
export const EMAIL = 'initiator.email';

export class Translator {
  readonly #reading: Reading;
  readonly #addresses = new Map<string, ReadonlySet<string>>();

  constructor(reading: Reading) {
    this.#reading = reading;
  }

  formula(condition: Condition): Formula {
    switch (condition.kind) {
      case 'always':
        return { kind: 'constant', truth: TRUE };
      case 'and':
      case 'or':
        return { kind: condition.kind, parts: condition.parts.map((part) => this.formula(part)) };
      case 'not':
        return { kind: 'not', part: this.formula(condition.part) };
      default:
        return this.#atom(condition);
    }
  }

  #atom(atom: Atom): Formula {
    switch (atom.kind) {
      case 'wallet-tagged':
        return this.#elements({ path: 'wallet.tags' }, 'any', [atom.tag]);
      case 'has':
        return this.#elements(atom.field, atom.quantifier, [...atom.values]);
      case 'recipient-in':
        return this.#address({ path: 'recipient' }, atom.set);
      case 'address-in':
        return this.#address(atom.field, atom.set);
      case 'asset-in':
        return this.#literal(['asset'], {
          kind: 'in',
          variable: this.#asset(),
          values: atom.assets,
        });
      case 'value': {
        const limit = scaleTo(atom.limit, CENTS) * 2n;
        const test = holdsOrder(this.#value(atom.currency), atom.order, limit);
        return this.#literal(this.#valuePaths(atom.currency), test);
      }
      case 'amount':
        return this.#amount(atom);
      case 'total':
        return this.#total(atom.need, atom.order, atom.limit);
      default:
        return this.#field(atom);
    }
  }

  #field(
    atom: Exclude<
      Atom,
      {
        kind:
          | 'wallet-tagged'
          | 'has'
          | 'recipient-in'
          | 'address-in'
          | 'asset-in'
          | 'value'
          | 'amount'
          | 'total';
      }
    >,
  ): Formula {
    const { variables, moments } = this.#reading;
    switch (atom.kind) {
      case 'text-in':
        return atom.field.path === 'initiator'
          ? this.#initiator(atom.values)
          : this.#textIn(atom.field, atom.values);
      case 'same-address':
        return this.#same(atom.field, atom.as);
      case 'level': {
        const path = pathOf(atom.field);
        const source = { kind: 'level', field: atom.field } as const;
        const domain = { kind: 'in', values: new Set<string>(LEVELS) } as const;
        const limit = LEVELS.indexOf(atom.level);
        const values = new Set<string>(
          LEVELS.filter((_, rank) => satisfies(rank - limit, atom.order)),
        );
        const variable = variables.declare(path, source, domain);
        return this.#literal([path], { kind: 'in', variable, values });
      }
      case 'number':
        return this.#number(atom.field, atom.order, atom.limit);
      case 'units':
        return this.#units(atom);
      case 'time': {
        const source = { kind: 'delay', field: atom.field } as const;
        const variable = variables.declare(`delay of ${pathOf(atom.field)}`, source);
        const test = holdsOrder(variable, atom.order, BigInt(atom.offsetMs));
        return this.#literal([factPath(atom.field, 'number')], test);
      }
      case 'within': {
        const variable = variables.declare('moment', { kind: 'moment' }, moments.domain);
        return this.#literal([], { kind: 'in', variable, values: moments.inside(atom.window) });
      }
      case 'in-group': {
        const source = { kind: 'group', group: atom.group } as const;
        return this.#flag(['initiator'], variables.declare(`in group ${atom.group}`, source));
      }
      default: {
        const path = factPath(atom.field, 'boolean');
        const source = { kind: 'boolean', field: atom.field } as const;
        return this.#flag([path], variables.declare(path, source));
      }
    }
  }

  #elements(field: FieldRef, quantifier: 'any' | 'all', values: readonly string[]): Formula {
    const path = pathOf(field);
    const tests = values.map((element): Test => {
      const source = { kind: 'element', field, element } as const;
      const variable = this.#reading.variables.declare(`${path} has ${element}`, source);
      return { kind: 'in', variable, values: YES };
    });
    return this.#literal([path], joined(quantifier, tests));
  }

  #address(field: FieldRef, set: AddressSet): Formula {
    if (this.#reading.listsByName === true && set.kind !== 'listed') {
      const list = `${set.kind} ${set.name}`;
      const source = { kind: 'listed', field, list } as const;
      const name = `${factPath(field, 'address')} in ${list}`;
      return this.#flag(
        [factPath(field, 'address')],
        this.#reading.variables.declare(name, source),
      );
    }
    const variable = this.#addressVariable(field);
    return this.#literal([factPath(field, 'address')], {
      kind: 'in',
      variable,
      values: this.#addressesOf(set),
    });
  }

  #addressVariable(field: FieldRef): string {
    return this.#reading.variables.declare(factPath(field, 'address'), { kind: 'address', field });
  }

  #addressesOf(set: AddressSet): ReadonlySet<string> {
    if (set.kind === 'listed') return set.addresses;
    const name = `${set.kind} ${set.name}`;
    const known = this.#addresses.get(name);
    if (known !== undefined) return known;
    const { variables, linked } = this.#reading;
    const found = variables.intern(new Set<string>(addressesOf(set, linked).keys()));
    this.#addresses.set(name, found);
    return found;
  }

  #same(field: FieldRef, as: FieldRef): Formula {
    const { variables } = this.#reading;
    const [left, right] = [this.#addressVariable(field), this.#addressVariable(as)];
    const name = `${left} is ${right}`;
    if (!variables.has(name)) {
      variables.declare(name, { kind: 'same', left, right });
      variables.link({ kind: 'same', flag: name, left, right });
    }
    return this.#flag([factPath(field, 'address'), factPath(as, 'address')], name);
  }

  #textIn(field: FieldRef, values: ReadonlySet<string>): Formula {
    const variable = this.#text(field);
    return this.#literal([factPath(field, 'text')], { kind: 'in', variable, values });
  }

  /** People are named by their ids, or by e-mail addresses that a request may leave out. */
  #initiator(values: ReadonlySet<string>): Formula {
    const byId = this.#textIn({ path: 'initiator' }, values);
    if (![...values].some((name) => name.includes('@'))) return byId;
    const field = { path: 'initiator', argument: 'email' } as const;
    const variable = this.#reading.variables.declare(EMAIL, { kind: 'text', field });
    const byMail = this.#literal([EMAIL], { kind: 'in', variable, values });
    return { kind: 'or', parts: [byId, byMail] };
  }

  #text(field: FieldRef): string {
    const { variables, linked } = this.#reading;
    const name = factPath(field, 'text');
    if (variables.has(name)) return name;
    variables.declare(name, { kind: 'text', field }, closedTexts(field));
    if (field.path !== 'network') return name;
    // An asset names its network: where the network is missing, so is the asset.
    variables.paths.add('asset');
    const networks = new Map([...linked.assets].map(([asset, { network }]) => [asset, network]));
    variables.link({ kind: 'network', asset: this.#asset(), network: name, networks });
    return name;
  }

  #asset(): string {
    return this.#reading.variables.declare('asset', { kind: 'asset' });
  }

  #unitsVariable(): string {
    const domain = { kind: 'range', low: 0n } as const;
    return this.#reading.variables.declare('units', { kind: 'units' }, domain);
  }

  /** Of a contract call it is the native asset that moves. */
  #unitsPath(): string {
    return this.#reading.activity === 'contract-call' ? 'call.value' : 'amount';
  }

  #value(currency: string): string {
    const { variables } = this.#reading;
    const name = `value in ${currency}`;
    if (variables.has(name)) return name;
    const units = this.#unitsVariable();
    variables.declare(name, { kind: 'value', currency }, { kind: 'range', low: 0n });
    variables.link({ kind: 'zero', units, value: name });
    return name;
  }

  /** What an asset is worth is known only of assets with known decimals. */
  #valuePaths(currency: string): readonly string[] {
    const { variables, linked } = this.#reading;
    const price = `price in ${currency}`;
    const [variable, values] = [this.#asset(), variables.intern(new Set(linked.assets.keys()))];
    variables.conditions.set(price, { variable, values });
    return ['asset', this.#unitsPath(), price];
  }

  #amount({ order, limits }: Extract<Atom, { kind: 'amount' }>): Formula {
    const tests = byLimit(limits).map(([limit, assets]): Test => ({
      kind: 'all',
      tests: [
        { kind: 'in', variable: this.#asset(), values: assets },
        holdsOrder(this.#unitsVariable(), order, limit),
      ],
    }));
    return this.#literal(['asset', this.#unitsPath()], joined('any', tests));
  }

  /** On a network without the symbol the comparison has no meaning, and is missing. */
  #units({ field, order, limits }: Extract<Atom, { kind: 'units' }>): Formula {
    const amount = this.#numberVariable(field);
    const network = this.#text({ path: 'network' });
    const has: Test = { kind: 'in', variable: network, values: new Set(limits.keys()) };
    const tests = byLimit(limits).map(([limit, networks]): Test => ({
      kind: 'all',
      tests: [
        { kind: 'in', variable: network, values: networks },
        holdsOrder(amount, order, limit),
      ],
    }));
    return {
      kind: 'if',
      condition: this.#literal(['network'], has),
      whenTrue: this.#literal([factPath(field, 'number'), 'network'], joined('any', tests)),
      whenFalse: { kind: 'constant', truth: MISSING },
    };
  }

  #numberVariable(field: FieldRef): string {
    // What a call pays is the amount that moves.
    if (field.path === 'call.value') return this.#unitsVariable();
    const name = `number ${pathOf(field)}`;
    return this.#reading.variables.declare(name, { kind: 'number', field });
  }

  #number(field: FieldRef, order: OrderOrEqual, limit: Exact): Formula {
    const variable = this.#numberVariable(field);
    if (field.path === 'screening.risk-score') {
      const scaled = scaleTo(limit, SCORE_DECIMALS) * 2n;
      return this.#literal([pathOf(field)], holdsOrder(variable, order, scaled));
    }
    return this.#literal([factPath(field, 'number')], holdsOrder(variable, order, limit));
  }

  #total(need: AggregateNeed, order: OrderOrEqual, limit: Exact): Formula {
    const before = this.#before(need);
    const alone = this.#literal([need.key], holdsOrder(before, order, this.#inUnits(need, limit)));
    if (!need.includesThis || !isCountedAs(need.activity, this.#reading.activity)) return alone;
    const together = this.#ofAsset(need, this.#withRequest(need, order, limit, before), alone);
    if (need.where === undefined) return together;
    const condition = this.formula(need.where);
    return { kind: 'if', condition, whenTrue: together, whenFalse: alone };
  }

  /** A limit in what the total counts in. */
  #inUnits({ of }: AggregateNeed, limit: Exact): Exact | bigint {
    return of === 'value' ? scaleTo(limit, CENTS) : limit;
  }

  #before(need: AggregateNeed): string {
    const { variables } = this.#reading;
    const name = `before ${need.key}`;
    if (variables.has(name)) return name;
    this.#linkParts(name, 'before', need);
    return variables.declare(name, { kind: 'before', need }, { kind: 'range', low: 0n });
  }

  /** What one total counts may be a part of what another counts. */
  #linkParts(name: string, kind: 'before' | 'total', need: AggregateNeed): void {
    const { variables } = this.#reading;
    for (const other of variables.names()) {
      const { source } = variables.get(other);
      if (source.kind !== kind) continue;
      if (isPartOf(need, source.need)) {
        variables.link({ kind: 'at most', lesser: name, greater: other });
      } else if (isPartOf(source.need, need)) {
        variables.link({ kind: 'at most', lesser: other, greater: name });
      }
    }
  }

  #withRequest(need: AggregateNeed, order: OrderOrEqual, limit: Exact, before: string): Formula {
    const { variables } = this.#reading;
    if (need.function === 'count') return this.#count(need, order, limit, before);
    const isValue = need.of === 'value';
    const added = isValue ? this.#value(need.currency ?? '') : this.#unitsVariable();
    const paths = isValue ? this.#valuePaths(need.currency ?? '') : ['asset', this.#unitsPath()];
    const factor = isValue ? 2n : 1n;
    const scaled = isValue ? scaleTo(limit, CENTS) * factor : limit;
    if (need.function === 'max') {
      const tests = [
        holdsOrder(before, order, this.#inUnits(need, limit)),
        holdsOrder(added, order, scaled),
      ];
      const upper = order === '>' || order === '>=';
      return this.#literal([need.key, ...paths], joined(upper ? 'any' : 'all', tests));
    }
    const total = `total ${need.key}`;
    if (!variables.has(total)) {
      this.#linkParts(total, 'total', need);
      variables.declare(total, { kind: 'total', need }, { kind: 'range', low: 0n });
      variables.link({ kind: 'sum', total, before, factor, added });
    }
    return this.#literal([need.key, ...paths], holdsOrder(total, order, scaled));
  }

  /** An amount of another asset adds nothing. */
  #ofAsset({ asset }: AggregateNeed, together: Formula, alone: Formula): Formula {
    if (asset === undefined) return together;
    const test: Test = { kind: 'in', variable: this.#asset(), values: new Set([asset]) };
    const condition = this.#literal(['asset'], test);
    return { kind: 'if', condition, whenTrue: together, whenFalse: alone };
  }

  /** The request is one more, unless only different ones count and this one is among them. */
  #count(need: AggregateNeed, order: OrderOrEqual, limit: Exact, before: string): Formula {
    const more = holdsOrder(before, order, limit, -1n);
    if (!need.distinct) return this.#literal([need.key], more);
    const source = { kind: 'seen', need } as const;
    const name = `seen ${need.key}`;
    const seen = this.#flag([name], this.#reading.variables.declare(name, source));
    return {
      kind: 'if',
      condition: seen,
      whenTrue: this.#literal([need.key], holdsOrder(before, order, limit)),
      whenFalse: this.#literal([need.key], more),
    };
  }

  #literal(needs: readonly string[], test: Test): Literal {
    const { variables } = this.#reading;
    for (const path of needs) {
      variables.paths.add(path);
      // A failed screening has no results.
      if (!path.startsWith('screening.') || path === FAILURE) continue;
      const variable = this.#text({ path: FAILURE });
      variables.conditions.set(path, { variable, values: NO_FAILURE });
    }
    return { kind: 'literal', needs: [...new Set(needs)], test };
  }

  #flag(needs: readonly string[], variable: string): Literal {
    return this.#literal(needs, { kind: 'in', variable, values: YES });
  }
}

function closedTexts({ path }: FieldRef): Domain | undefined {
  if (path === FAILURE) {
    return { kind: 'in', values: new Set(['none', ...SCREENING_FAILURES]) };
  }
  const values = FIELDS.get(path)?.values;
  return values === undefined ? undefined : { kind: 'in', values: new Set(values) };
}

function satisfies(difference: number, order: OrderOrEqual): boolean {
  switch (order) {
    case '>':
      return difference > 0;
    case '>=':
      return difference >= 0;
    case '<':
      return difference < 0;
    case '<=':
      return difference <= 0;
    default:
      return difference === 0;
  }
}

function joined(quantifier: 'any' | 'all', tests: readonly Test[]): Test {
  const [only, ...more] = tests;
  return only !== undefined && more.length === 0 ? only : { kind: quantifier, tests };
}

/** Limits that are equal, with what they are the limit of. */
function byLimit<T extends string>(limits: ReadonlyMap<T, bigint>): [bigint, ReadonlySet<T>][] {
  const found = new Map<bigint, Set<T>>();
  for (const [name, limit] of limits) {
    found.set(limit, (found.get(limit) ?? new Set<T>()).add(name));
  }
  return [...found];
}

/**
 * Whether everything that one total counts is in the other as well: the same, in a window that lies
 * within the other's, of requests that share at least as much.
 */
function isPartOf(part: AggregateNeed, whole: AggregateNeed): boolean {
  if (part.function !== whole.function || part.of !== whole.of) return false;
  if (part.distinct !== whole.distinct || part.activity !== whole.activity) return false;
  if (part.currency !== whole.currency || part.asset !== whole.asset) return false;
  if (part.where !== undefined || whole.where !== undefined) return false;
  if (part.window.kind !== 'last' || whole.window.kind !== 'last') return false;
  if (part.window.ms > whole.window.ms) return false;
  return whole.by.every((field) => part.by.includes(field));
}
