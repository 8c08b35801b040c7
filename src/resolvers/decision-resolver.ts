/** What policies decided. */
import { Ctx, FieldResolver, Resolver, Root } from 'type-graphql';
import { PolicyDecision, type RuleTrace } from '#schema/policy-decision.ts';
import type { Context } from './context.ts';
import { type DecisionTexts, type DecisionView, rulesIn } from './decision-view.ts';

async function textsOf({ texts, id }: DecisionView, { loaders }: Context): Promise<DecisionTexts> {
  const found = texts ?? (await loaders.decision(id));
  if (found === undefined) throw new Error(`a row names the unknown decision ${id}`);
  return found;
}

@Resolver(() => PolicyDecision)
export class PolicyDecisionResolver {
  @FieldResolver()
  async rules(@Root() view: DecisionView, @Ctx() context: Context): Promise<readonly RuleTrace[]> {
    return rulesIn(await textsOf(view, context));
  }

  @FieldResolver()
  async snapshot(@Root() view: DecisionView, @Ctx() context: Context): Promise<string> {
    return (await textsOf(view, context)).snapshot;
  }

  @FieldResolver()
  async trace(@Root() view: DecisionView, @Ctx() context: Context): Promise<string> {
    return (await textsOf(view, context)).trace;
  }
}
