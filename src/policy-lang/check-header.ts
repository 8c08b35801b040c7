/**
 * Checks the header: each part once, a version, a time in which it holds, and what happens
 * otherwise.
 */
import type { Instant } from '#core/time.ts';
import type { CheckedHeader } from './checked-policy.ts';
import { optional } from './optional.ts';
import type { Span } from './diagnostics.ts';
import { MAX_VERSION } from './limits.ts';
import { isZone, readLocalTime } from './local-time.ts';
import { readCount } from './numbers.ts';
import { type Scope, unsupported } from './scope.ts';
import type { Activity } from './snapshot.ts';
import type { Effect, Header, HeaderPart, LocalTime, Written } from './syntax.ts';

type PartOf<K extends HeaderPart['kind']> = Extract<HeaderPart, { kind: K }>;

const LATER_ACTIVITIES = new Set([
  'contract-call',
  'sign-message',
  'incoming',
  'permission-change',
  'policy-change',
]);

const EXAMPLES = {
  version: 'Write version 1.',
  effective: 'Write effective from 2026-07-01T00:00 Europe/Paris.',
  governs: 'Write governs transfer.',
  otherwise: 'Write otherwise block "No rule allows this transfer".',
} as const;

export function checkHeader(scope: Scope, header: Header): CheckedHeader | undefined {
  const only = <K extends HeaderPart['kind']>(kind: K): PartOf<K> | undefined => {
    const [first, second] = header.parts.filter((part) => part.kind === kind);
    if (second !== undefined) {
      const message = `The header has "${kind}" twice.`;
      scope.report.add('DUPLICATE', second.span, message, 'Delete one of the two.');
    }
    return first as PartOf<K> | undefined;
  };
  const [version, effective, governs, otherwise] = [
    only('version'),
    only('effective'),
    only('governs'),
    only('otherwise'),
  ];
  const [owner, zone] = [only('owner'), only('zone')];
  for (const kind of ['version', 'effective', 'governs', 'otherwise'] as const) {
    if (header.parts.some((part) => part.kind === kind)) continue;
    const message = `The header has no "${kind}".`;
    scope.report.add('MISSING_PART', header.title.span, message, EXAMPLES[kind]);
  }
  if (zone !== undefined && !isZone(zone.zone.text)) {
    const message = `There is no time zone "${zone.zone.text}".`;
    scope.report.add('BAD_TIME', zone.zone.span, message, 'Write it like Europe/Paris.');
  }
  const number = version && checkVersion(scope, version.number);
  const range = effective && checkRange(scope, effective);
  const activities = governs && checkActivities(scope, governs.activities);
  const fallback = otherwise && checkOtherwise(scope, otherwise.effect);
  if (!version || !number || !range || !activities || !fallback) return undefined;
  return {
    span: header.span,
    title: header.title.text,
    version: number,
    versionSpan: version.number.span,
    effective: range,
    ...optional('owner', owner?.owner.text),
    zone: zone?.zone.text ?? 'UTC',
    governs: activities,
    otherwise: fallback,
  };
}

function checkVersion(scope: Scope, written: Written): number | undefined {
  const read = readCount(written.text, 1, MAX_VERSION);
  if (read.ok) return Number(read.value);
  scope.report.add(read.code, written.span, read.message, read.hint);
  return undefined;
}

function checkRange(
  scope: Scope,
  part: PartOf<'effective'>,
): { readonly from: Instant; readonly until?: Instant } | undefined {
  const from = checkTime(scope, part.from);
  const until = part.until && checkTime(scope, part.until);
  if (from === undefined || (part.until !== undefined && until === undefined)) return undefined;
  if (until === undefined) return { from };
  if (until > from) return { from, until };
  const message = 'The policy ends before it begins, or at the same time.';
  scope.report.add('BAD_TIME', part.span, message, 'Let "until" be later than "from".');
  return undefined;
}

function checkTime(scope: Scope, written: LocalTime): Instant | undefined {
  const read = readLocalTime(written.time.text, written.zone.text);
  if (read.ok) return read.at;
  scope.report.add('BAD_TIME', written.time.span, read.message, read.hint);
  return undefined;
}

/** The activities of `governs` or `applies to`; this version knows transfers only. */
export function checkActivities(
  scope: Scope,
  written: readonly Written[],
): readonly Activity[] | undefined {
  const seen = new Set<string>();
  let transfers = false;
  for (const { text, span } of written) {
    if (seen.has(text)) {
      scope.report.add('DUPLICATE', span, `"${text}" is said twice.`, 'Delete one of the two.');
    }
    seen.add(text);
    if (text === 'transfer') transfers = true;
    else reportActivity(scope, text, span);
  }
  return transfers && seen.size === 1 ? ['transfer'] : undefined;
}

function reportActivity(scope: Scope, text: string, span: Span): void {
  if (LATER_ACTIVITIES.has(text)) {
    unsupported(scope, span, `rules for the activity "${text}"`, 'This version governs transfer.');
    return;
  }
  scope.report.add('UNKNOWN_NAME', span, `There is no activity "${text}".`, 'Write transfer.');
}

function checkOtherwise(scope: Scope, effect: Effect): CheckedHeader['otherwise'] | undefined {
  if (effect.kind === 'block') {
    return { kind: 'block', ...optional('message', effect.message?.text) };
  }
  if (effect.kind === 'allow' && effect.approval === undefined) return { kind: 'allow' };
  const message = '"otherwise" can only allow or block.';
  scope.report.add('TYPE_MISMATCH', effect.span, message, EXAMPLES.otherwise);
  return undefined;
}
