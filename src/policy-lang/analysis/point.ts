/** One request out of a region: a value for each variable, and which facts are missing. */
import type { AssetId } from '#core/money.ts';
import { type AddressKey, checksummed } from '#policy-lang/values/address.ts';
import { optional } from '#policy-lang/optional.ts';
import type { AssetFact } from '#policy-lang/world.ts';
import { type Domain, range } from './domain.ts';
import { type Region, impliedBy } from './region.ts';
import { YES } from './variables.ts';

export type Point = {
  /** Paths of the facts that are missing. */
  readonly missing: ReadonlySet<string>;
  /** Flags that are set hold `yes`. */
  readonly values: ReadonlyMap<string, string>;
  readonly numbers: ReadonlyMap<string, bigint>;
  /** By currency, as a decimal with at most 18 digits behind the point. */
  readonly prices: ReadonlyMap<string, { readonly scaled: bigint; readonly scale: number }>;
};

const PRICE_DECIMALS = 18;
/** More than any token has: a longer amount would not be read back. */
const UNITS_MAX = 10n ** 60n;

/** Undefined: no request with exact prices was found, which is no proof that there is none. */
export function pointIn(
  region: Region,
  assets: ReadonlyMap<AssetId, AssetFact>,
): Point | undefined {
  const missing = new Set([...region.variables.paths].filter((path) => isMissing(region, path)));
  const asset = withAsset(region, assets, missing);
  if (asset === undefined) return undefined;
  for (const money of withMoney(asset.region, asset.fact)) {
    const point = pointWith(money.region, missing, money.prices);
    if (point !== undefined) return point;
  }
  return undefined;
}

/** What nobody asks about is known, unless what it needs is missing. */
function isMissing(region: Region, path: string): boolean {
  const known = region.isKnown(path);
  if (known !== undefined) return !known;
  const implied = impliedBy(path);
  return implied !== undefined && region.isKnown(implied) === false;
}

function withAsset(
  region: Region,
  assets: ReadonlyMap<AssetId, AssetFact>,
  missing: ReadonlySet<string>,
): { readonly region: Region; readonly fact?: AssetFact } | undefined {
  if (!region.variables.has('asset') || missing.has('asset')) return { region };
  const domain = region.domain('asset');
  const names = domain?.kind === 'in' ? [...domain.values] : [...assets.keys(), 'OTHER@elsewhere'];
  for (const name of names) {
    const chosen = region.narrow('asset', { kind: 'in', values: new Set([name]) });
    if (chosen !== undefined) {
      return { region: chosen, ...optional('fact', assets.get(name as AssetId)) };
    }
  }
  return undefined;
}

type Money = { readonly region: Region; readonly prices: Point['prices'] };

/** Amounts with prices at which they are worth what the region asks for. */
function* withMoney(region: Region, fact: AssetFact | undefined): Generator<Money> {
  const { variables } = region;
  const values = [...variables.names()].flatMap((name) => {
    const { source } = variables.get(name);
    return source.kind === 'value' ? [{ name, currency: source.currency }] : [];
  });
  if (!variables.has('units')) {
    yield { region, prices: new Map() };
    return;
  }
  const decimals = fact?.decimals ?? 0;
  const { low = 0n, high = UNITS_MAX } = rangeOf(region.domain('units'));
  for (const units of unitCandidates(region, values, decimals, low, high)) {
    const chosen = region.narrow('units', range(units, units));
    const priced = chosen && withPrices(chosen, values, units, decimals);
    if (priced !== undefined) yield priced;
  }
}

const rangeOf = (domain: Domain | undefined): { low?: bigint; high?: bigint } =>
  domain?.kind === 'range' ? domain : {};

/** What is worth the wanted value at a price of one comes first, then round numbers. */
function unitCandidates(
  region: Region,
  values: readonly { readonly name: string }[],
  decimals: number,
  low: bigint,
  high: bigint,
): readonly bigint[] {
  const candidates = values.flatMap(({ name }) =>
    valueCandidates(region.domain(name)).flatMap((value) => {
      const units = value * 10n ** BigInt(decimals);
      return units % 200n === 0n ? units / 200n : [];
    }),
  );
  const one = 10n ** BigInt(decimals);
  candidates.push(one, low, high);
  for (let power = 1n; power <= high && power <= UNITS_MAX; power *= 10n) {
    candidates.push(power, ceilTo(low, power));
  }
  return [...new Set(candidates)].filter((units) => units >= low && units <= high);
}

const ceilTo = (value: bigint, unit: bigint): bigint => ((value + unit - 1n) / unit) * unit;

/** Halves of cents: whole amounts first, then cents, then what lies between two. */
function valueCandidates(domain: Domain | undefined): readonly bigint[] {
  const { low = 0n, high } = rangeOf(domain);
  const fits = (value: bigint): boolean => value >= low && (high === undefined || value <= high);
  const whole = ceilTo(low === 0n ? 1n : low, 200n);
  const even = ceilTo(low, 2n);
  return [...new Set([whole, even, low, ...(high === undefined ? [] : [high])])].filter(fits);
}

function withPrices(
  region: Region,
  values: readonly { readonly name: string; readonly currency: string }[],
  units: bigint,
  decimals: number,
): Money | undefined {
  let left: Region = region;
  const prices = new Map<string, { scaled: bigint; scale: number }>();
  for (const { name, currency } of values) {
    let found = false;
    for (const value of valueCandidates(left.domain(name))) {
      const narrowed = left.narrow(name, range(value, value));
      const scaled = narrowed && priceFor(value, units, decimals);
      if (narrowed === undefined || scaled === undefined) continue;
      prices.set(currency, { scaled, scale: PRICE_DECIMALS });
      left = narrowed;
      found = true;
      break;
    }
    if (!found) return undefined;
  }
  return { region: left, prices };
}

/** The price at which units are worth a number of half cents, or what lies between two cents. */
export function priceFor(value: bigint, units: bigint, decimals: number): bigint | undefined {
  if (units === 0n) return value === 0n ? 10n ** BigInt(PRICE_DECIMALS) : undefined;
  const wanted = value * 10n ** BigInt(decimals + PRICE_DECIMALS);
  const scaled = wanted / (units * 200n);
  if (wanted % (units * 200n) === 0n) return scaled > 0n ? scaled : undefined;
  if (value % 2n === 0n) return undefined;
  // Strictly between two cents every price will do.
  const cents = 10n ** BigInt(decimals + PRICE_DECIMALS - 2);
  const worth = scaled * units;
  return worth > ((value - 1n) / 2n) * cents && worth < ((value + 1n) / 2n) * cents
    ? scaled
    : undefined;
}

function pointWith(
  start: Region,
  missing: ReadonlySet<string>,
  prices: Point['prices'],
): Point | undefined {
  let region = start;
  const values = new Map<string, string>();
  const numbers = new Map<string, bigint>();
  for (const name of region.variables.names()) {
    const { source } = region.variables.get(name);
    const domain = region.domain(name);
    if (domain?.kind === 'range' || NUMBERS.has(source.kind)) {
      const number = nearestToZero(rangeOf(domain), source.kind === 'delay' ? 1_000n : 1n);
      const next = region.narrow(name, range(number, number));
      if (next === undefined) return undefined;
      numbers.set(name, number);
      region = next;
      continue;
    }
    if (FLAGS.has(source.kind)) {
      if (domain?.kind === 'in') values.set(name, 'yes');
      continue;
    }
    const chosen = chosenValue(domain, source.kind, new Set(values.values()));
    const next = region.narrow(name, { kind: 'in', values: new Set([chosen]) });
    if (next === undefined) return undefined;
    values.set(name, chosen);
    region = next;
  }
  return { missing, values, numbers, prices };
}

const NUMBERS: ReadonlySet<string> = new Set([
  'number',
  'delay',
  'units',
  'value',
  'before',
  'total',
]);
const FLAGS: ReadonlySet<string> = new Set(['element', 'boolean', 'group', 'seen', 'same']);

function nearestToZero({ low, high }: { low?: bigint; high?: bigint }, step: bigint): bigint {
  if (low !== undefined && low > 0n) {
    const round = ceilTo(low, step);
    return high === undefined || round <= high ? round : low;
  }
  if (high !== undefined && high < 0n) {
    const round = -ceilTo(-high, step);
    return low === undefined || round >= low ? round : high;
  }
  return 0n;
}

/** A value that is not taken yet where there is a choice: different facts look different. */
function chosenValue(domain: Domain | undefined, kind: string, taken: ReadonlySet<string>): string {
  if (domain?.kind === 'in') {
    const [first = ''] = domain.values;
    return [...domain.values].find((value) => !taken.has(value)) ?? first;
  }
  const excluded = domain?.kind === 'out' ? domain.values : YES;
  for (let number = 1; ; number++) {
    const value = kind === 'address' ? strangeAddress(number) : `other-${number}`;
    if (!excluded.has(value) && !taken.has(value)) return value;
  }
}

const strangeAddress = (number: number): string =>
  `evm:${number.toString(16).padStart(4, '0').repeat(10)}`;

/** The spelling in which a snapshot holds an address. */
export const spelled = (key: string): string =>
  key.startsWith('evm:') ? checksummed(`0x${key.slice('evm:'.length)}`) : bare(key as AddressKey);

const bare = (key: AddressKey): string => key.slice(key.indexOf(':') + 1);
