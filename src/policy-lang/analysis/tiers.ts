/**
 * Rules, or rows of a table, that differ in one number only: whether they leave something out
 * between them, or both apply to the same.
 */
import type { CheckedRule } from '#policy-lang/checking/checked-policy.ts';
import type { Box } from './boxes.ts';
import type { Domain } from './domain.ts';
import type { BoxedRule } from './rule-boxes.ts';

type Range = Extract<Domain, { kind: 'range' }>;

export type Tier = { readonly rule: CheckedRule; readonly box: Box; readonly range: Range };

/** Both bounds belong to it. */
export type Finding = {
  readonly kind: 'gap' | 'overlap';
  readonly variable: string;
  readonly lower: Tier;
  readonly upper: Tier;
  readonly low: bigint;
  readonly high: bigint;
};

/** In a table every gap counts; rules need only fit together where their bounds meet. */
export function tierFindings(rules: readonly BoxedRule[]): readonly Finding[] {
  const families = new Map<string, { readonly variable: string; readonly tiers: Tier[] }>();
  const sets = new Map<ReadonlySet<string>, string>();
  for (const { rule, boxes } of rules) {
    const [box, ...more] = boxes ?? [];
    if (box === undefined || more.length > 0 || rule.effect.kind === 'flag') continue;
    for (const [variable, range] of box) {
      if (range.kind !== 'range') continue;
      const key = familyOf(rule, box, variable, sets);
      const family = families.get(key) ?? { variable, tiers: [] };
      family.tiers.push({ rule, box, range });
      families.set(key, family);
    }
  }
  return [...families.values()].flatMap(({ variable, tiers }) => findingsIn(variable, tiers));
}

/** Text that rules share which differ in this variable only. */
function familyOf(
  { table, activities }: CheckedRule,
  box: Box,
  variable: string,
  sets: Map<ReadonlySet<string>, string>,
): string {
  const others = [...box]
    .filter(([name]) => name !== variable)
    .map(([name, domain]) => `${name} ${textOf(domain, sets)}`)
    .toSorted();
  return [table?.id ?? '', activities.join(' '), variable, ...others].join('\n');
}

function textOf(domain: Domain, sets: Map<ReadonlySet<string>, string>): string {
  if (domain.kind === 'range') return `${domain.low ?? ''}..${domain.high ?? ''}`;
  const text = sets.get(domain.values) ?? [...domain.values].toSorted().join(' ');
  sets.set(domain.values, text);
  return `${domain.kind} ${text}`;
}

function findingsIn(variable: string, tiers: readonly Tier[]): Finding[] {
  const sorted = tiers.toSorted((left, right) => compareLow(left.range, right.range));
  const found: Finding[] = [];
  let [reach] = sorted;
  for (const upper of sorted.slice(1)) {
    if (reach === undefined) break;
    const lower = reach;
    const [end, start] = [lower.range.high, upper.range.low];
    if (end === undefined || start === undefined) {
      if (end === undefined) continue;
    } else {
      const finding = (kind: Finding['kind'], low: bigint, high: bigint): Finding => ({
        kind,
        variable,
        lower,
        upper,
        low,
        high,
      });
      const isTable = upper.rule.table !== undefined;
      if (end + 1n < start && (isTable || end + 2n === start)) {
        found.push(finding('gap', end + 1n, start - 1n));
      }
      const isMeeting = end === start && reachesOn(lower.range, upper.range);
      if (start <= end && (isTable || isMeeting) && differs(lower.rule, upper.rule)) {
        const top = upper.range.high;
        found.push(finding('overlap', start, top === undefined || top > end ? end : top));
      }
    }
    if (isHigher(upper.range, lower.range)) reach = upper;
  }
  return found;
}

/** One begins where the other ends, and neither is just that point. */
const reachesOn = (lower: Range, upper: Range): boolean =>
  lower.low !== lower.high && upper.low !== upper.high;

const differs = (left: CheckedRule, right: CheckedRule): boolean =>
  JSON.stringify(left.effect) !== JSON.stringify(right.effect);

const isHigher = (upper: Range, lower: Range): boolean =>
  upper.high === undefined || (lower.high !== undefined && upper.high > lower.high);

function compareLow({ low: left }: Range, { low: right }: Range): number {
  if (left === right) return 0;
  if (left === undefined) return -1;
  if (right === undefined) return 1;
  return left < right ? -1 : 1;
}
