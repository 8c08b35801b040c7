/** A checked policy, linked with its lists: what decides. */
import type {
  CheckedHeader,
  CheckedRule,
  CheckedTest,
} from '#policy-lang/checking/checked-policy.ts';
import type { Reason } from '#policy-lang/decision.ts';
import type { Linked } from './facts.ts';
import { KnownDecisions } from './known-decisions.ts';
import { requestInWords } from '#policy-lang/explaining/field-words.ts';
import { RequirementTable } from './requirement-table.ts';
import type { RowWorld } from './row.ts';
import { RuleIndex } from './rule-index.ts';
import { RuleMasks } from './rule-masks.ts';
import { ACTIVITIES, type Activity } from '#policy-lang/snapshot.ts';
import { Worth } from './worth.ts';

/** Beyond so many rules it takes longer to go through their masks than to look them up. */
const MASKED_MAX = 128;

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
  /** Finds the rules that count, one way or the other. */
  readonly index: RuleMasks | RuleIndex;
  /** The same, where the rules are few enough to be bits. */
  readonly masks: RuleMasks | undefined;
  /** By the rules that the masks found. */
  readonly known: KnownDecisions;
  /** The reason that counts where no rule allows; absent where `otherwise` allows. */
  readonly otherwise: Reason | undefined;
};

/** @param maskedMax activities with more rules look them up; it makes no difference to a decision */
export function linkProgram(parts: ProgramParts, maskedMax = MASKED_MAX): Program {
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
    const worth = new Worth(rules.map(({ rule }) => rule.condition));
    const world: RowWorld = { linked: parts.linked, requirements, worth };
    const masks = rules.length > maskedMax ? undefined : new RuleMasks(rules, world);
    return {
      isGoverned: governs.includes(activity),
      from: effective.from,
      until: effective.until ?? Infinity,
      masks,
      index: masks ?? new RuleIndex(rules, world),
      known: new KnownDecisions(masks?.found.length ?? 1),
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
