/** The signature beside the input of a signed mutation. */
import { Arg } from 'type-graphql';
import { UserActionInput } from '#schema/session.ts';

/** The argument `userAction`. Without it the use case answers which signature is missing. */
export const UserActionArg = (): ReturnType<typeof Arg> =>
  Arg('userAction', () => UserActionInput, {
    nullable: true,
    description: 'The signature that `beginUserAction` asked for.',
  });

export type UserAction = UserActionInput | null | undefined;
