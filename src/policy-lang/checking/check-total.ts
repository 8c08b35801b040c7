/** Checks running totals such as `sum(value) over last 24h by wallet`. */
import { reportUnknown } from '#policy-lang/checks/known-names.ts';
import { reportMismatch } from '#policy-lang/checks/fitting-types.ts';
import type { AssetId } from '#core/money.ts';
import { checkAssetAmount, checkFiat, checkOrder } from './check-amounts.ts';
import { checkCondition, knownFrom } from './check-condition.ts';
import { checkPlainNumber } from './check-texts.ts';
import { requireAvailable } from '#policy-lang/checks/available-fields.ts';
import { requireHistory } from '#policy-lang/checks/retained-history.ts';
import type {
  AggregateNeed,
  AggregateWindow,
  GroupingField,
} from '#policy-lang/compiled-policy.ts';
import type { Condition } from './condition.ts';
import { needText } from './condition-text.ts';
import { parseDuration } from '#policy-lang/values/durations.ts';
import { type Exact, whole } from '#policy-lang/values/exact.ts';
import { FIELDS } from './fields.ts';
import { MAX_TOTALS } from '#policy-lang/syntax/limits.ts';
import { nameAdvice } from './nearest-name.ts';
import { optional } from '#policy-lang/optional.ts';
import { type Knowledge, KNOWS_NOTHING, type Place, joined } from './place.ts';
import type { Scope } from './scope.ts';
import { ACTIVITIES, type Activity } from '#policy-lang/snapshot.ts';
import type { Aggregate, Comparison, Operand, Written } from '#policy-lang/syntax/syntax.ts';

const EXAMPLE = 'Write sum(value) over last 24h by wallet > 250,000 USD.';

/** In the order in which a key names them. */
const GROUPINGS: readonly GroupingField[] = [
  'wallet',
  'initiator',
  'asset',
  'recipient',
  'network',
];

const isGrouping = (text: string): text is GroupingField =>
  (GROUPINGS as readonly string[]).includes(text);
const isActivity = (text: string): text is Activity =>
  (ACTIVITIES as readonly string[]).includes(text);

export function checkTotal(
  scope: Scope,
  total: Aggregate,
  comparison: Comparison | undefined,
  place: Place,
): Condition | undefined {
  if (place.insideTotal) {
    const message = 'A total cannot stand inside of another one.';
    reportMismatch(scope, total.span, message, 'Compare the two beside each other.');
    return undefined;
  }
  if (comparison?.kind !== 'sign') {
    const message = 'A total is compared with an amount or a number.';
    reportMismatch(scope, (comparison ?? total).span, message, EXAMPLE);
    return undefined;
  }
  const order = checkOrder(scope, comparison);
  const checked = checkNeed(scope, total, comparison.right, place.knowledge);
  if (order === undefined || checked === undefined) return undefined;
  const { need, limit } = checked;
  place.uses.push({
    name: `${need.function}(${total.of.text})`,
    span: total.span,
    activities: activitiesWith(need.by),
    home: need.activity,
  });
  if (!keepTotal(scope, total, need)) return undefined;
  return { kind: 'total', order, need, limit };
}

/** The platform adds up each total for each request. */
function keepTotal(scope: Scope, { span }: Aggregate, need: AggregateNeed): boolean {
  if (!scope.needs.has(need.key) && scope.needs.size >= MAX_TOTALS) {
    const message = `The policy compares more than ${MAX_TOTALS} different totals.`;
    scope.report.add('POLICY_TOO_LARGE', span, message, 'Compare the same totals in more rules.');
    return false;
  }
  scope.needs.set(need.key, need);
  return true;
}

const activitiesWith = (by: readonly GroupingField[]): readonly Activity[] =>
  ACTIVITIES.filter((activity) =>
    by.every((path) => FIELDS.get(path)?.activities.includes(activity) === true),
  );

/** What the platform must add up, and the limit in the same unit. */
export function checkNeed(
  scope: Scope,
  total: Aggregate,
  right: Operand,
  knowledge: Knowledge = KNOWS_NOTHING,
): { readonly need: AggregateNeed; readonly limit: Exact } | undefined {
  const what = checkWhat(scope, total);
  const window = checkWindow(scope, total);
  const by = checkBy(scope, total);
  if (what === undefined || window === undefined || by === undefined) return undefined;
  const inner = joined(
    knowledge,
    total.where === undefined ? KNOWS_NOTHING : knownFrom(scope, total.where),
  );
  const where = total.where && checkWhere(scope, total, inner, what.activity);
  if (total.where !== undefined && where === undefined) return undefined;
  const measure = checkMeasure(scope, what.of, right, inner);
  if (measure === undefined) return undefined;
  const { limit, ...unit } = measure;
  const rest = {
    function: total.function,
    ...what,
    ...unit,
    window,
    by,
    ...optional('where', where),
    includesThis: !total.excludingThis,
  };
  return { need: { key: keyOf(scope, rest), ...rest }, limit };
}

function keyOf(scope: Scope, need: Omit<AggregateNeed, 'key'>): string {
  const text = needText(need, scope.world.assets);
  const { window, currency, asset } = need;
  const zoned = window.kind === 'calendar' && window.zone !== 'UTC';
  const measured = currency ?? asset;
  return [
    text,
    ...(measured === undefined ? [] : [`in ${measured}`]),
    ...(zoned ? [`on the clocks of ${window.zone}`] : []),
  ].join(' ');
}

type What = Pick<AggregateNeed, 'of' | 'distinct' | 'activity'>;

/** What stands in the parentheses behind sum, count or max. */
function checkWhat(scope: Scope, total: Aggregate): What | undefined {
  const { of, distinct } = total;
  const fits = of.argument === undefined;
  if (total.function === 'count') {
    if (fits && distinct && isGrouping(of.text)) {
      return { of: of.text, distinct, activity: 'transfer' };
    }
    if (fits && !distinct && isActivity(of.text)) {
      return { of: 'requests', distinct, activity: of.text };
    }
    const [message, known] = distinct
      ? (['Here must stand what is counted once each.', GROUPINGS] as const)
      : (['Here must stand the activity that is counted.', ACTIVITIES] as const);
    reportMismatch(scope, of.span, message, () => nameAdvice(of, known));
    return undefined;
  }
  if (fits && !distinct && (of.text === 'value' || of.text === 'amount')) {
    return { of: of.text, distinct, activity: 'transfer' };
  }
  const message = `A ${total.function} is of values or of amounts.`;
  const example = `Write ${total.function}(value).`;
  reportMismatch(scope, of.span, message, example);
  return undefined;
}

function checkWindow(scope: Scope, { window, span }: Aggregate): AggregateWindow | undefined {
  if (window.kind === 'calendar') {
    const checked = { ...window, zone: scope.zone };
    return requireHistory(scope, span, checked) ? checked : undefined;
  }
  const ms = checkDuration(scope, window.duration);
  if (ms === undefined) return undefined;
  const checked = { kind: 'last', ms } as const;
  return requireHistory(scope, window.duration.span, checked) ? checked : undefined;
}

function checkBy(scope: Scope, { by }: Aggregate): readonly GroupingField[] | undefined {
  const named = new Set<GroupingField>();
  for (const { text, span, argument } of by) {
    if (!isGrouping(text) || argument !== undefined) {
      const message = `A total is not kept by "${text}".`;
      reportUnknown({ report: scope.report }, { text, span }, message, GROUPINGS);
      return undefined;
    }
    if (named.has(text)) {
      scope.report.add('DUPLICATE', span, `"${text}" is said twice.`, 'Delete one of the two.');
      return undefined;
    }
    named.add(text);
  }
  return GROUPINGS.filter((path) => named.has(path));
}

/** A condition on each request that counts; it is asked of earlier ones with their own facts. */
function checkWhere(
  scope: Scope,
  total: Aggregate,
  knowledge: Knowledge,
  activity: Activity,
): Condition | undefined {
  if (total.where === undefined) return undefined;
  const place: Place = { knowledge, uses: [], insideTotal: true };
  const where = checkCondition(scope, total.where, place);
  return requireAvailable(scope.report, place.uses, [activity]) ? where : undefined;
}

type Measure = Pick<AggregateNeed, 'currency' | 'asset'> & { readonly limit: Exact };

function checkMeasure(
  scope: Scope,
  of: AggregateNeed['of'],
  right: Operand,
  knowledge: Knowledge,
): Measure | undefined {
  if (of === 'value') {
    const fiat = checkFiat(scope, right);
    return fiat && { currency: fiat.currency, limit: fiat.limit };
  }
  if (of !== 'amount') {
    const limit = checkPlainNumber(scope, right, 0);
    return limit && { limit };
  }
  const limits = checkAssetAmount(scope, right, knowledge.assets);
  if (limits === undefined) return undefined;
  const [only, ...more] = limits;
  if (only !== undefined && more.length === 0) return { asset: only[0], limit: whole(only[1]) };
  const message = 'Amounts are added up of one asset at a time.';
  const hint = 'Write "asset is USDC@ethereum and" beside it, or add up the value.';
  reportMismatch(scope, right.span, message, hint);
  return undefined;
}

export function checkDuration(scope: Scope, written: Written): number | undefined {
  const ms = parseDuration(written.text);
  if (ms !== undefined) return ms;
  const message = `"${written.text}" is not a duration from 1ms to ten years.`;
  scope.report.add('BAD_DURATION', written.span, message, 'Write it like 24h, 7d or 90min.');
  return undefined;
}

/** What a test can give: the assets of the totals that rules compare. */
export const assetsOfNeeds = (scope: Scope): ReadonlySet<AssetId> =>
  new Set([...scope.needs.values()].flatMap(({ asset }) => asset ?? []));
