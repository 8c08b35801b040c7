/**
 * A request as people write it into a JSON file, with what a policy looks at beside it: prices and
 * running totals. The text of a stored snapshot (`snapshotText`) is read as well.
 */
import {
  type AssetId,
  FIAT_DECIMALS,
  parseAssetId,
  parseDecimal,
  parseNetworkId,
  parsePrice,
  parseUnits,
} from '#core/money.ts';
import { type Instant, parseInstant } from '#core/time.ts';
import { addressKey, checksummed } from '#policy-lang/values/address.ts';
import { CHANGE_KINDS } from '#policy-lang/change-kinds.ts';
import type { AggregateNeed, CompiledPolicy } from '#policy-lang/compiled-policy.ts';
import { MAX_DURATION_MS } from '#policy-lang/values/durations.ts';
import { readSnapshotText } from '#policy-lang/snapshot-text.ts';
import {
  ACTIVITIES,
  type AggregateFact,
  type CallFacts,
  type FactValue,
  LEVELS,
  type Quote,
  type RequestFacts,
  MESSAGE_KINDS,
  SCREENING_FAILURES,
  type ScreeningFacts,
  type Snapshot,
  type TypedDataFacts,
} from '#policy-lang/snapshot.ts';
import type { World } from '#policy-lang/world.ts';
import { Fields, parseJson } from './json-fields.ts';

const HINT = 'docs/policy/cli.md shows what such a file looks like.';

/**
 * Without a time of its own the request is made when the policy comes into force.
 * @throws INVALID_INPUT
 */
export function readRequestFile(text: string, policy: CompiledPolicy, world: World): Snapshot {
  const fields = new Fields(parseJson(text, HINT), 'request', HINT);
  if (fields.has('now')) return readSnapshotText(text.trim());
  fields.requireOnly(['at', 'activity', 'request', 'prices', 'totals']);
  const now = fields.has('at') ? parseInstant(fields.text('at'), 'at') : policy.effective.from;
  return {
    now,
    activity: fields.has('activity') ? fields.choice('activity', ACTIVITIES) : 'transfer',
    request: readRequestFacts(fields.object('request'), world),
    prices: readPrices(fields.object('prices'), now),
    aggregates: readTotals(fields.object('totals'), policy, world),
  };
}

const REQUEST_FIELDS = [
  'network',
  'wallet',
  'initiator',
  'asset',
  'amount',
  'units',
  'recipient',
  'sender',
  'call',
  'message',
  'typedData',
  'screening',
  'change',
];

/** @throws INVALID_INPUT */
export function readRequestFacts(fields: Fields, world: World): RequestFacts {
  fields.requireOnly(REQUEST_FIELDS);
  const asset = fields.has('asset') ? parseAssetId(fields.text('asset')) : undefined;
  return {
    ...given(fields, 'network', () => parseNetworkId(fields.text('network'))),
    ...given(fields, 'wallet', () => readWallet(fields.object('wallet'))),
    ...given(fields, 'initiator', () => readInitiator(fields.object('initiator'))),
    ...(asset !== undefined && { asset }),
    ...readUnits(fields, asset, world),
    ...given(fields, 'recipient', () => readAddress(fields, 'recipient')),
    ...given(fields, 'sender', () => readAddress(fields, 'sender')),
    ...given(fields, 'call', () => readCall(fields.object('call'))),
    ...given(fields, 'message', () => readMessage(fields.object('message'))),
    ...given(fields, 'typedData', () => readTypedData(fields.object('typedData'))),
    ...given(fields, 'screening', () => readScreening(fields.object('screening'))),
    ...given(fields, 'change', () => readChange(fields.object('change'))),
  };
}

/** `{ [name]: read() }` where the field is there. */
function given<K extends string, V>(fields: Fields, name: K, read: () => V): { [key in K]?: V } {
  return (fields.has(name) ? { [name]: read() } : {}) as { [key in K]?: V };
}

function readMessage(fields: Fields): NonNullable<RequestFacts['message']> {
  fields.requireOnly(['kind']);
  return given(fields, 'kind', () => fields.choice('kind', MESSAGE_KINDS));
}

function readChange(fields: Fields): NonNullable<RequestFacts['change']> {
  fields.requireOnly(['kind', 'target', 'role']);
  return {
    ...given(fields, 'kind', () => fields.choice('kind', CHANGE_KINDS)),
    ...given(fields, 'target', () => fields.text('target')),
    ...given(fields, 'role', () => fields.text('role')),
  };
}

function readWallet(fields: Fields): NonNullable<RequestFacts['wallet']> {
  fields.requireOnly(['id', 'tags', 'address']);
  return {
    id: fields.text('id'),
    ...given(fields, 'tags', () => fields.texts('tags')),
    ...given(fields, 'address', () => readAddress(fields, 'address')),
  };
}

function readInitiator(fields: Fields): NonNullable<RequestFacts['initiator']> {
  fields.requireOnly(['id', 'email', 'roles', 'groups']);
  return {
    id: fields.text('id'),
    ...given(fields, 'email', () => fields.text('email').toLowerCase()),
    ...given(fields, 'roles', () => fields.texts('roles')),
    ...given(fields, 'groups', () => fields.texts('groups')),
  };
}

/** `amount` is a decimal of the asset, `units` its base units. */
function readUnits(fields: Fields, asset: AssetId | undefined, world: World): { units?: bigint } {
  if (fields.has('units')) return { units: parseUnits(fields.text('units'), 'units') };
  if (!fields.has('amount')) return {};
  const decimals = asset && world.assets.get(asset)?.decimals;
  if (decimals === undefined) throw fields.wrong('amount', 'of an asset that is not known');
  return { units: parseDecimal(fields.text('amount'), decimals) };
}

function readAddress(fields: Fields, name: string): string {
  const text = fields.text(name);
  const key = addressKey(text);
  if (key === undefined) throw fields.wrong(name, 'not an address');
  return key.startsWith('evm:') ? checksummed(text) : text;
}

function readCall(fields: Fields): CallFacts {
  fields.requireOnly(['contract', 'function', 'value', 'args']);
  return {
    ...given(fields, 'contract', () => readAddress(fields, 'contract')),
    ...given(fields, 'function', () => fields.text('function')),
    ...given(fields, 'value', () => parseUnits(fields.text('value'), 'call.value')),
    ...given(fields, 'args', () => readFacts(fields.object('args'))),
  };
}

function readTypedData(fields: Fields): TypedDataFacts {
  fields.requireOnly(['primaryType', 'domainName', 'contract', 'fields']);
  return {
    ...given(fields, 'primaryType', () => fields.text('primaryType')),
    ...given(fields, 'domainName', () => fields.text('domainName')),
    ...given(fields, 'contract', () => readAddress(fields, 'contract')),
    ...given(fields, 'fields', () => readFacts(fields.object('fields'))),
  };
}

/** True or false, a text, an address, or a whole number: `1000`, or `"#1000"` for a large one. */
function readFacts(fields: Fields): ReadonlyMap<string, FactValue> {
  return new Map(fields.names.map((name) => [name, readFact(fields, name)]));
}

function readFact(fields: Fields, name: string): FactValue {
  const value = fields.get(name);
  if (typeof value === 'boolean') return { type: 'boolean', value };
  if (typeof value === 'number' && Number.isSafeInteger(value)) {
    return { type: 'number', number: BigInt(value) };
  }
  if (typeof value !== 'string') throw fields.wrong(name, 'not a text, a whole number or a truth');
  const [, digits] = /^#(-?\d{1,78})$/.exec(value) ?? [];
  if (digits !== undefined) return { type: 'number', number: BigInt(digits) };
  if (addressKey(value) === undefined) return { type: 'text', text: value };
  return { type: 'address', address: readAddress(fields, name) };
}

function readScreening(fields: Fields): ScreeningFacts {
  const texts = ['directExposure', 'categories', 'addressCategories'] as const;
  fields.requireOnly(['alertLevel', 'riskScore', ...texts, 'travelRule', 'failure']);
  return {
    ...given(fields, 'alertLevel', () => fields.choice('alertLevel', LEVELS)),
    ...given(fields, 'riskScore', () => {
      const [whole = '', fraction = ''] = fields.decimal('riskScore').split('.');
      return { scaled: BigInt(whole + fraction), scale: fraction.length };
    }),
    ...Object.assign({}, ...texts.map((name) => given(fields, name, () => fields.texts(name)))),
    ...given(fields, 'travelRule', () => fields.text('travelRule')),
    ...given(fields, 'failure', () => fields.choice('failure', SCREENING_FAILURES)),
  };
}

/** `{ "USDC@ethereum": { "USD": "1.00" } }`: quotes of the request's own time. @throws INVALID_INPUT */
export function readPrices(fields: Fields, asOf: Instant): ReadonlyMap<AssetId, readonly Quote[]> {
  return new Map(
    fields.names.map((name) => {
      const quotes = fields.object(name);
      return [
        parseAssetId(name),
        quotes.names.map((currency): Quote => {
          const price = parsePrice(quotes.decimal(currency), currency);
          return { price, asOf, maxAgeMs: MAX_DURATION_MS, source: 'file' };
        }),
      ] as const;
    }),
  );
}

/** Totals by the words of the policy, without the request itself: `"1,000.00"`, in the total's unit. */
function readTotals(
  fields: Fields,
  policy: CompiledPolicy,
  world: World,
): ReadonlyMap<string, AggregateFact> {
  return new Map(
    fields.names.map((key) => {
      const need = policy.aggregates.find((known) => known.key === key);
      if (need === undefined) {
        const known = policy.aggregates.map((aggregate) => aggregate.key).join('; ');
        throw fields.wrong(key, `not a total of the policy; it has ${known || 'none'}`);
      }
      return [key, readTotal(fields, need, world)];
    }),
  );
}

function readTotal(fields: Fields, need: AggregateNeed, world: World): AggregateFact {
  const value = fields.get(need.key);
  const isPlain = typeof value === 'string' || typeof value === 'number';
  const total = isPlain ? String(value) : fields.object(need.key).text('total');
  const units = parseDecimal(total, decimalsOf(need, world), need.key);
  if (isPlain || !fields.object(need.key).has('seen')) return { total: units };
  return { total: units, seen: fields.object(need.key).is('seen') };
}

function decimalsOf({ currency, asset }: AggregateNeed, world: World): number {
  if (currency !== undefined) return FIAT_DECIMALS;
  return asset === undefined ? 0 : (world.assets.get(asset)?.decimals ?? 0);
}
