/** What an organisation says of the signer nodes that hold its keys. */
import { Arg, Ctx, Mutation, Resolver } from 'type-graphql';
import { readmitNode, restoreNode } from '#workflow/node-change.ts';
import {
  ReadmitNodeInput,
  ReadmitNodePayload,
  RestoreNodeInput,
  RestoreNodePayload,
} from '#schema/node-change.ts';
import { type ChangeView, changeView } from './change-view.ts';
import type { Context } from './context.ts';
import { type UserAction, UserActionArg } from './user-action.ts';

@Resolver()
export class NodeChangeResolver {
  @Mutation(() => RestoreNodePayload, {
    description:
      "Lets a signer node whose disk was put back work for the organisation's keys again, once the " +
      'operators of its peers have accepted it; another person has to approve of it. Signed by a person.',
  })
  async restoreNode(
    @Arg('input', () => RestoreNodeInput, { description: 'The node, and what is lost.' })
    input: RestoreNodeInput,
    @UserActionArg() userAction: UserAction,
    @Ctx() { services, actor }: Context,
  ): Promise<{ readonly change: ChangeView }> {
    return { change: changeView(await restoreNode(services, await actor(), input, userAction)) };
  }

  @Mutation(() => ReadmitNodePayload, {
    description:
      'Ends bans of a signer node with the next refresh of a key, once the operators of those who banned it ' +
      'have said so; another person has to approve of it. Signed by a person.',
  })
  async readmitNode(
    @Arg('input', () => ReadmitNodeInput, { description: 'The node, and its bans.' })
    input: ReadmitNodeInput,
    @UserActionArg() userAction: UserAction,
    @Ctx() { services, actor }: Context,
  ): Promise<{ readonly change: ChangeView }> {
    return { change: changeView(await readmitNode(services, await actor(), input, userAction)) };
  }
}
