/** Policies: published bundles, what they decide, and changes to them. */
import { Field, ID, InputType, Int, ObjectType, registerEnumType } from 'type-graphql';
import { connectionOf, NodeInterface } from './node.ts';
import { User } from './organization.ts';
import { BaseUnitsScalar, DateTimeScalar, HexScalar } from './scalars.ts';

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
  },
});

@ObjectType('PolicyFile', { description: 'One file of a policy bundle.' })
export class PolicyFile {
  @Field(() => String, { description: 'Relative to the bundle, e.g. `lists/vendors.csv`.' })
  path!: string;

  @Field(() => String, { description: 'The whole text of the file.' })
  content!: string;
}

@ObjectType('PolicyBundle', {
  implements: NodeInterface,
  description: "A published version of the organisation's policy: rules, lists and groups.",
})
export class PolicyBundle extends NodeInterface {
  @Field(() => Int, {
    description: 'The version number that its author gave it; it grows with each bundle.',
  })
  version!: number;

  @Field(() => HexScalar, { description: 'SHA-256 of the canonical bundle; approvals sign it.' })
  hash!: string;

  @Field(() => String, { description: 'The title that its author gave it.' })
  title!: string;

  @Field(() => [PolicyFile], { description: 'The files as they were published.' })
  files!: readonly PolicyFile[];

  @Field(() => User, { description: 'Who published it.' })
  publishedBy!: User;

  @Field(() => DateTimeScalar, { description: 'When it was published.' })
  publishedAt!: number;

  @Field(() => DateTimeScalar, { description: 'From when it is in force.' })
  effectiveFrom!: number;

  @Field(() => DateTimeScalar, {
    nullable: true,
    description: 'Until when it is in force; absent: until the next version.',
  })
  effectiveUntil?: number | null;
}

export const PolicyBundleConnection = connectionOf(
  'PolicyBundle',
  () => PolicyBundle,
  'newest version first',
);

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
  @Field(() => PolicyOutcome, { description: 'The decision.' })
  outcome!: PolicyOutcome;

  @Field(() => [DecisionReason], { description: 'Why it blocks; empty otherwise.' })
  reasons!: readonly DecisionReason[];

  @Field(() => [ApprovalRequirement], { description: 'The approvals it needs; empty otherwise.' })
  requirements!: readonly ApprovalRequirement[];

  @Field(() => [RuleTrace], { description: 'Every rule, in the order of the bundle.' })
  rules!: readonly RuleTrace[];

  @Field(() => Int, { description: 'The version of the bundle that decided.' })
  policyVersion!: number;

  @Field(() => HexScalar, { description: 'The hash of the bundle that decided.' })
  policyHash!: string;

  @Field(() => DateTimeScalar, { description: 'When it was decided.' })
  decidedAt!: number;
}

export const ChangeState = {
  OPEN: 'OPEN',
  APPLIED: 'APPLIED',
  REJECTED: 'REJECTED',
} as const;
export type ChangeState = (typeof ChangeState)[keyof typeof ChangeState];
registerEnumType(ChangeState, {
  name: 'ChangeState',
  description: 'How far a requested change is.',
  valuesConfig: {
    OPEN: { description: 'It waits for the approvals that govern it.' },
    APPLIED: { description: 'It is in force.' },
    REJECTED: { description: 'It was refused and never came into force.' },
  },
});

@ObjectType('ChangeRequest', {
  implements: NodeInterface,
  description: 'A signed request to change how the organisation is governed.',
})
export class ChangeRequest extends NodeInterface {
  @Field(() => String, { description: 'The mutation that requested it, e.g. `publishPolicy`.' })
  operation!: string;

  @Field(() => ChangeState, { description: 'How far it is.' })
  state!: ChangeState;

  @Field(() => User, { description: 'Who requested and signed it.' })
  requestedBy!: User;

  @Field(() => DateTimeScalar, { description: 'When it was requested.' })
  createdAt!: number;

  @Field(() => DateTimeScalar, { nullable: true, description: 'When it came into force.' })
  appliedAt?: number | null;

  @Field(() => PolicyBundle, { nullable: true, description: 'The policy that it publishes.' })
  policyBundle?: PolicyBundle | null;
}

@InputType('PolicyFileInput', { description: 'One file of a policy bundle.' })
export class PolicyFileInput {
  @Field(() => String, { description: 'Relative to the bundle, e.g. `lists/vendors.csv`.' })
  path!: string;

  @Field(() => String, { description: 'The whole text of the file.' })
  content!: string;
}

@InputType('PublishPolicyInput', { description: 'A bundle to be put in force.' })
export class PublishPolicyInput {
  @Field(() => [PolicyFileInput], { description: 'Every file of the bundle.' })
  files!: PolicyFileInput[];
}

@ObjectType('PublishPolicyPayload', { description: 'The change that was requested.' })
export class PublishPolicyPayload {
  @Field(() => ChangeRequest, { description: 'In state APPLIED when nothing more is needed.' })
  changeRequest!: ChangeRequest;
}

@InputType('SimulateTransferInput', { description: 'A payment to be judged and not made.' })
export class SimulateTransferInput {
  @Field(() => ID, { description: 'The paying wallet.' })
  walletId!: string;

  @Field(() => String, { description: 'The id of the asset, e.g. `USDC@local-evm`.' })
  asset!: string;

  @Field(() => BaseUnitsScalar, { description: 'The amount in base units.' })
  amount!: bigint;

  @Field(() => String, { description: 'The address of the recipient.' })
  to!: string;
}
