import { isZone } from '#policy-lang/values/local-time.ts';
import type { Report } from '#policy-lang/checking/report.ts';
import type { Written } from '#policy-lang/syntax/syntax.ts';

/** Check 11: a zone exists in the zone data of the runtime. */
export function requireZone(report: Report, { text, span }: Written): boolean {
  if (isZone(text)) return true;
  const hint = 'Write it as in the IANA database, e.g. Europe/Paris or UTC.';
  report.add('BAD_TIME', span, `There is no time zone "${text}".`, hint);
  return false;
}
