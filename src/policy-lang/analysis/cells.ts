/**
 * An independent look at a claim that holds: requests at and beside every limit, in and outside of
 * every list, with facts given and missing. All combinations where they are few, otherwise a sample
 * that is the same each time. It proves nothing; one hit shows a fault of the procedure that did.
 */
import type { AssetId } from '#core/money.ts';
import type { AssetFact } from '#policy-lang/world.ts';
import type { Domain } from './domain.ts';
import { type Comparison, comparisonsOf } from './formula.ts';
import type { Model } from './model.ts';
import { type Point, priceFor } from './point.ts';
import type { Clause } from './search.ts';
import type { Source } from './variables.ts';

/** Values of a set that are looked at one by one. */
const VALUES_MAX = 50;
const PRICE_DECIMALS = 18;

type Choice =
  | { readonly kind: 'path'; readonly path: string }
  | { readonly kind: 'flag'; readonly name: string }
  | { readonly kind: 'value'; readonly name: string; readonly values: readonly string[] }
  | { readonly kind: 'number'; readonly name: string; readonly numbers: readonly bigint[] };

/** At most `limit` points; fewer where there are fewer, or where no exact price exists. */
export function* pointsAround(
  model: Model,
  assets: ReadonlyMap<AssetId, AssetFact>,
  clauses: readonly Clause[],
  limit: number,
): Generator<Point> {
  const choices = choicesOf(model, clauses);
  const sizes = choices.map(sizeOf);
  const all = sizes.reduce((product, size) => product * size, 1);
  const random = numbersFrom(20_260_701);
  for (let number = 0; number < Math.min(all, limit); number++) {
    let rest = number;
    const picks = sizes.map((size) => {
      if (all > limit) return random() % size;
      const pick = rest % size;
      rest = Math.floor(rest / size);
      return pick;
    });
    const point = pointOf(model, assets, choices, picks);
    if (point !== undefined) yield point;
  }
}

/** A linear congruential generator: reproducible, and good enough to vary a sample. */
function numbersFrom(seed: number): () => number {
  let state = seed;
  return () => {
    state = (Math.imul(state, 1_664_525) + 1_013_904_223) >>> 0;
    return state >>> 8;
  };
}

function sizeOf(choice: Choice): number {
  switch (choice.kind) {
    case 'value':
      return choice.values.length;
    case 'number':
      return choice.numbers.length;
    default:
      return 2;
  }
}

function choicesOf({ variables }: Model, clauses: readonly Clause[]): readonly Choice[] {
  const compared = new Map<string, Comparison[]>();
  const seen = new Set<unknown>();
  for (const { formula } of clauses.flat()) {
    if (seen.has(formula)) continue;
    seen.add(formula);
    for (const comparison of comparisonsOf(formula)) {
      const others = compared.get(comparison.variable);
      if (others === undefined) compared.set(comparison.variable, [comparison]);
      else others.push(comparison);
    }
  }
  for (const link of variables.links()) {
    if (link.kind !== 'sum') continue;
    const reached = (compared.get(link.total) ?? []).flatMap((comparison): Comparison[] =>
      comparison.kind === 'in'
        ? []
        : [{ ...comparison, variable: link.before, limit: comparison.limit / link.factor }],
    );
    compared.set(link.before, [...(compared.get(link.before) ?? []), ...reached]);
  }
  const named = [...variables.names()].map((name): Choice => {
    const { source, domain } = variables.get(name);
    const comparisons = compared.get(name) ?? [];
    if (isFlag(source)) return { kind: 'flag', name };
    if (domain?.kind === 'range' || isNumber(source)) {
      return { kind: 'number', name, numbers: numbersAt(comparisons, domain) };
    }
    return { kind: 'value', name, values: valuesIn(comparisons, domain, source) };
  });
  // A sum is what its parts make it, and its limits are reached through what was there before.
  const free = named.filter(({ kind, ...choice }) =>
    kind === 'number' && 'name' in choice
      ? variables.get(choice.name).source.kind !== 'total'
      : true,
  );
  const paths = [...variables.paths].map((path): Choice => ({ kind: 'path', path }));
  return [...free, ...paths];
}

const isFlag = ({ kind }: Source): boolean =>
  kind === 'element' ||
  kind === 'boolean' ||
  kind === 'group' ||
  kind === 'seen' ||
  kind === 'same';

const isNumber = ({ kind }: Source): boolean => kind === 'number' || kind === 'delay';

function numbersAt(comparisons: readonly Comparison[], domain: Domain | undefined): bigint[] {
  const low = domain?.kind === 'range' ? domain.low : undefined;
  const found = new Set<bigint>([0n]);
  for (const comparison of comparisons) {
    if (comparison.kind === 'in') continue;
    for (const shift of [-1n, 0n, 1n]) found.add(comparison.limit + shift);
  }
  return [...found].filter((number) => low === undefined || number >= low);
}

/** One value of each kind that the comparisons tell apart. */
function valuesIn(
  comparisons: readonly Comparison[],
  domain: Domain | undefined,
  source: Source,
): string[] {
  const sets = [
    ...new Set(comparisons.flatMap((found) => (found.kind === 'in' ? found.values : []))),
  ];
  const named = domain?.kind === 'in' ? [...domain.values] : [];
  const values = sets.flatMap((set) => [...set].slice(0, VALUES_MAX));
  const found = new Map<string, string>();
  for (const value of [...values, ...named]) {
    const kinds = sets.map((set) => (set.has(value) ? '1' : '0')).join('');
    if (!found.has(kinds)) found.set(kinds, value);
  }
  if (domain === undefined) {
    found.set('', source.kind === 'address' ? `evm:${'e1'.repeat(20)}` : 'other-1');
  }
  return [...found.values()];
}

function pointOf(
  model: Model,
  assets: ReadonlyMap<AssetId, AssetFact>,
  choices: readonly Choice[],
  picks: readonly number[],
): Point | undefined {
  const missing = new Set<string>();
  const values = new Map<string, string>();
  const numbers = new Map<string, bigint>();
  for (const [index, choice] of choices.entries()) {
    const pick = picks[index] ?? 0;
    if (choice.kind === 'path' && pick === 1) missing.add(choice.path);
    if (choice.kind === 'flag' && pick === 1) values.set(choice.name, 'yes');
    if (choice.kind === 'value') values.set(choice.name, choice.values[pick] ?? '');
    if (choice.kind === 'number') numbers.set(choice.name, choice.numbers[pick] ?? 0n);
  }
  const prices = pricesFor(model, assets, values, numbers);
  return prices && { missing, values, numbers: reachingSums(model, numbers, picks), prices };
}

/** Every other point lets a sum reach one of its limits rather than what was before it. */
function reachingSums(
  { variables }: Model,
  numbers: ReadonlyMap<string, bigint>,
  picks: readonly number[],
): ReadonlyMap<string, bigint> {
  const found = new Map(numbers);
  const turn = picks.reduce((sum, pick) => sum + pick, 0);
  if (turn % 2 === 0) return found;
  for (const link of variables.links()) {
    if (link.kind !== 'sum') continue;
    const reached =
      ((found.get(link.before) ?? 0n) * link.factor - (found.get(link.added) ?? 0n)) / link.factor;
    if (reached >= 0n) found.set(link.before, reached);
  }
  return found;
}

function pricesFor(
  { variables }: Model,
  assets: ReadonlyMap<AssetId, AssetFact>,
  values: ReadonlyMap<string, string>,
  numbers: Map<string, bigint>,
): Point['prices'] | undefined {
  const decimals = assets.get((values.get('asset') ?? '') as AssetId)?.decimals ?? 0;
  const prices = new Map<string, { scaled: bigint; scale: number }>();
  for (const [name, value] of numbers) {
    const { source } = variables.get(name);
    if (source.kind !== 'value') continue;
    const scaled = priceFor(value, numbers.get('units') ?? 0n, decimals);
    if (scaled === undefined) return undefined;
    prices.set(source.currency, { scaled, scale: PRICE_DECIMALS });
  }
  return prices;
}
