/**
 * The canonical text of a snapshot (RFC 8785), for the record, and back. Whole numbers that may be
 * large are decimal text, times are RFC 3339; an absent fact is an absent field. Equal snapshots have
 * equal texts, and a text is read only if it is the canonical one of what it says.
 */
import { type Canonical, canonicalText } from '#core/canonical.ts';
import { PlatformError } from '#core/errors.ts';
import type { AssetId } from '#core/money.ts';
import { formatInstant, parseInstant } from '#core/time.ts';
import type { DecisionTrace } from './decision.ts';
import type { Exact } from '#policy-lang/values/exact.ts';
import { optional } from './optional.ts';
import { readRegistry, registryFields } from './registry.ts';
import {
  ACTIVITIES,
  type Activity,
  type AggregateFact,
  type FactValue,
  type Quote,
  type RequestFacts,
  type ScreeningFacts,
  type Snapshot,
} from './snapshot.ts';

type Fields = { readonly [field: string]: Canonical };

/** Equal for equal snapshots, whatever the order in which their maps were filled. */
export const snapshotText = (snapshot: Snapshot): string => canonicalText(snapshotFields(snapshot));

/** What was decided, rule by rule. */
export const traceText = (trace: DecisionTrace): string => canonicalText(withoutAbsent(trace));

function snapshotFields({ causes, registry, ...snapshot }: Snapshot): Fields {
  const prices = [...snapshot.prices].map(
    ([asset, quotes]) => [asset, quotes.map(quoteFields)] as const,
  );
  const aggregates = [...snapshot.aggregates].map(
    ([key, { total, ...fact }]) => [key, { ...fact, total: total.toString() }] as const,
  );
  return {
    now: formatInstant(snapshot.now),
    activity: snapshot.activity,
    ...optional('also', snapshot.also),
    request: requestFields(snapshot.request),
    prices: Object.fromEntries(prices),
    aggregates: Object.fromEntries(aggregates.map(([key, fact]) => [key, withoutAbsent(fact)])),
    causes: Object.fromEntries(causes ?? []),
    ...optional('registry', registry && withoutAbsent(registryFields(registry))),
  };
}

const quoteFields = ({ price, asOf, maxAgeMs, source }: Quote): Fields => ({
  currency: price.currency,
  ...exactFields(price),
  asOf: formatInstant(asOf),
  maxAgeMs,
  source,
});

const exactFields = ({ scaled, scale }: Exact) => ({ scaled: scaled.toString(), scale });

function requestFields({ units, call, typedData, screening, ...plain }: RequestFacts): Fields {
  return {
    ...withoutAbsent(plain),
    ...optional('units', units?.toString()),
    ...optional(
      'call',
      call && {
        ...withoutAbsent({ ...call, value: undefined, args: undefined }),
        ...optional('value', call.value?.toString()),
        ...optional('args', call.args && factFields(call.args)),
      },
    ),
    ...optional(
      'typedData',
      typedData && {
        ...withoutAbsent({ ...typedData, fields: undefined }),
        ...optional('fields', typedData.fields && factFields(typedData.fields)),
      },
    ),
    ...optional('screening', screening && screeningFields(screening)),
  };
}

const factFields = (facts: ReadonlyMap<string, FactValue>): Fields =>
  Object.fromEntries(
    [...facts].map(([name, fact]) => [
      name,
      fact.type === 'number' ? { ...fact, number: fact.number.toString() } : { ...fact },
    ]),
  );

const screeningFields = ({ riskScore, ...screening }: ScreeningFacts): Fields => ({
  ...withoutAbsent(screening),
  ...optional('riskScore', riskScore && exactFields(riskScore)),
});

/** Absent and undefined are the same. Only for what holds texts, small numbers and lists of them. */
function withoutAbsent(value: unknown): Fields {
  return JSON.parse(JSON.stringify(value)) as Fields;
}

/**
 * Reads what `snapshotText` wrote.
 * @throws INVALID_INPUT for any other text
 */
export function readSnapshotText(text: string): Snapshot {
  try {
    const snapshot = readSnapshot(JSON.parse(text) as StoredSnapshot);
    if (snapshotText(snapshot) === text) return snapshot;
  } catch (cause) {
    throw unreadable(cause);
  }
  throw unreadable();
}

const unreadable = (cause?: unknown): PlatformError =>
  new PlatformError('INVALID_INPUT', { reason: 'not the text of a snapshot' }, { cause });

/** What the text holds where it is one; everything that is read is written again and compared. */
type StoredSnapshot = {
  readonly now: string;
  readonly activity: Snapshot['activity'];
  readonly also?: Activity;
  readonly request: StoredRequest;
  readonly prices: Readonly<Record<string, readonly StoredQuote[]>>;
  readonly aggregates: Readonly<Record<string, Omit<AggregateFact, 'total'> & { total: string }>>;
  readonly causes: Readonly<Record<string, string>>;
  readonly registry?: unknown;
};

type StoredExact = { readonly scaled: string; readonly scale: number };

type StoredQuote = StoredExact & {
  readonly currency: string;
  readonly asOf: string;
  readonly maxAgeMs: number;
  readonly source: string;
};

type StoredFact = Exclude<FactValue, { type: 'number' }> | { type: 'number'; number: string };

type StoredRequest = Omit<RequestFacts, 'units' | 'call' | 'typedData' | 'screening'> & {
  readonly units?: string;
  readonly call?: Omit<NonNullable<RequestFacts['call']>, 'value' | 'args'> & {
    readonly value?: string;
    readonly args?: Readonly<Record<string, StoredFact>>;
  };
  readonly typedData?: Omit<NonNullable<RequestFacts['typedData']>, 'fields'> & {
    readonly fields?: Readonly<Record<string, StoredFact>>;
  };
  readonly screening?: Omit<ScreeningFacts, 'riskScore'> & { readonly riskScore?: StoredExact };
};

function readSnapshot(stored: StoredSnapshot): Snapshot {
  const { activity, also = activity } = stored;
  if (!ACTIVITIES.includes(activity) || !ACTIVITIES.includes(also)) throw unreadable();
  const prices = Object.entries(stored.prices).map(
    ([asset, quotes]) => [asset as AssetId, quotes.map(readQuote)] as const,
  );
  const aggregates = Object.entries(stored.aggregates).map(
    ([key, { total, ...fact }]) => [key, { ...fact, total: BigInt(total) }] as const,
  );
  return {
    now: parseInstant(stored.now),
    activity,
    ...optional('also', stored.also),
    request: readRequest(stored.request),
    prices: new Map(prices),
    aggregates: new Map(aggregates),
    causes: new Map(Object.entries(stored.causes)),
    ...optional(
      'registry',
      stored.registry === undefined ? undefined : readRegistry(stored.registry),
    ),
  };
}

const readExact = ({ scaled, scale }: StoredExact): Exact => ({ scaled: BigInt(scaled), scale });

const readQuote = ({ currency, asOf, maxAgeMs, source, ...exact }: StoredQuote): Quote => ({
  price: { currency, ...readExact(exact) },
  asOf: parseInstant(asOf),
  maxAgeMs,
  source,
});

const readFacts = (facts: Readonly<Record<string, StoredFact>>): ReadonlyMap<string, FactValue> =>
  new Map(
    Object.entries(facts).map(([name, fact]) => [
      name,
      fact.type === 'number' ? { ...fact, number: BigInt(fact.number) } : fact,
    ]),
  );

function readRequest({ units, call, typedData, screening, ...plain }: StoredRequest): RequestFacts {
  return {
    ...plain,
    ...optional('units', units === undefined ? undefined : BigInt(units)),
    ...optional('call', call && readCall(call)),
    ...optional(
      'typedData',
      typedData && {
        ...typedData,
        ...optional('fields', typedData.fields && readFacts(typedData.fields)),
      },
    ),
    ...optional(
      'screening',
      screening && {
        ...screening,
        ...optional('riskScore', screening.riskScore && readExact(screening.riskScore)),
      },
    ),
  } as RequestFacts;
}

const readCall = ({ value, args, ...call }: NonNullable<StoredRequest['call']>) => ({
  ...call,
  ...optional('value', value === undefined ? undefined : BigInt(value)),
  ...optional('args', args && readFacts(args)),
});
