/** Answers every `prove` block of a policy. */
import { canMatch } from '#policy-lang/analysis/claims.ts';
import { modelOf } from '#policy-lang/analysis/model.ts';
import {
  type Way,
  activitiesOf,
  deadRules,
  orVacuous,
  questionOf,
  waysAround,
  waysOfLoosening,
} from '#policy-lang/analysis/prove.ts';
import { smtQuestion } from '#policy-lang/analysis/smt.ts';
import { withRulesOf } from '#policy-lang/analysis/strictness.ts';
import type { CheckedClaim } from '#policy-lang/checking/checked-policy.ts';
import type { CompiledPolicy } from '#policy-lang/compiled-policy.ts';
import { type Answered, type ProveOptions, answer } from './prove-policy.ts';

/** A promise that cannot even be asked about, e.g. without the version that it compares with. */
const notAsked = (reason: string): Answered => ({ kind: 'unknown', method: 'cases', reason });

export async function proveClaim(
  policy: CompiledPolicy,
  claim: CheckedClaim,
  options: ProveOptions & { readonly against?: CompiledPolicy },
): Promise<Answered> {
  if (claim.kind === 'every rule can match') return proveAlive(policy, options);
  const ways = waysOf(policy, claim, options.against);
  if (typeof ways === 'string') return notAsked(ways);
  const found = await answer(ways, options);
  if (claim.kind !== 'never') return found;
  const { method } = found;
  return { ...orVacuous(found, policy.program, claim, options.budget), method };
}

/** The ways in which a promise can be broken, or why they are not known. */
function waysOf(
  { program }: CompiledPolicy,
  claim: Exclude<CheckedClaim, { kind: 'every rule can match' }>,
  against: CompiledPolicy | undefined,
): readonly Way[] | string {
  if (claim.kind === 'never') return waysAround(program, claim);
  const { version, except } = claim;
  if (against === undefined) return `version ${version} is not at hand; name it with --against`;
  if (against.version !== version) {
    return `it compares with version ${version}, but --against is version ${against.version}`;
  }
  return waysOfLoosening(against.program, withRulesOf(program, against.program, except));
}

/** A rule that the search does not decide is left to the solver. */
async function proveAlive({ program }: CompiledPolicy, options: ProveOptions): Promise<Answered> {
  const { dead, unknown } = deadRules(program, options.budget);
  if (dead.length > 0) {
    const reason = `no request can match ${dead.join(', ')}.`;
    return { kind: 'broken', method: 'cases', reason };
  }
  for (const id of unknown) {
    const answers = await Promise.all(aliveWays(program, id).map((way) => answer([way], options)));
    if (answers.some(({ kind }) => kind === 'broken')) continue;
    if (answers.every(({ kind }) => kind === 'proved')) {
      return { kind: 'broken', method: 'solver', reason: `no request can match ${id}.` };
    }
    return notAsked(`whether a request can match ${id} is not decided`);
  }
  return { kind: 'proved', method: unknown.length === 0 ? 'cases' : 'solver' };
}

/** An example shows that the rule can match, so nothing about it needs to be decided again. */
const aliveWays = (program: CompiledPolicy['program'], id: string): readonly Way[] =>
  activitiesOf([program]).flatMap((activity) => {
    const { model, policies } = modelOf(activity, [program]);
    return (policies[0]?.rules ?? [])
      .filter(({ rule }) => rule.id === id)
      .map(({ formula }) => ({
        model,
        assets: program.linked.assets,
        clauses: canMatch(formula),
        isBroken: () => true,
      }));
  });

/** SMT-LIB files of all promises: each `unsat` rules out one way to break it. */
export function smtFiles(
  policy: CompiledPolicy,
  against: CompiledPolicy | undefined,
): readonly { readonly name: string; readonly content: string }[] {
  return policy.proves.flatMap(({ title, claim }, number) => {
    if (claim.kind === 'every rule can match') return [];
    const ways = waysOf(policy, claim, against);
    if (typeof ways === 'string') return [];
    return ways.map((way, index) => ({
      name: `${number + 1}-${index + 1}.smt2`,
      content: [
        `; ${title.replaceAll(/[^\x20-\x7e]/g, '?')} (${index + 1} of ${ways.length})`,
        '; unsat: no request breaks the promise in this way.',
        `${smtQuestion(questionOf(way)).text}(check-sat)`,
        '',
      ].join('\n'),
    }));
  });
}
