/**
 * A request with its decision as a `test` block to paste into a policy. Some requests cannot be written
 * as a test, e.g. one whose initiator has no known roles: whoever prints a block runs it first.
 */
import { type AssetId, formatDecimal, symbolOf } from '#core/money.ts';
import { type Instant, formatInstant } from '#core/time.ts';
import type { AggregateNeed } from '#policy-lang/compiled-policy.ts';
import { needText, quoted } from '#policy-lang/checking/condition-text.ts';
import type { Decision } from '#policy-lang/decision.ts';
import { formatDuration } from '#policy-lang/values/durations.ts';
import type { AggregateFact, FactValue, RequestFacts, Snapshot } from '#policy-lang/snapshot.ts';
import type { AssetFact } from '#policy-lang/world.ts';

/** What the policy that the block is for knows. */
export type Setting = {
  readonly assets: ReadonlyMap<AssetId, AssetFact>;
  readonly needs: readonly AggregateNeed[];
  readonly groups: Iterable<string>;
  /** The time of a test that gives none. */
  readonly begin: Instant;
};

export function testBlockOf(
  title: string,
  snapshot: Snapshot,
  decision: Decision,
  setting: Setting,
): string {
  const { request, activity } = snapshot;
  const lines = [
    ...(snapshot.now === setting.begin ? [] : [`given now = ${timeText(snapshot.now)}`]),
    `given ${activity} {`,
    ...factLines(snapshot, setting).map((line) => `  ${line};`),
    '}',
    ...[...snapshot.prices].flatMap(([asset, quotes]) =>
      quotes.map(({ price: { currency, scaled, scale } }) => {
        return `given price ${asset} = ${formatDecimal(scaled, scale)} ${currency}`;
      }),
    ),
    ...groupLines(request, setting),
    ...historyLines(snapshot.aggregates, setting),
    ...expectations(decision),
  ];
  return [`test ${quoted(title)} {`, ...lines.map((line) => `  ${line}`), '}'].join('\n');
}

const timeText = (at: Instant): string =>
  `${formatInstant(at).slice(0, 'YYYY-MM-DDTHH:MM:SS'.length)} UTC`;

function factLines({ request, activity }: Snapshot, { assets }: Setting): readonly string[] {
  const { network, wallet, initiator, asset, recipient, sender, call, typedData } = request;
  const roles = initiator?.roles?.map((role) => ` role ${quoted(role)}`).join('') ?? '';
  const tags = wallet?.tags === undefined ? '' : ` tags ${texts(wallet.tags)}`;
  const amount = (units: bigint | undefined) => amountText(units, asset, assets);
  return [
    ...fact('network', network && quoted(network)),
    ...fact('wallet', wallet && `${quoted(wallet.id)}${tags}`),
    ...fact('wallet.address', wallet?.address),
    ...fact('initiator', initiator && `user ${quoted(initiator.id)}${roles}`),
    // What a call pays is measured in the asset, and so names it.
    ...(activity === 'contract-call' ? [] : fact('asset', asset)),
    ...fact('amount', amount(request.units)),
    ...fact('recipient', recipient),
    ...fact('sender', sender),
    ...fact('call.contract', call?.contract),
    ...fact('call.function', call?.function && quoted(call.function)),
    ...fact('call.value', amount(call?.value)),
    ...valueLines('call.arg', call?.args),
    ...fact('message.kind', request.message?.kind && quoted(request.message.kind)),
    ...fact('typed-data.primary-type', typedData?.primaryType && quoted(typedData.primaryType)),
    ...fact('typed-data.domain-name', typedData?.domainName && quoted(typedData.domainName)),
    ...fact('typed-data.contract', typedData?.contract),
    ...valueLines('typed-data.field', typedData?.fields),
    ...screeningLines(request),
    ...fact('change.kind', request.change?.kind && quoted(request.change.kind)),
    ...fact('change.target', request.change?.target && quoted(request.change.target)),
    ...fact('change.role', request.change?.role && quoted(request.change.role)),
  ];
}

const fact = (field: string, value: string | undefined): readonly string[] =>
  value === undefined ? [] : [`${field} = ${value}`];

const texts = (values: readonly string[]): string => `[${values.map(quoted).join(', ')}]`;

function amountText(
  units: bigint | undefined,
  asset: AssetId | undefined,
  assets: ReadonlyMap<AssetId, AssetFact>,
): string | undefined {
  const known = asset && assets.get(asset);
  if (units === undefined || asset === undefined || known === undefined) return undefined;
  return `${formatDecimal(units, known.decimals)} ${symbolOf(asset)}`;
}

const valueLines = (
  field: string,
  values: ReadonlyMap<string, FactValue> | undefined,
): readonly string[] =>
  [...(values ?? [])].map(([name, value]) => `${field} ${quoted(name)} = ${valueText(value)}`);

function valueText(value: FactValue): string {
  switch (value.type) {
    case 'address':
      return value.address;
    case 'number':
      return formatDecimal(value.number, 0);
    case 'text':
      return quoted(value.text);
    default:
      return String(value.value);
  }
}

function screeningLines({ screening }: RequestFacts): readonly string[] {
  if (screening === undefined) return [];
  const { riskScore } = screening;
  return [
    ...fact('screening.failure', screening.failure && quoted(screening.failure)),
    ...fact('screening.alert-level', screening.alertLevel),
    ...fact('screening.risk-score', riskScore && formatDecimal(riskScore.scaled, riskScore.scale)),
    ...fact(
      'screening.direct-exposure',
      screening.directExposure && texts(screening.directExposure),
    ),
    ...fact('screening.categories', screening.categories && texts(screening.categories)),
    ...fact(
      'screening.address-categories',
      screening.addressCategories && texts(screening.addressCategories),
    ),
    ...fact('screening.travel-rule', screening.travelRule && quoted(screening.travelRule)),
  ];
}

/** Who is in which group, where the request says so. */
function groupLines({ initiator }: RequestFacts, { groups }: Setting): readonly string[] {
  const member = initiator?.groups;
  if (initiator === undefined || member === undefined) return [];
  return [...groups].map((group) => {
    const people = member.includes(group) ? [initiator.id] : ['somebody-else'];
    return `given group ${group} = ${texts(people)}`;
  });
}

function historyLines(
  aggregates: ReadonlyMap<string, AggregateFact>,
  { needs, assets }: Setting,
): readonly string[] {
  return needs.flatMap((need) => {
    const found = aggregates.get(need.key);
    if (found === undefined) return [];
    const seen = found.seen === true ? ' with this one seen' : '';
    return `given history ${needText(need, assets)} = ${totalText(need, found.total, assets)}${seen}`;
  });
}

function totalText(
  { currency, asset }: AggregateNeed,
  total: bigint,
  assets: ReadonlyMap<AssetId, AssetFact>,
): string {
  if (currency !== undefined) return `${formatDecimal(total, 2)} ${currency}`;
  return amountText(total, asset, assets) ?? formatDecimal(total, 0);
}

function expectations({ outcome, requirements }: Decision): readonly string[] {
  if (outcome === 'ALLOW') return ['expect allow'];
  const [requirement] = requirements;
  if (outcome === 'BLOCK' || requirement === undefined) return ['expect block'];
  const quorums = requirement.quorums.map(({ group, count }) => `by ${count} of ${group}`);
  const { expiresAfterMs } = requirement;
  const expiry =
    expiresAfterMs === undefined ? '' : `, expires after ${formatDuration(expiresAfterMs)}`;
  return [`expect require approval ${quorums.join(' and ')}${expiry}`];
}
