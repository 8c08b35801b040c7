import type { Span } from '#policy-lang/diagnostics.ts';
import type { Use } from '#policy-lang/checking/place.ts';
import type { Report } from '#policy-lang/checking/report.ts';
import { ACTIVITIES, type Activity, countedAs } from '#policy-lang/snapshot.ts';

/** Check 7: each field that a condition uses exists in each activity that it is asked of. */
export function requireAvailable(
  report: Report,
  uses: readonly Use[],
  activities: readonly Activity[],
): boolean {
  let available = true;
  for (const { name, span, activities: having } of uses) {
    const lacking = activities.filter((activity) => !having.includes(activity));
    if (lacking.length === 0) continue;
    available = false;
    const message = `There is no ${name} in the activity ${lacking.join(', ')}.`;
    const hint = `Only ${having.join(', ') || 'no activity'} has it: write a rule for each activity.`;
    report.add('NOT_AVAILABLE', span, message, hint);
  }
  return available;
}

/**
 * Check 7: what a rule that does not say so applies to: every governed activity that has all its
 * fields, and where it compares totals, those that the totals count. Undefined where there is none.
 */
export function activitiesOfUses(
  report: Report,
  uses: readonly Use[],
  governs: readonly Activity[],
  span: Span,
): readonly Activity[] | undefined {
  const homes = new Set(uses.flatMap(({ home }) => (home === undefined ? [] : countedAs(home))));
  const having = ACTIVITIES.filter((activity) =>
    uses.every(({ activities }) => activities.includes(activity)),
  );
  const fitting = having.filter((activity) => homes.size === 0 || homes.has(activity));
  const governed = fitting.filter((activity) => governs.includes(activity));
  if (governed.length > 0) return governed;
  const names = [...new Set(uses.map(({ name }) => name))].join(', ');
  if (fitting.length === 0) {
    const message = `No activity has all the fields that the rule uses: ${names}.`;
    report.add('NOT_AVAILABLE', span, message, 'Write a rule for each activity.');
  } else {
    const message = `The policy does not govern ${fitting.join(' or ')}, which has ${names}.`;
    report.add('NOT_GOVERNED', span, message, 'Add it to "governs", or delete the rule.');
  }
  return undefined;
}
