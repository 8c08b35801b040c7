/** Collects diagnostics while a policy is compiled, a bounded number for each file. */
import {
  type Diagnostic,
  type DiagnosticCode,
  type Fix,
  type Span,
  diagnostic,
} from '#policy-lang/diagnostics.ts';
import { MAX_DIAGNOSTICS } from '#policy-lang/syntax/limits.ts';
import type { Advice } from './nearest-name.ts';

export class Report {
  readonly #found: Diagnostic[] = [];
  readonly #counts = new Map<string, number>();

  readonly #seen = new Set<string>();

  /**
   * Adds one, unless its file is full or the same was said of the same place, as where the rows of a
   * table share a column. `hint` is asked for only then: looking for the name that was meant costs
   * time.
   */
  add(
    code: DiagnosticCode,
    span: Span,
    message: string,
    hint?: Advice | (() => Advice | undefined),
    fix?: Fix,
  ): void {
    const count = this.#counts.get(span.path) ?? 0;
    const key = `${span.path}\n${span.start.offset}\n${code}\n${message}`;
    if (count >= MAX_DIAGNOSTICS || this.#seen.has(key)) return;
    this.#seen.add(key);
    this.#counts.set(span.path, count + 1);
    const advice = typeof hint === 'function' ? hint() : hint;
    if (typeof advice === 'object') {
      const { hint: sentence, ...change } = advice;
      this.#found.push(diagnostic(code, span, message, sentence, { span, ...change }));
    } else this.#found.push(diagnostic(code, span, message, advice, fix));
  }

  addAll(diagnostics: readonly Diagnostic[]): void {
    for (const { code, span, message, hint, fix } of diagnostics) {
      this.add(code, span, message, hint, fix);
    }
  }

  get hasErrors(): boolean {
    return this.#found.some((found) => found.severity === 'error');
  }

  hasErrorsIn({ path }: { readonly path: string }): boolean {
    return this.#found.some(({ severity, span }) => severity === 'error' && span.path === path);
  }

  /** In the order of files and places. */
  diagnostics(): Diagnostic[] {
    return this.#found.toSorted(
      (left, right) =>
        compareText(left.span.path, right.span.path) ||
        left.span.start.offset - right.span.start.offset,
    );
  }
}

/** Order of UTF-16 code units, the same on every machine. */
export const compareText = (left: string, right: string): number =>
  left < right ? -1 : left > right ? 1 : 0;
