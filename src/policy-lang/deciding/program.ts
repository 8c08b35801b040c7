/** A checked policy, linked with its lists: what decides. */
import type {
  CheckedHeader,
  CheckedRule,
  CheckedTest,
} from '#policy-lang/checking/checked-policy.ts';
import type { Reason } from '#policy-lang/decision.ts';
import type { Linked } from './facts.ts';
import { requestInWords } from '#policy-lang/explaining/field-words.ts';
import { RequirementTable } from './requirement-table.ts';
import { RuleIndex } from './rule-index.ts';
import { ACTIVITIES, type Activity } from '#policy-lang/snapshot.ts';

export type ProgramParts = {
  readonly header: CheckedHeader;
  readonly rules: readonly CheckedRule[];
  readonly tests: readonly CheckedTest[];
  readonly linked: Linked;
  /** The bundle hash and version: who decides. */
  readonly policy: { readonly hash: string; readonly version: number };
};

export type Program = ProgramParts & {
  readonly requirements: RequirementTable;
  readonly byActivity: Readonly<Record<Activity, ActivityProgram>>;
};

/** What decides about one activity. */
export type ActivityProgram = {
  readonly isGoverned: boolean;
  /** The header's range: half-open, without an end where it states none. */
  readonly from: number;
  readonly until: number;
  readonly index: RuleIndex;
  /** The reason that counts where no rule allows; absent where `otherwise` allows. */
  readonly otherwise: Reason | undefined;
};

export function linkProgram(parts: ProgramParts): Program {
  const requirements = new RequirementTable();
  const activityProgram = (activity: Activity): ActivityProgram => {
    const rules = [...parts.rules.entries()]
      .map(([number, rule]) => ({ number, rule }))
      .filter(({ rule }) => rule.activities.includes(activity));
    const { effective, governs, otherwise } = parts.header;
    const message =
      otherwise.kind === 'block'
        ? (otherwise.message ?? `No rule allows this ${requestInWords(activity)}`)
        : undefined;
    return {
      isGoverned: governs.includes(activity),
      from: effective.from,
      until: effective.until ?? Infinity,
      index: new RuleIndex(rules, { linked: parts.linked, requirements }),
      otherwise:
        message === undefined ? undefined : { code: 'POLICY_DENIED', rule: 'otherwise', message },
    };
  };
  const programs = ACTIVITIES.map((activity) => [activity, activityProgram(activity)]);
  return {
    ...parts,
    requirements,
    byActivity: Object.fromEntries(programs) as Record<Activity, ActivityProgram>,
  };
}
