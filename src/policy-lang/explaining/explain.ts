/**
 * Why a condition is true, false or missing, in plain words with the figures of the request. Walks
 * the same tree that decides, and names the parts that make the answer what it is: of a true `or`
 * the true parts, of a false `and` the false ones.
 */
import type { AggregateNeed } from '#policy-lang/compiled-policy.ts';
import { clauseOf } from './clauses.ts';
import type { Atom, Condition } from '#policy-lang/checking/condition.ts';
import type { Facts } from '#policy-lang/deciding/facts.ts';
import { factInWords } from './field-words.ts';
import { causeOf, missingFor } from '#policy-lang/deciding/missing.ts';
import { planAtom } from '#policy-lang/deciding/plan-atom.ts';
import { planCondition } from '#policy-lang/deciding/plan-condition.ts';
import { compareText } from '#policy-lang/checking/report.ts';
import { countsThis } from '#policy-lang/deciding/totals.ts';
import { FALSE, MISSING, TRUE, type Truth, not } from '#policy-lang/deciding/truth.ts';

/** An answer and the atoms that it rests on. */
export type Grounds = { readonly truth: Truth; readonly atoms: readonly Atom[] };

export const truthOf = (atom: Atom, facts: Facts): Truth =>
  planAtom(atom, facts.linked, planCondition)(facts);

export function groundsOf(condition: Condition, facts: Facts): Grounds {
  switch (condition.kind) {
    case 'always':
      return { truth: TRUE, atoms: [] };
    case 'not': {
      const { truth, atoms } = groundsOf(condition.part, facts);
      return { truth: not(truth), atoms };
    }
    case 'and':
    case 'or': {
      const parts = condition.parts.map((part) => groundsOf(part, facts));
      const truths = parts.map((part) => part.truth);
      const truth = (condition.kind === 'and' ? Math.min : Math.max)(...truths) as Truth;
      return { truth, atoms: parts.filter((part) => part.truth === truth).flatMap((p) => p.atoms) };
    }
    default:
      return { truth: truthOf(condition, facts), atoms: [condition] };
  }
}

/** The paths of the missing facts that the grounds rest on, sorted, each once. */
export function missingPaths({ truth, atoms }: Grounds, facts: Facts): readonly string[] {
  if (truth !== MISSING) return [];
  const paths = new Set(
    atoms.flatMap((atom) => missingFor(atom, facts, (need) => openWhere(need, facts))),
  );
  return [...paths].toSorted(compareText);
}

/** What keeps open whether the pending request counts; undefined where it does not count. */
function openWhere(need: AggregateNeed, facts: Facts): readonly string[] | undefined {
  const where = need.where && groundsOf(need.where, facts);
  const counts = countsThis(need, where && (() => where.truth), facts);
  if (counts === FALSE) return undefined;
  return where === undefined ? [] : missingPaths(where, facts);
}

/** One sentence, e.g. `50,000 USDC is worth 50,000.00 USD, above 10,000.00 USD.` */
export function sentenceOf(grounds: Grounds, facts: Facts): string {
  if (grounds.truth === MISSING) return missingSentence(missingPaths(grounds, facts), facts);
  if (grounds.atoms.length === 0) {
    return grounds.truth === FALSE ? 'This rule never applies.' : 'This rule always applies.';
  }
  const clauses = [...new Set(grounds.atoms.map((atom) => clauseOf(atom, facts)))];
  const text = clauses.join(', and ');
  return `${text.charAt(0).toUpperCase()}${text.slice(1)}.`;
}

export function missingSentence(paths: readonly string[], facts: Facts): string {
  const named = paths.map((path) => {
    const cause = causeOf(path, facts);
    return `${factInWords(path)}${cause === undefined ? '' : ` (${cause})`}`;
  });
  return `Not known: ${named.join(', ')}.`;
}
