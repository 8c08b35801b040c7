/** What happened: the audit log, the stream of events, and the signer nodes' health. */
import { ArgsType, Field, ID, InputType, Int, ObjectType } from 'type-graphql';
import { connectionOf, NodeInterface, PageArgs } from './node.ts';
import { User } from './organization.ts';
import { DateTimeScalar, JsonScalar } from './scalars.ts';
import { Approval } from './approval.ts';
import { Transfer } from './transfer.ts';
import { Wallet } from './wallet.ts';

@ObjectType('AuditEvent', {
  implements: NodeInterface,
  description: 'One entry of the audit log. Entries are never changed or removed.',
})
export class AuditEvent extends NodeInterface {
  @Field(() => DateTimeScalar, { description: 'When it happened.' })
  at!: number;

  @Field(() => String, { description: 'What happened, e.g. `transfer.created`.' })
  action!: string;

  @Field(() => User, {
    nullable: true,
    description: 'Who did it; absent where the platform did.',
  })
  actor?: User;

  @Field(() => ID, { nullable: true, description: 'The object that it concerns.' })
  subject?: string;

  @Field(() => JsonScalar, { description: 'The particulars; their fields depend on the action.' })
  details!: unknown;
}

export const AuditEventConnection = connectionOf('AuditEvent', () => AuditEvent, 'newest first');

@InputType('AuditEventFilter', { description: 'Which entries; every given field must hold.' })
export class AuditEventFilter {
  @Field(() => ID, { nullable: true, description: 'Only entries that concern this object.' })
  subject?: string;

  @Field(() => String, { nullable: true, description: 'Only entries of this action.' })
  action?: string;
}

@ArgsType()
export class AuditEventsArgs extends PageArgs {
  @Field(() => AuditEventFilter, { nullable: true, description: 'Which entries; all by default.' })
  filter?: AuditEventFilter;
}

@ObjectType('Signer', { description: 'One signer node, as the platform reaches it now.' })
export class Signer {
  @Field(() => Int, { description: 'Its number in the committee, from 1.' })
  party!: number;

  @Field(() => String, { description: 'Where it is reached.' })
  address!: string;

  @Field(() => Boolean, { description: 'Whether it answers and can sign.' })
  healthy!: boolean;

  @Field(() => String, { description: 'Its state in words.' })
  detail!: string;
}

@ObjectType('Event', {
  description: 'One entry of the ordered stream of everything that changes in an organisation.',
})
export class Event {
  @Field(() => String, { description: 'Its place in the stream: continue with `events(after:)`.' })
  cursor!: string;

  @Field(() => String, { description: 'What changed, e.g. `transfer.updated`.' })
  type!: string;

  @Field(() => DateTimeScalar, { description: 'When it was recorded.' })
  at!: number;

  @Field(() => ID, { description: 'The object that changed.' })
  subject!: string;

  @Field(() => Transfer, {
    nullable: true,
    description: 'The transfer as it is now, if it is one.',
  })
  transfer?: Transfer;

  @Field(() => Approval, {
    nullable: true,
    description: 'The approval as it is now, if it is one.',
  })
  approval?: Approval;

  @Field(() => Wallet, { nullable: true, description: 'The wallet as it is now, if it is one.' })
  wallet?: Wallet;
}
