/** What is in the way, said to the people who wait. */
import { Field, ObjectType } from 'type-graphql';
import { DateTimeScalar } from './scalars.ts';

@ObjectType('Waiting', { description: 'What keeps an object from its next step.' })
export class Waiting {
  @Field(() => String, { description: 'A stable code, e.g. `SIGNERS_UNAVAILABLE`.' })
  code!: string;

  @Field(() => String, { description: 'The same in words.' })
  message!: string;

  @Field(() => DateTimeScalar, { description: 'Since when it waits.' })
  since!: number;
}
