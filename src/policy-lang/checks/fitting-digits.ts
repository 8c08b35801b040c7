import { readAmountNumber } from '#policy-lang/values/numbers.ts';
import type { Report } from '#policy-lang/checking/report.ts';
import type { Amount } from '#policy-lang/syntax/syntax.ts';

/**
 * Check 3: a number has no more digits after its point than its unit has, and is one as the language
 * writes them.
 * @returns the number in the smallest units
 */
export function readFitting(
  { report }: { readonly report: Report },
  amount: Amount,
  decimals: number,
  unit: string,
): bigint | undefined {
  const read = readAmountNumber(amount, decimals, unit);
  if (read.ok) return read.value;
  report.add(read.code, amount.sign?.span ?? amount.number.span, read.message, read.hint);
  return undefined;
}
