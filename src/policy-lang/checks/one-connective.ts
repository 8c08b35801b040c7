import type { Report } from '#policy-lang/checking/report.ts';
import type { Expression } from '#policy-lang/syntax/syntax.ts';

/** Check 5: `and` beside `or` needs parentheses, because readers disagree which binds first. */
export function requireOneConnective(
  report: Report,
  { operator }: Extract<Expression, { kind: 'mixed' }>,
): void {
  const message = '"and" and "or" stand together, and readers disagree which binds first.';
  const hint = 'Put one of them in parentheses: a and (b or c).';
  report.add('MIXED_LOGIC', operator, message, hint);
}
