/** Approvals: what other people must sign before a transfer may go on. */
import { ArgsType, Field, ID, InputType, ObjectType, registerEnumType } from 'type-graphql';
import { ChangeRequest } from './change.ts';
import { connectionOf, type Later, NodeInterface, PageArgs } from './node.ts';
import { User } from './organization.ts';
import { ApprovalRequirement } from './policy-decision.ts';
import { DateTimeScalar, HexScalar } from './scalars.ts';
import { Transfer } from './transfer.ts';

export const ApprovalState = {
  OPEN: 'OPEN',
  APPROVED: 'APPROVED',
  REJECTED: 'REJECTED',
  EXPIRED: 'EXPIRED',
  CANCELLED: 'CANCELLED',
} as const;
export type ApprovalState = (typeof ApprovalState)[keyof typeof ApprovalState];
registerEnumType(ApprovalState, {
  name: 'ApprovalState',
  description: 'How an approval stands.',
  valuesConfig: {
    OPEN: { description: 'Votes are awaited.' },
    APPROVED: { description: 'Every quorum is met.' },
    REJECTED: { description: 'Somebody rejected it: one rejection ends it.' },
    EXPIRED: { description: 'The quorum was not met in time.' },
    CANCELLED: { description: 'What it was for has ended otherwise in the meantime.' },
  },
});

export const ApprovalVote = { APPROVE: 'APPROVE', REJECT: 'REJECT' } as const;
export type ApprovalVote = (typeof ApprovalVote)[keyof typeof ApprovalVote];
registerEnumType(ApprovalVote, {
  name: 'ApprovalVote',
  description: 'What one person decides.',
  valuesConfig: {
    APPROVE: { description: 'It may go on, as far as this person is concerned.' },
    REJECT: { description: 'It must not go on.' },
  },
});

@ObjectType('Decision', {
  implements: NodeInterface,
  description: "One person's signed decision about an approval.",
})
export class Decision extends NodeInterface {
  @Field(() => User, { description: 'Who decided.' })
  approver!: User;

  @Field(() => ApprovalVote, { description: 'What they decided.' })
  decision!: ApprovalVote;

  @Field(() => String, { nullable: true, description: 'Why, in their words.' })
  reason?: string | null;

  @Field(() => DateTimeScalar, { description: 'When they decided.' })
  createdAt!: number;
}

@ObjectType('Approval', {
  implements: NodeInterface,
  description: 'The approvals that one transfer or change needs, and the decisions so far.',
})
export class Approval extends NodeInterface {
  @Field(() => ApprovalState, { description: 'How it stands.' })
  state!: ApprovalState;

  @Field(() => Transfer, {
    nullable: true,
    description: 'The transfer that waits for it; absent where a change does.',
  })
  transfer?: Later<Transfer> | null;

  @Field(() => ChangeRequest, {
    nullable: true,
    description: 'The change that waits for it; absent where a transfer does.',
  })
  change?: Later<ChangeRequest> | null;

  @Field(() => String, {
    description: 'The canonical text of the intent or of the change; approvers sign its hash.',
  })
  intent!: string;

  @Field(() => HexScalar, { description: 'SHA-256 of the intent or of the change.' })
  intentHash!: string;

  @Field(() => HexScalar, { description: 'The hash of the policy that asks for this approval.' })
  policyHash!: string;

  @Field(() => ApprovalRequirement, {
    description: 'What the policy, or the kind of change, asks for.',
  })
  requirement!: ApprovalRequirement;

  @Field(() => [Decision], { description: 'The decisions so far, oldest first.' })
  decisions!: readonly Decision[];

  @Field(() => [User], { description: 'Who may still decide.' })
  eligible!: readonly User[];

  @Field(() => Boolean, { description: 'Whether the signed-in user may decide now.' })
  viewerMayDecide!: boolean;

  @Field(() => DateTimeScalar, { description: 'When it was asked for.' })
  createdAt!: number;

  @Field(() => DateTimeScalar, { description: 'Until when the quorum must be met.' })
  expiresAt!: number;
}

export const ApprovalConnection = connectionOf('Approval', () => Approval, 'newest first');

@ArgsType()
export class ApprovalsArgs extends PageArgs {
  @Field(() => ApprovalState, { nullable: true, description: 'Only approvals in this state.' })
  state?: ApprovalState | null;
}

@InputType('DecideApprovalInput', { description: 'A decision about an approval.' })
export class DecideApprovalInput {
  @Field(() => ID, { description: 'The approval.' })
  approvalId!: string;

  @Field(() => ApprovalVote, { description: 'Whether it may go on.' })
  decision!: ApprovalVote;

  @Field(() => String, {
    nullable: true,
    description: 'Why, at most 256 characters, signed with the decision.',
  })
  reason?: string | null;
}

@ObjectType('DecideApprovalPayload', { description: 'The approval after the decision.' })
export class DecideApprovalPayload {
  @Field(() => Approval, { description: 'With the new decision among its decisions.' })
  approval!: Approval;
}
