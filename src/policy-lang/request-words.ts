/** A request in one line, as a person tells it: what moves, from where, to whom, and who asks. */
import { type AssetId, formatDecimal } from '#core/money.ts';
import type { AggregateFact, FactValue, RequestFacts, Snapshot } from './snapshot.ts';
import type { AggregateNeed } from './compiled-policy.ts';
import { fiat, formatValue } from '#policy-lang/values/exact.ts';
import type { AssetFact } from './world.ts';

/** What amounts and totals are measured in. */
export type Units = {
  readonly assets: ReadonlyMap<AssetId, AssetFact>;
  readonly needs: readonly AggregateNeed[];
};

/** `10,001 ETH@ethereum, wallet wa-1 (payments), to 0x52..., by usr-1; sum(value) ...`. */
export function requestLine({ request, aggregates }: Snapshot, units: Units): string {
  const facts = [...factsOf(request, units)];
  const totals = [...aggregates].map(([key, fact]) => totalOf(key, fact, units));
  return [facts.length === 0 ? 'nothing is known of it' : facts.join(', '), ...totals].join('; ');
}

function* factsOf(request: RequestFacts, { assets }: Units): Generator<string> {
  const { asset, units, network, wallet, recipient, sender, initiator } = request;
  const { call, message, typedData, screening, change } = request;
  if (asset !== undefined && units !== undefined) {
    yield `${formatDecimal(units, assets.get(asset)?.decimals ?? 0)} ${asset}`;
  } else if (asset !== undefined) yield `the asset ${asset}`;
  else if (units !== undefined) yield `${units} base units`;
  if (network !== undefined) yield `on ${network}`;
  if (wallet !== undefined) yield named(`wallet ${wallet.id}`, wallet.tags);
  if (recipient !== undefined) yield `to ${recipient}`;
  if (sender !== undefined) yield `from ${sender}`;
  if (call?.function !== undefined) yield `calls ${call.function}`;
  if (call?.contract !== undefined) yield `contract ${call.contract}`;
  if (call?.args !== undefined) yield* valuesOf(call.args);
  yield* partsOf('', message);
  if (typedData !== undefined) {
    const { fields, ...rest } = typedData;
    yield* partsOf('typed data: ', rest);
    if (fields !== undefined) yield* valuesOf(fields);
  }
  yield* partsOf('screening: ', screening);
  yield* partsOf('change: ', change);
  if (initiator !== undefined) yield named(`by ${initiator.id}`, initiator.roles);
}

const named = (what: string, labels: readonly string[] | undefined): string =>
  labels === undefined || labels.length === 0 ? what : `${what} (${labels.join(', ')})`;

function* valuesOf(values: ReadonlyMap<string, FactValue>): Generator<string> {
  for (const [name, value] of values) yield `${name} = ${valueText(value)}`;
}

function valueText(value: FactValue): string {
  switch (value.type) {
    case 'address':
      return value.address;
    case 'number':
      return value.number.toString();
    case 'text':
      return JSON.stringify(value.text);
    default:
      return String(value.value);
  }
}

function* partsOf(label: string, parts: object | undefined): Generator<string> {
  for (const [name, value] of Object.entries(parts ?? {})) {
    const text = Array.isArray(value) ? `[${value.join(', ')}]` : partText(value);
    yield `${label}${name} ${text}`;
  }
}

/** A risk score is the one part that is no text. */
const partText = (value: unknown): string => {
  if (typeof value !== 'object' || value === null) return String(value);
  const { scaled, scale } = value as { readonly scaled: bigint; readonly scale: number };
  return formatDecimal(scaled, scale);
};

function totalOf(key: string, { total }: AggregateFact, { assets, needs }: Units): string {
  const need = needs.find((one) => one.key === key);
  if (need?.currency !== undefined) return `${key} is ${formatValue(fiat(total), need.currency)}`;
  const decimals = need?.asset === undefined ? 0 : (assets.get(need.asset)?.decimals ?? 0);
  return `${key} is ${formatDecimal(total, decimals)}`;
}
