import { atomsOf } from '#policy-lang/checking/condition.ts';
import type { CompiledPolicy } from '#policy-lang/compiled-policy.ts';
import { formatValue } from '#policy-lang/values/exact.ts';
import { type Diagnostic, diagnostic } from '#policy-lang/diagnostics.ts';
import type { TestReport } from '#policy-lang/run-tests.ts';
import { valuesOfTests } from './tested-values.ts';

/**
 * Check 27: every rule is matched by a test, and every limit of a value is tried at the limit and one
 * minor unit to each side of it. Runs behind the tests, because it looks at what they showed.
 */
export function untested(policy: CompiledPolicy, { tests }: TestReport): readonly Diagnostic[] {
  const matched = new Set(
    tests.flatMap(({ decision }) =>
      decision.matched.flatMap(({ rule, outcome }) => (outcome === 'matched' ? rule : [])),
    ),
  );
  const found: Diagnostic[] = [];
  for (const { id, span, condition } of policy.program.rules) {
    if (!matched.has(id)) {
      const message = `No test matches the rule ${id}.`;
      found.push(
        diagnostic('NOT_TESTED', span, message, `Write a test that expects matched ${id}.`),
      );
    }
    for (const atom of atomsOf(condition)) {
      if (atom.kind !== 'value') continue;
      const values = valuesOfTests(policy, atom.currency);
      const [limit, currency] = [atom.limit, atom.currency];
      const untried = [-1n, 0n, 1n]
        .map((step) => ({ scaled: limit.scaled + step, scale: limit.scale }))
        .filter((value) => !values.has(value));
      if (untried.length === 0) continue;
      const shown = untried.map((value) => formatValue(value, currency)).join(', ');
      const message = `No test tries the rule ${id} with a value of ${shown}.`;
      found.push(
        diagnostic('NOT_TESTED', span, message, 'Write a test on each side of the limit.'),
      );
    }
  }
  return found;
}
