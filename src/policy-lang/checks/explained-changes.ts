import { type Change, changesBetween } from '#policy-lang/analysis/changes.ts';
import { tryWays, waysOfLoosening } from '#policy-lang/analysis/prove.ts';
import type { CompiledPolicy } from '#policy-lang/compiled-policy.ts';
import { type Diagnostic, type Span, diagnostic } from '#policy-lang/diagnostics.ts';

/**
 * Check 27: what lets more through than in the version before says why. Runs where that version is at
 * hand. A change that nobody can decide about is named as well: it may loosen.
 */
export function unexplainedChanges(
  before: CompiledPolicy,
  after: CompiledPolicy,
): readonly Diagnostic[] {
  return changesBetween(before.program, after.program).flatMap((change) => {
    if (change.isExplained) return [];
    const { kind } = tryWays(waysOfLoosening(before.program, change.after));
    if (kind === 'proved') return [];
    const what = `${kind === 'broken' ? 'lets' : 'may let'} more through than before`;
    return diagnostic(
      'UNEXPLAINED',
      spanOf(change, after),
      `The ${nameOf(change)} ${what}, and no new reason says why.`,
      hintFor(change),
    );
  });
}

function nameOf({ kind, name, how }: Change): string {
  if (kind === 'header') return `header (${name})`;
  return `${how === 'changed' ? '' : `${how} `}${kind} ${name}`;
}

/** A rule that is gone, and whatever is not a rule, is named at the header. */
const spanOf = ({ name }: Change, { program }: CompiledPolicy): Span =>
  program.rules.find(({ id }) => id === name)?.span ?? program.header.span;

const hintFor = ({ kind, how }: Change): string =>
  kind === 'rule' && how !== 'removed'
    ? 'Write a new because "...".'
    : 'Look at it with "countersign policy diff", and let somebody confirm it.';
