/**
 * A set of requests: what each variable can still be, and which facts are known or missing. Regions
 * are narrowed, never widened, and a narrowing that leaves nothing is undefined.
 */
import { type Domain, intersect, isApart, isWithin, range } from './domain.ts';
import { type Link, type Variables, YES } from './variables.ts';

const SET: Domain = { kind: 'in', values: YES };
const UNSET: Domain = { kind: 'out', values: YES };

const FAILURE = 'screening.failure';

/** What is known with a fact: who has tags is known, and an asset names its network. */
export function impliedBy(path: string): string | undefined {
  if (path === 'asset') return 'network';
  if (path.startsWith('screening.') && path !== FAILURE) return FAILURE;
  return /^(wallet|initiator)\./.exec(path)?.[1];
}

export class Region {
  readonly variables: Variables;
  readonly #domains: ReadonlyMap<string, Domain>;
  readonly #known: ReadonlyMap<string, boolean>;

  constructor(
    variables: Variables,
    domains: ReadonlyMap<string, Domain> = new Map(),
    known: ReadonlyMap<string, boolean> = new Map(),
  ) {
    this.variables = variables;
    this.#domains = domains;
    this.#known = known;
  }

  /** What a variable can be; undefined: anything. */
  domain(name: string): Domain | undefined {
    return this.#domains.get(name) ?? this.variables.get(name).domain;
  }

  /** Whether the fact at a path is known; undefined: both can be. */
  isKnown(path: string): boolean | undefined {
    return this.#known.get(path);
  }

  /** The paths about which something is settled. */
  settled(): ReadonlyMap<string, boolean> {
    return this.#known;
  }

  /** The region with a fact known, or missing. */
  know(path: string, known: boolean): Region | undefined {
    const before = this.#known.get(path);
    if (before === known) return this;
    if (before !== undefined) return undefined;
    const implied = impliedBy(path);
    if (known && implied !== undefined && this.#known.get(implied) !== true) {
      return this.know(implied, true)?.know(path, true);
    }
    if (
      !known &&
      [...this.#known].some(([other, isKnown]) => isKnown && impliedBy(other) === path)
    ) {
      return undefined;
    }
    const next = new Map(this.#known).set(path, known);
    const region = new Region(this.variables, this.#domains, next);
    const condition = known ? this.variables.conditions.get(path) : undefined;
    return condition === undefined
      ? region
      : region.narrow(condition.variable, { kind: 'in', values: condition.values });
  }

  /** The region in which a variable lies in a domain, and whatever follows through its links. */
  narrow(name: string, domain: Domain): Region | undefined {
    const domains = new Map(this.#domains);
    if (!narrowIn(this.variables, domains, name, domain)) return undefined;
    return new Region(this.variables, domains, this.#known);
  }
}

/** A bound on how often links pass a narrowing on: what is left after that is too wide, not wrong. */
const PASSES_MAX = 200;

function narrowIn(
  variables: Variables,
  domains: Map<string, Domain>,
  name: string,
  domain: Domain,
): boolean {
  const pending: [string, Domain][] = [[name, domain]];
  for (let pass = 0; pass < PASSES_MAX; pass++) {
    const next = pending.pop();
    if (next === undefined) return true;
    const [variable, narrower] = next;
    const before = domains.get(variable) ?? variables.get(variable).domain;
    const after = before === undefined ? narrower : intersect(before, narrower);
    if (after === undefined) return false;
    if (before !== undefined && isWithin(before, after)) continue;
    domains.set(variable, after);
    for (const link of variables.linksOf(variable)) {
      const found = consequencesOf(
        link,
        (other) => domains.get(other) ?? variables.get(other).domain,
      );
      if (found === undefined) return false;
      pending.push(...found);
    }
  }
  return true;
}

type Look = (name: string) => Domain | undefined;

/** Undefined: the link cannot hold. */
function consequencesOf(link: Link, look: Look): [string, Domain][] | undefined {
  switch (link.kind) {
    case 'sum':
      return sumConsequences(link, look);
    case 'at most':
      return [
        [link.lesser, range(undefined, rangeOf(look(link.greater)).high)],
        [link.greater, range(rangeOf(look(link.lesser)).low, undefined)],
      ];
    case 'zero':
      return [
        ...zeroConsequences(look(link.units), link.value),
        ...zeroConsequences(look(link.value), link.units),
      ];
    case 'same':
      return sameConsequences(link, look);
    default:
      return networkConsequences(link, look);
  }
}

/** One of the two is zero exactly where the other is. */
function zeroConsequences(known: Domain | undefined, other: string): [string, Domain][] {
  const { low = 0n, high } = rangeOf(known);
  if (high === 0n) return [[other, range(0n, 0n)]];
  return low > 0n ? [[other, range(1n, undefined)]] : [];
}

function rangeOf(domain: Domain | undefined): { low?: bigint; high?: bigint } {
  return domain?.kind === 'range' ? domain : {};
}

function sumConsequences(
  { total, before, factor, added }: Extract<Link, { kind: 'sum' }>,
  look: Look,
): [string, Domain][] {
  const [whole, part, more] = [rangeOf(look(total)), rangeOf(look(before)), rangeOf(look(added))];
  const times = (value: bigint | undefined) => value && value * factor;
  const [low, high] = [minus(whole.low, more.high), minus(whole.high, more.low)];
  return [
    [total, range(plus(times(part.low), more.low), plus(times(part.high), more.high))],
    [added, range(minus(whole.low, times(part.high)), minus(whole.high, times(part.low)))],
    [
      before,
      range(
        low === undefined ? undefined : -floorDivide(-low, factor),
        high === undefined ? undefined : floorDivide(high, factor),
      ),
    ],
  ];
}

const plus = (left: bigint | undefined, right: bigint | undefined): bigint | undefined =>
  left === undefined || right === undefined ? undefined : left + right;

const minus = (left: bigint | undefined, right: bigint | undefined): bigint | undefined =>
  left === undefined || right === undefined ? undefined : left - right;

function floorDivide(value: bigint, by: bigint): bigint {
  const rest = value % by;
  return (value - rest) / by - (rest < 0n ? 1n : 0n);
}

function sameConsequences(
  { flag, left, right }: Extract<Link, { kind: 'same' }>,
  look: Look,
): [string, Domain][] | undefined {
  const [same, one, other] = [look(flag), look(left), look(right)];
  if (same?.kind === 'in') {
    return [
      ...(other === undefined ? [] : [[left, other] satisfies [string, Domain]]),
      ...(one === undefined ? [] : [[right, one] satisfies [string, Domain]]),
    ];
  }
  if (one === undefined || other === undefined) return [];
  const isOne = one.kind === 'in' && one.values.size === 1 && isWithin(other, one);
  if (isOne) return same === undefined ? [[flag, SET]] : undefined;
  return isApart(one, other) && same === undefined ? [[flag, UNSET]] : [];
}

function networkConsequences(
  { asset, network, networks }: Extract<Link, { kind: 'network' }>,
  look: Look,
): [string, Domain][] {
  const [assets, places] = [look(asset), look(network)];
  const found: [string, Domain][] = [];
  if (assets?.kind === 'in') {
    const values = [...assets.values].flatMap((id) => networks.get(id as never) ?? []);
    if (values.length === assets.values.size) {
      found.push([network, { kind: 'in', values: new Set(values) }]);
    }
  }
  if (places?.kind === 'in') {
    const foreign = [...networks].flatMap(([id, place]) => (places.values.has(place) ? [] : id));
    found.push([asset, { kind: 'out', values: new Set<string>(foreign) }]);
  }
  return found;
}
