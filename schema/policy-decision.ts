/** What policies decide, and rule by rule why. */
import { Field, ID, Int, ObjectType, registerEnumType } from 'type-graphql';
import { DateTimeScalar, HexScalar } from './scalars.ts';

export const PolicyOutcome = { ALLOW: 'ALLOW', BLOCK: 'BLOCK', PENDING: 'PENDING' } as const;
export type PolicyOutcome = (typeof PolicyOutcome)[keyof typeof PolicyOutcome];
registerEnumType(PolicyOutcome, {
  name: 'PolicyOutcome',
  description: 'What a policy decides about a request.',
  valuesConfig: {
    ALLOW: { description: 'It may go on at once.' },
    BLOCK: { description: 'It is refused.' },
    PENDING: { description: 'It waits for approvals.' },
  },
});

export const RuleOutcome = {
  MATCHED: 'matched',
  NOT_MATCHED: 'not-matched',
  MISSING: 'missing',
} as const;
export type RuleOutcome = (typeof RuleOutcome)[keyof typeof RuleOutcome];
registerEnumType(RuleOutcome, {
  name: 'RuleOutcome',
  description: 'Whether a rule applies to a request.',
  valuesConfig: {
    MATCHED: { description: 'Its condition holds, so its effect counts.' },
    NOT_MATCHED: { description: 'Its condition does not hold.' },
    MISSING: { description: 'A fact that it needs is unknown, so it counts as blocking.' },
  },
});

export const ReasonCode = {
  POLICY_DENIED: 'POLICY_DENIED',
  LIMIT_EXCEEDED: 'LIMIT_EXCEEDED',
  DATA_MISSING: 'DATA_MISSING',
} as const;
export type ReasonCode = (typeof ReasonCode)[keyof typeof ReasonCode];
registerEnumType(ReasonCode, {
  name: 'ReasonCode',
  description: 'Why a policy blocks.',
  valuesConfig: {
    POLICY_DENIED: { description: 'A rule forbids it, or no rule allows it.' },
    LIMIT_EXCEEDED: { description: 'A limit over time would be exceeded.' },
    DATA_MISSING: { description: 'A fact is unknown, such as a price; unknown never allows.' },
  },
});

export const RuleEffect = {
  ALLOW: 'allow',
  BLOCK: 'block',
  REQUIRE_APPROVAL: 'require',
  ALLOW_WITH_APPROVAL: 'allow-with-approval',
  FLAG: 'flag',
} as const;
export type RuleEffect = (typeof RuleEffect)[keyof typeof RuleEffect];
registerEnumType(RuleEffect, {
  name: 'RuleEffect',
  description: 'What a rule does where it applies.',
  valuesConfig: {
    ALLOW: { description: 'It lets the request pass, unless another rule blocks it.' },
    BLOCK: { description: 'It refuses the request, whatever other rules say.' },
    REQUIRE_APPROVAL: { description: 'It asks for approvals, and allows nothing by itself.' },
    ALLOW_WITH_APPROVAL: { description: 'It lets the request pass once approvals are given.' },
    FLAG: { description: 'It says something about the request, and changes nothing.' },
  },
});

export const ComparisonTruth = { TRUE: 'true', FALSE: 'false', MISSING: 'missing' } as const;
export type ComparisonTruth = (typeof ComparisonTruth)[keyof typeof ComparisonTruth];
registerEnumType(ComparisonTruth, {
  name: 'ComparisonTruth',
  description: 'What one comparison of a rule gave.',
  valuesConfig: {
    TRUE: { description: 'It holds.' },
    FALSE: { description: 'It does not hold.' },
    MISSING: { description: 'A fact that it needs is unknown.' },
  },
});

@ObjectType('Comparison', { description: "One comparison in a rule's condition." })
export class Comparison {
  @Field(() => ComparisonTruth, { description: 'What it gave.' })
  truth!: ComparisonTruth;

  @Field(() => String, { description: 'The same in words, with the figures of the request.' })
  sentence!: string;
}

@ObjectType('PolicyFlag', { description: 'What a rule says about a request without stopping it.' })
export class PolicyFlag {
  @Field(() => String, { description: 'The rule that says it.' })
  rule!: string;

  @Field(() => String, { description: 'What it says.' })
  message!: string;

  @Field(() => Boolean, { description: 'Whether a fact was unknown, so that it may not apply.' })
  indeterminate!: boolean;
}

@ObjectType('DecisionReason', { description: 'One reason why a policy blocks.' })
export class DecisionReason {
  @Field(() => ReasonCode, { description: 'The kind of reason.' })
  code!: ReasonCode;

  @Field(() => String, { description: 'The rule that gave it.' })
  rule!: string;

  @Field(() => String, { description: 'The reason in words.' })
  message!: string;
}

@ObjectType('RuleTrace', { description: 'What one rule of the policy said about a request.' })
export class RuleTrace {
  @Field(() => String, { description: 'The rule, as the bundle names it.' })
  id!: string;

  @Field(() => String, { description: 'The title that its author gave it.' })
  title!: string;

  @Field(() => RuleOutcome, { description: 'Whether it applies.' })
  outcome!: RuleOutcome;

  @Field(() => RuleEffect, { description: 'What it does where it applies.' })
  effect!: RuleEffect;

  @Field(() => String, { description: 'Why it applies or not, in words.' })
  sentence!: string;

  @Field(() => [String], { description: 'The controls that it implements.' })
  controls!: readonly string[];

  @Field(() => [Comparison], { description: 'The comparisons of its condition, left to right.' })
  atoms!: readonly Comparison[];
}

@ObjectType('Quorum', { description: 'How many members of a group must approve.' })
export class Quorum {
  @Field(() => String, { description: "The group, as the bundle's `groups.yaml` names it." })
  group!: string;

  @Field(() => Int, { description: 'How many different people of the group.' })
  count!: number;
}

@ObjectType('ApprovalRequirement', { description: 'What approvals a request needs.' })
export class ApprovalRequirement {
  @Field(() => [Quorum], { description: 'All of these must be met.' })
  quorums!: readonly Quorum[];

  @Field(() => Boolean, { description: "Whether the initiator's own vote is refused." })
  excludeInitiator!: boolean;

  @Field(() => Int, {
    nullable: true,
    description: 'After how many seconds without a quorum it expires; absent: with the request.',
  })
  expiresAfterSeconds?: number | null;
}

@ObjectType('PolicyDecision', { description: 'What the policy decided, and rule by rule why.' })
export class PolicyDecision {
  @Field(() => ID, { description: 'Under this id the audit log has it; of a simulation nothing.' })
  id!: string;

  @Field(() => PolicyOutcome, { description: 'The decision.' })
  outcome!: PolicyOutcome;

  @Field(() => [DecisionReason], { description: 'Why it blocks; empty otherwise.' })
  reasons!: readonly DecisionReason[];

  @Field(() => [ApprovalRequirement], { description: 'The approvals it needs; empty otherwise.' })
  requirements!: readonly ApprovalRequirement[];

  @Field(() => [PolicyFlag], { description: 'What rules say about the request; none stops it.' })
  flags!: readonly PolicyFlag[];

  @Field(() => [RuleTrace], { description: 'Every rule, in the order of the bundle.' })
  rules!: readonly RuleTrace[];

  @Field(() => Int, { description: 'The version of the bundle that decided.' })
  policyVersion!: number;

  @Field(() => HexScalar, { description: 'The hash of the bundle that decided.' })
  policyHash!: string;

  @Field(() => DateTimeScalar, { description: 'When it was decided.' })
  decidedAt!: number;

  @Field(() => String, {
    description:
      'All that the policy looked at: canonical JSON, from which it can be decided again.',
  })
  snapshot!: string;

  @Field(() => String, { description: 'All that the policy said: canonical JSON.' })
  trace!: string;

  @Field(() => HexScalar, {
    description: 'SHA-256 over the snapshot and the trace; the audit log has it, too.',
  })
  digest!: string;

  @Field(() => [String], {
    description: 'What the checks say about the draft that decided; empty for a published policy.',
  })
  warnings!: readonly string[];
}
