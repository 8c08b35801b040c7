/** Questions about the outcome of a decision, as clauses: what must be true of which rule. */
import type { ApprovalRequirement } from '#policy-lang/decision.ts';
import { type Contribution, otherTruths, truthsWhere } from './contributions.ts';
import type { ModelledPolicy, ModelledRule } from './model.ts';
import type { Clause } from './search.ts';

/** One of the rules contributes like this. */
export const some = (
  rules: readonly ModelledRule[],
  contributes: (contribution: Contribution) => boolean,
): Clause =>
  rules.flatMap(({ rule, formula }) => {
    const truths = truthsWhere(rule, contributes);
    return truths === 0 ? [] : { formula, truths };
  });

/** None of the rules does. */
export const none = (
  rules: readonly ModelledRule[],
  contributes: (contribution: Contribution) => boolean,
): readonly Clause[] =>
  some(rules, contributes).map(({ formula, truths }) => [{ formula, truths: otherTruths(truths) }]);

const allows = ({ allows: does }: Contribution): boolean => does;
const blocks = ({ blocks: does }: Contribution): boolean => does;

/** The request goes through, at once or once it is approved; undefined where nothing ever does. */
export function goesThrough(policy: ModelledPolicy): readonly Clause[] | undefined {
  if (!policy.governed) return undefined;
  const allowed = policy.otherwise === 'allow' ? [] : [some(policy.rules, allows)];
  return [...allowed, ...none(policy.rules, blocks)];
}

/** The ways in which a request is blocked: each a question of its own. */
export function blockedWays(policy: ModelledPolicy): readonly (readonly Clause[])[] {
  if (!policy.governed) return [[]];
  const ways: (readonly Clause[])[] = [[some(policy.rules, blocks)]];
  if (policy.otherwise === 'block') ways.push(none(policy.rules, allows));
  return ways;
}

/** Some rule asks for approval. */
export const asksApproval = (policy: ModelledPolicy): Clause =>
  some(policy.rules, ({ requirement }) => requirement !== undefined);

export const flags = (policy: ModelledPolicy): Clause =>
  some(policy.rules, (contribution) => contribution.flags);

/** One thing that a requirement asks for. */
export type Demand = (requirement: ApprovalRequirement) => boolean;

/** What a requirement asks for, one by one: another meets it if it meets each of these. */
export function demandsOf(wanted: ApprovalRequirement): readonly Demand[] {
  const demands: Demand[] = wanted.quorums.map(
    ({ group, count }) =>
      ({ quorums }) =>
        quorums.some((quorum) => quorum.group === group && quorum.count >= count),
  );
  if (wanted.excludeInitiator) demands.push(({ excludeInitiator }) => excludeInitiator);
  const { expiresAfterMs: latest } = wanted;
  if (latest !== undefined) {
    demands.push(({ expiresAfterMs = Infinity }) => expiresAfterMs <= latest);
  }
  return demands;
}

/** No rule asks for this. */
export const unmet = (policy: ModelledPolicy, demand: Demand): readonly Clause[] =>
  none(policy.rules, ({ requirement }) => requirement !== undefined && demand(requirement));
