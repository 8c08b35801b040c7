/** Policies: published bundles, and changes to them. */
import { Field, ID, InputType, Int, ObjectType, registerEnumType } from 'type-graphql';
import { connectionOf, NodeInterface } from './node.ts';
import { User } from './organization.ts';
import { BaseUnitsScalar, DateTimeScalar, HexScalar } from './scalars.ts';

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
