/** Rulebooks compiled, and their decisions without words, by the evaluator and by the reference. */
import fc from 'fast-check';
import { compileBundle } from '#policy-lang/compile-bundle.ts';
import type { CompiledPolicy } from '#policy-lang/compiled-policy.ts';
import { decide } from '#policy-lang/decide.ts';
import { placeOf } from '#policy-lang/diagnostics.ts';
import { type Verdict, decideByTheBook } from '#policy-lang/reference/decide-by-the-book.ts';
import type { Snapshot } from '#policy-lang/snapshot.ts';
import { SUPPORT, WORLD, rulebookFile } from './world.ts';

/**
 * Two random conditions that name different assets, or different functions, may meet in one `and`;
 * the checker then refuses to read an amount or an argument of either.
 */
const CONTRADICTION =
  /^(?:Nothing in this condition says that the asset|None of the imported contracts has|No imported contract says what)/;

/**
 * The policy of a random text. A text that contradicts itself is skipped, not counted.
 * @throws with the diagnostics where the text does not compile for another reason
 */
export function compiled(text: string): CompiledPolicy {
  const { policy, diagnostics } = compileBundle([rulebookFile(text), ...SUPPORT], WORLD);
  if (policy !== undefined) return policy;
  const errors = diagnostics.filter(({ severity }) => severity === 'error');
  fc.pre(!errors.every(({ message }) => CONTRADICTION.test(message)));
  const lines = errors.map(({ code, span, message }) => `${code} ${placeOf(span)} ${message}`);
  throw new Error(`${lines.join('\n')}\n${text}`);
}

/** What the evaluator decides. */
export function verdictOf(policy: CompiledPolicy, snapshot: Snapshot): Verdict {
  const { outcome, reasons, requirements, flags, matched } = decide(policy, snapshot);
  return {
    outcome,
    reasons: reasons.map(({ code, rule, missing }) => ({
      code,
      rule,
      ...(missing && { missing }),
    })),
    requirements,
    flags: flags.map(({ rule, indeterminate }) => ({ rule, indeterminate })),
    matched,
  };
}

/** What the reference interpreter decides. */
export function verdictByTheBook({ program }: CompiledPolicy, snapshot: Snapshot): Verdict {
  const { header, rules, linked } = program;
  return decideByTheBook({ header, rules, names: linked }, snapshot);
}

/** Adds the text of the rulebook to what a claim throws, so that a finding can be read. */
export function withText<T>(text: string, claim: () => T): T {
  try {
    return claim();
  } catch (error) {
    throw new Error(`${error instanceof Error ? error.message : String(error)}\n${text}`, {
      cause: error,
    });
  }
}
