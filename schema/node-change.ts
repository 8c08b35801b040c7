/** What an organisation says of the signer nodes that hold its keys. */
import { Field, InputType, Int, ObjectType } from 'type-graphql';
import { ChangeRequest } from './change.ts';
import type { Later } from './node.ts';

@InputType('JournalPlaceInput', { description: "A place in a node's journal." })
export class JournalPlaceInput {
  @Field(() => Int, { description: 'How many entries it had.' })
  count!: number;

  @Field(() => String, { description: 'The MAC of the last of them, 64 hex digits.' })
  head!: string;
}

@InputType('RestoreNodeInput', {
  description:
    'A node whose disk was put back, as "countersign signer status" shows it at its peers.',
})
export class RestoreNodeInput {
  @Field(() => String, { description: "The hash of the committee's record, 64 hex digits." })
  committee!: string;

  @Field(() => Int, { description: 'Its number in the committee.' })
  party!: number;

  @Field(() => [JournalPlaceInput], {
    description: 'How far each peer that has accepted it had heard its journal to be.',
  })
  lost!: readonly JournalPlaceInput[];
}

@ObjectType('RestoreNodePayload', { description: 'What the return of the node waits for.' })
export class RestoreNodePayload {
  @Field(() => ChangeRequest, { description: 'The change of authority.' })
  change!: Later<ChangeRequest>;
}

@InputType('BanInput', { description: 'A ban of a node by another one.' })
export class BanInput {
  @Field(() => Int, { description: 'Who banned it.' })
  by!: number;

  @Field(() => Int, { description: 'The epoch of the secrets that the two share.' })
  epoch!: number;

  @Field(() => String, { description: 'The session in which it cheated, 64 hex digits.' })
  session!: string;
}

@InputType('ReadmitNodeInput', {
  description: 'A banned node, as "countersign signer status" shows it at those who banned it.',
})
export class ReadmitNodeInput {
  @Field(() => String, { description: "The hash of the committee's record, 64 hex digits." })
  committee!: string;

  @Field(() => Int, { description: 'Its number in the committee.' })
  party!: number;

  @Field(() => [BanInput], { description: 'The bans that end.' })
  bans!: readonly BanInput[];
}

@ObjectType('ReadmitNodePayload', { description: 'What the return of the node waits for.' })
export class ReadmitNodePayload {
  @Field(() => ChangeRequest, { description: 'The change of authority.' })
  change!: Later<ChangeRequest>;
}
