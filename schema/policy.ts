/** Policies: published bundles. */
import { Field, ID, InputType, Int, ObjectType } from 'type-graphql';
import { ChangeRequest } from './change.ts';
import { connectionOf, type Later, NodeInterface } from './node.ts';
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
  changeRequest!: Later<ChangeRequest>;
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
