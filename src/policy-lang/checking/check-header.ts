/**
 * Checks the header: each part once, a version, a time in which it holds, and what happens
 * otherwise.
 */
import { reportUnknown } from '#policy-lang/checks/known-names.ts';
import { reportMismatch } from '#policy-lang/checks/fitting-types.ts';
import type { Instant } from '#core/time.ts';
import type { CheckedHeader } from './checked-policy.ts';
import { optional } from '#policy-lang/optional.ts';
import { MAX_VERSION } from '#policy-lang/syntax/limits.ts';
import { requireParts } from '#policy-lang/checks/whole-rules.ts';
import { requireZone } from '#policy-lang/checks/known-zones.ts';
import { readLocalTime } from '#policy-lang/values/local-time.ts';
import { readCount } from '#policy-lang/values/numbers.ts';
import type { Report } from './report.ts';
import { ACTIVITIES, type Activity } from '#policy-lang/snapshot.ts';
import type { Effect, Header, HeaderPart, LocalTime, Written } from '#policy-lang/syntax/syntax.ts';

/** What a header needs of a scope, which itself needs the header. */
type Reporting = { readonly report: Report };

type PartOf<K extends HeaderPart['kind']> = Extract<HeaderPart, { kind: K }>;

const EXAMPLES = {
  version: 'Write version 1.',
  effective: 'Write effective from 2026-07-01T00:00 Europe/Paris.',
  governs: 'Write governs transfer.',
  otherwise: 'Write otherwise block "No rule allows this transfer".',
} as const;

export function checkHeader({ report }: Reporting, header: Header): CheckedHeader | undefined {
  const only = <K extends HeaderPart['kind']>(kind: K): PartOf<K> | undefined => {
    const [first, second] = header.parts.filter((part) => part.kind === kind);
    if (second !== undefined) {
      const message = `The header has "${kind}" twice.`;
      report.add('DUPLICATE', second.span, message, 'Delete one of the two.');
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
  const named = { name: 'The header', span: header.title.span };
  requireParts(
    report,
    named,
    (['version', 'effective', 'governs', 'otherwise'] as const).map((kind) => ({
      kind,
      isThere: header.parts.some((part) => part.kind === kind),
      hint: EXAMPLES[kind],
    })),
  );
  const ownZone = zone !== undefined && requireZone(report, zone.zone) ? zone.zone.text : 'UTC';
  const number = version && checkVersion({ report }, version.number);
  const range = effective && checkRange({ report }, effective);
  const activities = governs && checkActivities({ report }, governs.activities);
  const fallback = otherwise && checkOtherwise({ report }, otherwise.effect);
  if (!version || !number || !range || !activities || !fallback) return undefined;
  return {
    span: header.span,
    title: header.title.text,
    version: number,
    versionSpan: version.number.span,
    effective: range,
    effectiveSpan: effective.span,
    ...optional('owner', owner?.owner.text),
    zone: ownZone,
    governs: activities,
    otherwise: fallback,
  };
}

function checkVersion({ report }: Reporting, written: Written): number | undefined {
  const read = readCount(written.text, 1, MAX_VERSION);
  if (read.ok) return Number(read.value);
  report.add(read.code, written.span, read.message, read.hint);
  return undefined;
}

function checkRange(
  { report }: Reporting,
  part: PartOf<'effective'>,
): { readonly from: Instant; readonly until?: Instant } | undefined {
  const from = checkTime({ report }, part.from);
  const until = part.until && checkTime({ report }, part.until);
  if (from === undefined || (part.until !== undefined && until === undefined)) return undefined;
  if (until === undefined) return { from };
  if (until > from) return { from, until };
  const message = 'The policy ends before it begins, or at the same time.';
  report.add('BAD_TIME', part.span, message, 'Let "until" be later than "from".');
  return undefined;
}

function checkTime({ report }: Reporting, written: LocalTime): Instant | undefined {
  const read = readLocalTime(written.time.text, written.zone.text);
  if (read.ok) return read.at;
  report.add('BAD_TIME', written.time.span, read.message, read.hint);
  return undefined;
}

/** The activities of `governs` or `applies to`. */
export function checkActivities(
  { report }: Reporting,
  written: readonly Written[],
): readonly Activity[] | undefined {
  const seen = new Set<Activity>();
  for (const name of written) {
    const { text, span } = name;
    const activity = ACTIVITIES.find((known) => known === text);
    if (activity === undefined) {
      const message = `There is no activity "${text}".`;
      reportUnknown({ report }, name, message, ACTIVITIES);
      return undefined;
    }
    if (seen.has(activity)) {
      report.add('DUPLICATE', span, `"${text}" is said twice.`, 'Delete one of the two.');
    }
    seen.add(activity);
  }
  return [...seen];
}

function checkOtherwise(
  { report }: Reporting,
  effect: Effect,
): CheckedHeader['otherwise'] | undefined {
  if (effect.kind === 'block') {
    return { kind: 'block', ...optional('message', effect.message?.text) };
  }
  if (effect.kind === 'allow' && effect.approval === undefined) return { kind: 'allow' };
  const message = '"otherwise" can only allow or block.';
  reportMismatch({ report }, effect.span, message, EXAMPLES.otherwise);
  return undefined;
}
