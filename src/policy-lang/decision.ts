/** What a policy answers, with everything that a person needs to see why. */

export type Outcome = 'ALLOW' | 'BLOCK' | 'PENDING';

/** The answer, and which rules it rests on; `DecisionTrace` has all of them. */
export type Decision = {
  readonly outcome: Outcome;
  /** Why the request is blocked, and which missing facts counted against it. */
  readonly reasons: readonly Reason[];
  /** One merged requirement where the outcome is PENDING, otherwise none. */
  readonly requirements: readonly ApprovalRequirement[];
  /** What rules that flag say, whatever the outcome. */
  readonly flags: readonly Flag[];
  /** The rules that matched or could not be decided, in the order of the files. */
  readonly matched: readonly RuleMatch[];
  /** The bundle hash and version that decided. */
  readonly policy: { readonly hash: string; readonly version: number };
};

/** A decision with every rule in the order of the files, matched or not. */
export type DecisionTrace = Decision & { readonly rules: readonly RuleTrace[] };

export type RuleMatch = {
  readonly rule: string;
  readonly outcome: 'matched' | 'missing';
  /** What counted: with missing data the rule's own fallback, where it has one. */
  readonly effect: RuleEffect;
};

export type Flag = {
  readonly rule: string;
  readonly message: string;
  /** Data is missing: whether the rule matches is not known. */
  readonly indeterminate: boolean;
};

export type ReasonCode = 'POLICY_DENIED' | 'LIMIT_EXCEEDED' | 'DATA_MISSING';

export type Reason = {
  readonly code: ReasonCode;
  /** The id of the rule; `otherwise`, `effective` and `governs` are the header's. */
  readonly rule: string;
  readonly message: string;
  /** With DATA_MISSING: the paths of the missing facts, sorted. */
  readonly missing?: readonly string[];
};

/** The largest number of people that one quorum may ask for. */
export const MAX_QUORUM = 64;

export type Quorum = { readonly group: string; readonly count: number };

/** Who must approve: all quorums, sorted by group, each person counting for one of them only. */
export type ApprovalRequirement = {
  readonly quorums: readonly Quorum[];
  readonly excludeInitiator: boolean;
  /** Absent when no rule sets an expiry. */
  readonly expiresAfterMs?: number;
};

export type RuleEffect = 'allow' | 'block' | 'require' | 'allow-with-approval' | 'flag';

export type RuleTrace = {
  readonly id: string;
  readonly title: string;
  readonly outcome: 'matched' | 'not-matched' | 'missing';
  readonly effect: RuleEffect;
  /** Why the rule matched or did not, in plain words with the figures of this request. */
  readonly sentence: string;
  /** The control ids that the rule implements. */
  readonly controls: readonly string[];
  /** Every comparison of the condition from left to right; none where the rule does not apply. */
  readonly atoms: readonly AtomTrace[];
};

export type AtomTrace = {
  readonly truth: 'true' | 'false' | 'missing';
  readonly sentence: string;
};
