import type { PublishedVersion } from '#policy-lang/world.ts';
import type { Check } from './check.ts';

/**
 * Check 11: no other version is in force at the same time. A version without an end is ended by the
 * beginning of the next one; one that says when it ends, or that begins later, is in the way.
 */
export const effectiveRanges: Check = ({ header, scope }, report) => {
  for (const other of scope.world.versions ?? []) {
    if (header === undefined || other.version === header.version) continue;
    if (!overlap(header.effective, other.effective)) continue;
    const message = `Version ${other.version} is in force during a part of that time.`;
    const hint = 'Begin where that version ends, or end where it begins.';
    report.add('BAD_TIME', header.effectiveSpan, message, hint);
  }
};

type Range = PublishedVersion['effective'];

function overlap(own: Range, other: Range): boolean {
  const endsInTime = other.until === undefined ? other.from < own.from : other.until <= own.from;
  return !endsInTime && (own.until === undefined || other.from < own.until);
}
