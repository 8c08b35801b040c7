/** What happened: the audit log, the stream of events, and the signer nodes' health. */
import { ArgsType, Field, ID, InputType, Int, ObjectType, registerEnumType } from 'type-graphql';
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
  actor?: User | null;

  @Field(() => Int, { description: '1, 2, 3, ... in the order in which things happened.' })
  sequence!: number;

  @Field(() => ID, { description: 'The object that it concerns.' })
  subject!: string;

  @Field(() => JsonScalar, { description: 'The particulars; their fields depend on the action.' })
  details!: unknown;

  @Field(() => Boolean, {
    description: 'Whether the particulars were erased; the entry and its proofs stay.',
  })
  erased!: boolean;
}

export const AuditEventConnection = connectionOf('AuditEvent', () => AuditEvent, 'newest first');

@ObjectType('AuditExportPage', {
  description: 'Lines of the audit log that can be verified without the platform.',
})
export class AuditExportPage {
  @Field(() => [String], { description: 'JSON, one line each, in the order of a file.' })
  lines!: readonly string[];

  @Field(() => Int, {
    nullable: true,
    description: 'Where the next page begins; absent after the last one.',
  })
  next?: number | null;
}

@ObjectType('AuditProof', {
  description: 'The proof that entries are in the audit log: a checkpoint and a path to its root.',
})
export class AuditProof {
  @Field(() => String, {
    description: 'A signed note (c2sp.org/tlog-checkpoint) with the cosignatures of the nodes.',
  })
  checkpoint!: string;

  @Field(() => JsonScalar, {
    description:
      'Each entry with its salt, its particulars and its inclusion proof (RFC 6962), in hex.',
  })
  entries!: unknown;
}

@ObjectType('AuditCheckpoint', { description: 'A tree head of the audit log that nodes cosigned.' })
export class AuditCheckpoint {
  @Field(() => Int, { description: 'How many entries it covers.' })
  size!: number;

  @Field(() => String, { description: 'The signed note (c2sp.org/tlog-checkpoint).' })
  note!: string;

  @Field(() => DateTimeScalar, { description: 'When it was made.' })
  createdAt!: number;
}

@InputType('AuditEventFilter', { description: 'Which entries; every given field must hold.' })
export class AuditEventFilter {
  @Field(() => ID, { nullable: true, description: 'Only entries that concern this object.' })
  subject?: string | null;

  @Field(() => String, { nullable: true, description: 'Only entries of this action.' })
  action?: string | null;
}

@ArgsType()
export class AuditEventsArgs extends PageArgs {
  @Field(() => AuditEventFilter, { nullable: true, description: 'Which entries; all by default.' })
  filter?: AuditEventFilter | null;
}

export const EventType = {
  KEY_UPDATED: 'key.updated',
  WALLET_UPDATED: 'wallet.updated',
  TRANSFER_UPDATED: 'transfer.updated',
  APPROVAL_REQUESTED: 'approval.requested',
  APPROVAL_UPDATED: 'approval.updated',
  POLICY_PUBLISHED: 'policy.published',
  CHANGE_UPDATED: 'change.updated',
} as const;
export type EventType = (typeof EventType)[keyof typeof EventType];
registerEnumType(EventType, {
  name: 'EventType',
  description: 'What an event tells.',
  valuesConfig: {
    KEY_UPDATED: { description: 'A key was made, or the nodes did something with it.' },
    WALLET_UPDATED: { description: 'A wallet was made or changed.' },
    TRANSFER_UPDATED: { description: 'A transfer was made, or moved on, or waits for something.' },
    APPROVAL_REQUESTED: { description: 'A transfer or a change needs approvals.' },
    APPROVAL_UPDATED: { description: 'Somebody decided an approval, or it ended.' },
    POLICY_PUBLISHED: { description: 'A policy was published.' },
    CHANGE_UPDATED: { description: 'A change of authority was made, or moved on.' },
  },
});

@ArgsType()
export class EventsArgs {
  @Field(() => String, {
    nullable: true,
    description:
      'The cursor of the last event that was seen, `0` for all of them; absent: from now on.',
  })
  after?: string | null;

  @Field(() => [EventType], { nullable: true, description: 'Only events of these types.' })
  types?: EventType[] | null;

  @Field(() => ID, { nullable: true, description: 'Only events that concern this wallet.' })
  walletId?: string | null;
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

  @Field(() => EventType, { description: 'What happened.' })
  type!: EventType;

  @Field(() => DateTimeScalar, { description: 'When it was recorded.' })
  at!: number;

  @Field(() => ID, { description: 'The object that changed.' })
  subject!: string;

  @Field(() => JsonScalar, { description: 'The particulars at that time, such as the new state.' })
  payload!: unknown;

  @Field(() => Transfer, {
    nullable: true,
    description: 'The transfer as it is now, if it is one.',
  })
  transfer?: Transfer | null;

  @Field(() => Approval, {
    nullable: true,
    description: 'The approval as it is now, if it is one.',
  })
  approval?: Approval | null;

  @Field(() => Wallet, { nullable: true, description: 'The wallet as it is now, if it is one.' })
  wallet?: Wallet | null;
}
