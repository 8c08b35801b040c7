/** A point as the snapshot of a request that the evaluator can decide. */
import type { AssetId, NetworkId } from '#core/money.ts';
import type { Instant } from '#core/time.ts';
import type { FieldRef } from '#policy-lang/checking/condition.ts';
import { pathOf } from '#policy-lang/deciding/field-facts.ts';
import { fieldsOf } from '#policy-lang/checking/fields.ts';
import { optional } from '#policy-lang/optional.ts';
import type {
  AggregateFact,
  FactValue,
  Level,
  Quote,
  RequestFacts,
  ScreeningFacts,
  ScreeningFailure,
  Snapshot,
} from '#policy-lang/snapshot.ts';
import type { Model } from './model.ts';
import { type Point, spelled } from './point.ts';
import { EMAIL, SCORE_DECIMALS, factPath } from './translate.ts';
import type { Source } from './variables.ts';

const QUOTE_AGE_MS = 60_000;

/** Facts that no condition looks at are left out, as far as a request can do without them. */
export function snapshotOf(model: Model, point: Point): Snapshot {
  const facts = new PointFacts(model, point);
  const now = facts.now();
  const asset = facts.asset();
  const quotes = [...point.prices].flatMap(([currency, { scaled, scale }]): Quote[] =>
    point.missing.has(`price in ${currency}`)
      ? []
      : [
          {
            price: { currency, scaled, scale },
            asOf: now,
            maxAgeMs: QUOTE_AGE_MS,
            source: 'proof',
          },
        ],
  );
  return {
    now,
    activity: model.activity,
    request: facts.request(now),
    prices: asset === undefined ? new Map() : new Map([[asset, quotes]]),
    aggregates: facts.aggregates(),
  };
}

class PointFacts {
  readonly #model: Model;
  readonly #point: Point;

  constructor(model: Model, point: Point) {
    this.#model = model;
    this.#point = point;
  }

  now(): Instant {
    return this.#model.moments.at(this.#point.values.get('moment') ?? '');
  }

  asset(): AssetId | undefined {
    return this.#text('asset') as AssetId | undefined;
  }

  aggregates(): Map<string, AggregateFact> {
    const found = new Map<string, AggregateFact>();
    for (const [name, { kind, need }] of this.#needs()) {
      if (kind !== 'before' || this.#point.missing.has(need.key)) continue;
      const seen = this.#isMissing(`seen ${need.key}`)
        ? undefined
        : this.#point.values.has(`seen ${need.key}`);
      const total = this.#point.numbers.get(name) ?? 0n;
      found.set(need.key, { total, ...(need.distinct && optional('seen', seen)) });
    }
    return found;
  }

  *#needs(): Generator<[string, Extract<Source, { kind: 'before' | 'total' }>]> {
    const { variables } = this.#model;
    for (const name of variables.names()) {
      const { source } = variables.get(name);
      if (source.kind === 'before' || source.kind === 'total') yield [name, source];
    }
  }

  request(now: Instant): RequestFacts {
    const { activity } = this.#model;
    const isCall = activity === 'contract-call';
    const units = this.#number(isCall ? 'call.value' : 'amount', 'units');
    const isGiven = this.#has('wallet') && !this.#isMissing('wallet');
    const wallet = this.#text('wallet') ?? (isGiven ? 'wa-1' : undefined);
    return {
      ...optional('network', this.#text('network') as NetworkId | undefined),
      ...optional('wallet', wallet === undefined ? undefined : this.#wallet(wallet)),
      ...optional('initiator', this.#initiator()),
      ...optional('asset', this.asset()),
      ...(isCall ? {} : optional('units', units)),
      ...optional('recipient', this.#address('recipient')),
      ...optional('sender', this.#address('sender')),
      ...(isCall && { call: this.#call(now, units) }),
      ...(activity === 'sign-message' && {
        message: { ...optional('kind', this.#text('message.kind')) },
        typedData: this.#typedData(now),
      }),
      ...optional('screening', this.#screening()),
      ...(this.#mentions('change.') && {
        change: {
          ...optional('kind', this.#text('change.kind')),
          ...optional('target', this.#text('change.target')),
          ...optional('role', this.#text('change.role')),
        },
      }),
    };
  }

  #wallet(id: string): NonNullable<RequestFacts['wallet']> {
    return {
      id,
      ...optional('tags', this.#elements('wallet.tags')),
      ...optional('address', this.#address('wallet.address')),
    };
  }

  #initiator(): RequestFacts['initiator'] {
    if (!this.#has('initiator') || this.#isMissing('initiator')) return undefined;
    const id = this.#text('initiator') ?? 'usr-1';
    const groups = [...this.#model.variables.names()].filter(
      (name) => this.#model.variables.get(name).source.kind === 'group',
    );
    const member = groups.flatMap((name) => {
      const { source } = this.#model.variables.get(name);
      return source.kind === 'group' && this.#point.values.has(name) ? source.group : [];
    });
    const email = this.#text(EMAIL);
    return {
      id,
      ...optional('email', email),
      ...optional('roles', this.#elements('initiator.roles')),
      ...(groups.length > 0 && { groups: member }),
    };
  }

  #call(now: Instant, value: bigint | undefined): NonNullable<RequestFacts['call']> {
    return {
      ...optional('contract', this.#address('call.contract')),
      ...optional('function', this.#text('call.function')),
      ...optional('value', value),
      args: this.#values('call.arg', now),
    };
  }

  #typedData(now: Instant): NonNullable<RequestFacts['typedData']> {
    return {
      ...optional('primaryType', this.#text('typed-data.primary-type')),
      ...optional('domainName', this.#text('typed-data.domain-name')),
      ...optional('contract', this.#address('typed-data.contract')),
      fields: this.#values('typed-data.field', now),
    };
  }

  #screening(): ScreeningFacts | undefined {
    if (!this.#mentions('screening.') || this.#isMissing('screening.failure')) return undefined;
    const failure = this.#text('screening.failure') ?? 'none';
    if (failure !== 'none') return { failure: failure as ScreeningFailure };
    const score = this.#number('screening.risk-score', 'number screening.risk-score');
    return {
      ...optional('alertLevel', this.#text('screening.alert-level') as Level | undefined),
      ...(score !== undefined && {
        riskScore: { scaled: score * 5n, scale: SCORE_DECIMALS + 1 },
      }),
      ...optional('directExposure', this.#elements('screening.direct-exposure')),
      ...optional('categories', this.#elements('screening.categories')),
      ...optional('addressCategories', this.#elements('screening.address-categories')),
      ...optional('travelRule', this.#text('screening.travel-rule')),
    };
  }

  /** Arguments of a call, or fields of typed data. */
  #values(path: FieldRef['path'], now: Instant): ReadonlyMap<string, FactValue> {
    const found = new Map<string, FactValue>();
    for (const name of this.#model.variables.names()) {
      const { source } = this.#model.variables.get(name);
      if (!('field' in source) || source.field.path !== path) continue;
      const { argument } = source.field;
      const value = this.#valueOf(name, source.kind, now);
      if (argument === undefined || value === undefined) continue;
      if (this.#isMissing(factPath(source.field, value.type))) continue;
      if (!found.has(argument)) found.set(argument, value);
    }
    return found;
  }

  #valueOf(name: string, kind: Source['kind'], now: Instant): FactValue | undefined {
    const { values, numbers } = this.#point;
    switch (kind) {
      case 'address':
        return { type: 'address', address: spelled(values.get(name) ?? '') };
      case 'text':
        return { type: 'text', text: values.get(name) ?? '' };
      case 'boolean':
        return { type: 'boolean', value: values.has(name) };
      case 'number':
        return { type: 'number', number: numbers.get(name) ?? 0n };
      case 'delay':
        return { type: 'number', number: (BigInt(now) + (numbers.get(name) ?? 0n)) / 1_000n };
      default:
        return undefined;
    }
  }

  /** Whether the activity has a field. */
  #has(path: FieldRef['path']): boolean {
    return fieldsOf(this.#model.activity).some((field) => field.path === path);
  }

  #isMissing(path: string): boolean {
    return this.#point.missing.has(path);
  }

  #mentions(prefix: string): boolean {
    return [...this.#model.variables.paths].some((path) => path.startsWith(prefix));
  }

  #text(path: string): string | undefined {
    return this.#isMissing(path) ? undefined : this.#point.values.get(path);
  }

  #address(path: string): string | undefined {
    const key = this.#text(path);
    return key === undefined ? undefined : spelled(key);
  }

  #number(path: string, variable: string): bigint | undefined {
    return this.#isMissing(path) ? undefined : this.#point.numbers.get(variable);
  }

  #elements(path: string): readonly string[] | undefined {
    const { variables } = this.#model;
    if (this.#isMissing(path) || !variables.paths.has(path)) return undefined;
    return [...variables.names()].flatMap((name) => {
      const { source } = variables.get(name);
      if (source.kind !== 'element' || pathOf(source.field) !== path) return [];
      return this.#point.values.has(name) ? source.element : [];
    });
  }
}
