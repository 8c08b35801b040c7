/** Changes of authority: who asked for each one, who approves of it, and what became of it. */
import { ArgsType, Field, ID, InputType, Int, ObjectType, registerEnumType } from 'type-graphql';
import { Approval } from './approval.ts';
import { connectionOf, type Later, NodeInterface, PageArgs } from './node.ts';
import { User } from './organization.ts';
import { PolicyBundle } from './policy.ts';
import { DateTimeScalar, HexScalar } from './scalars.ts';

export const ChangeState = {
  PENDING_APPROVAL: 'PENDING_APPROVAL',
  APPLIED: 'APPLIED',
  EFFECTIVE: 'EFFECTIVE',
  REJECTED: 'REJECTED',
  EXPIRED: 'EXPIRED',
  WITHDRAWN: 'WITHDRAWN',
} as const;
export type ChangeState = (typeof ChangeState)[keyof typeof ChangeState];
registerEnumType(ChangeState, {
  name: 'ChangeState',
  description: 'How far a requested change is.',
  valuesConfig: {
    PENDING_APPROVAL: { description: 'It waits for the approvals that govern it.' },
    APPLIED: { description: 'It stands in the authority log of the platform.' },
    EFFECTIVE: {
      description: 'A quorum of signer nodes has it in writing: their receipts show it.',
    },
    REJECTED: { description: 'It was refused, or cannot be applied any more. `reason` says why.' },
    EXPIRED: { description: 'The quorum was not met in time.' },
    WITHDRAWN: { description: 'Whoever requested it took it back.' },
  },
});

@ObjectType('ChangeReason', { description: 'Why a change never came into the authority log.' })
export class ChangeReason {
  @Field(() => String, { description: 'One of the codes of errors, or APPROVAL_REJECTED.' })
  code!: string;

  @Field(() => String, { description: 'One sentence for people.' })
  message!: string;
}

@ObjectType('NodeReceipt', { description: "One node's word that it has the log in writing." })
export class NodeReceipt {
  @Field(() => String, { description: 'The canonical text that the node signed.' })
  statement!: string;

  @Field(() => HexScalar, { description: 'Ed25519 over the text, by the identity of the node.' })
  signature!: string;
}

@ObjectType('ChangeProof', {
  description:
    'What shows that nodes have a change: check it with their public keys, and believe nobody else.',
})
export class ChangeProof {
  @Field(() => Int, { description: 'The place of the change in the authority log.' })
  sequence!: number;

  @Field(() => HexScalar, { description: 'The head of the log before the change.' })
  previous!: string;

  @Field(() => String, {
    description: "The canonical text of the log's entry: the signed change with its approvals.",
  })
  entry!: string;

  @Field(() => [HexScalar], {
    description: 'The hashes of the entries that follow, up to the head that the receipts name.',
  })
  links!: readonly string[];

  @Field(() => [NodeReceipt], { description: 'The receipts so far, one of each node.' })
  receipts!: readonly NodeReceipt[];
}

@ObjectType('ChangeRequest', {
  implements: NodeInterface,
  description: 'A signed change of authority: of people, roles, policies, wallets or keys.',
})
export class ChangeRequest extends NodeInterface {
  @Field(() => String, { description: 'The mutation that requested it, e.g. `publishPolicy`.' })
  operation!: string;

  @Field(() => ID, { description: 'The object that it changes.' })
  subject!: string;

  @Field(() => ChangeState, { description: 'How far it is.' })
  state!: ChangeState;

  @Field(() => User, { description: 'Who requested and signed it.' })
  requestedBy!: User;

  @Field(() => String, { description: 'The canonical text that was signed.' })
  statement!: string;

  @Field(() => HexScalar, { description: 'SHA-256 of the statement: what approvers sign.' })
  hash!: string;

  @Field(() => Approval, {
    nullable: true,
    description: 'The approval that it waits, or waited, for; absent where none was needed.',
  })
  approval?: Later<Approval> | null;

  @Field(() => ChangeReason, { nullable: true, description: 'Why it was never applied.' })
  reason?: ChangeReason | null;

  @Field(() => Int, { nullable: true, description: 'Its place in the authority log.' })
  sequence?: number | null;

  @Field(() => DateTimeScalar, { description: 'When it was requested.' })
  createdAt!: number;

  @Field(() => DateTimeScalar, { description: 'Until when it can be approved.' })
  expiresAt!: number;

  @Field(() => DateTimeScalar, {
    nullable: true,
    description: 'When it came into the authority log.',
  })
  appliedAt?: number | null;

  @Field(() => DateTimeScalar, {
    nullable: true,
    description: 'When the platform had the receipts of a quorum of nodes.',
  })
  effectiveAt?: number | null;

  @Field(() => ChangeProof, {
    nullable: true,
    description: 'The receipts of the nodes, once the change is in the authority log.',
  })
  proof?: Later<ChangeProof> | null;

  @Field(() => PolicyBundle, {
    nullable: true,
    description: 'The policy that it has published.',
  })
  policyBundle?: Later<PolicyBundle> | null;
}

export const ChangeRequestConnection = connectionOf(
  'ChangeRequest',
  () => ChangeRequest,
  'newest first',
);

@ArgsType()
export class ChangesArgs extends PageArgs {
  @Field(() => ChangeState, { nullable: true, description: 'Only changes in this state.' })
  state?: ChangeState | null;

  @Field(() => ID, { nullable: true, description: 'Only changes of this object.' })
  subject?: string | null;
}

@InputType('WithdrawChangeInput', { description: 'A change that is taken back.' })
export class WithdrawChangeInput {
  @Field(() => ID, { description: 'The change, which still waits for approvals.' })
  changeId!: string;
}

@ObjectType('WithdrawChangePayload', { description: 'The change after it was taken back.' })
export class WithdrawChangePayload {
  @Field(() => ChangeRequest, { description: 'In state WITHDRAWN.' })
  change!: ChangeRequest;
}
