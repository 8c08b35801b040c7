/** Diagnostics as people read them: place, sentence, the line, and a caret under the spot. */
import { join } from 'node:path';
import { type Diagnostic, placeOf } from '#policy-lang/diagnostics.ts';
import { SourceText } from '#policy-lang/syntax/source-text.ts';
import type { BundleOnDisk } from '#policy-tools/read-bundle.ts';
import { type Terminal, printable, styled } from './terminal.ts';

const WIDEST_LINE = 120;

export function printDiagnostics(
  terminal: Terminal,
  bundle: BundleOnDisk,
  diagnostics: readonly Diagnostic[],
): void {
  const sources = new Map(
    bundle.files.map(({ path, content }) => [path, new SourceText(path, content)]),
  );
  for (const found of diagnostics) {
    const color = found.severity === 'error' ? 'red' : 'yellow';
    const place = printable(join(bundle.root, placeOf(found.span)));
    const label = styled(terminal, color, `${found.severity} ${found.code}`);
    terminal.out(`${styled(terminal, 'bold', place)} ${label}`);
    terminal.out(`  ${printable(found.message)}`);
    if (found.hint !== undefined) terminal.out(`  ${printable(found.hint)}`);
    const source = sources.get(found.span.path);
    if (source !== undefined && source.text !== '') printExcerpt(terminal, source, found);
    terminal.out('');
  }
}

/** The line of the fault, cut to a window around it, with carets below. */
function printExcerpt(
  terminal: Terminal,
  source: SourceText,
  { span, severity }: Diagnostic,
): void {
  const { start, end } = span;
  const line = source.line(start.line);
  const from = line.length <= WIDEST_LINE ? 0 : Math.max(0, start.column - 1 - WIDEST_LINE / 2);
  const before = printable(line.slice(from, start.column - 1));
  const stop = end.line === start.line ? end.column - 1 : line.length;
  const marked = printable(line.slice(start.column - 1, Math.min(stop, from + WIDEST_LINE)));
  const after = printable(line.slice(stop, Math.max(stop, from + WIDEST_LINE)));
  const number = String(start.line);
  const rule = styled(terminal, 'dim', `${' '.repeat(number.length)} |`);
  const carets = '^'.repeat(Math.max(1, marked.length));
  const color = severity === 'error' ? 'red' : 'yellow';
  terminal.out(`  ${styled(terminal, 'dim', `${number} |`)} ${before}${marked}${after}`);
  terminal.out(`  ${rule} ${' '.repeat(before.length)}${styled(terminal, color, carets)}`);
}

/** `2 errors, 1 warning`; `no errors` where there are none. */
export function countInWords(diagnostics: readonly Diagnostic[]): string {
  const count = (severity: Diagnostic['severity']): string | undefined => {
    const found = diagnostics.filter((diagnostic) => diagnostic.severity === severity).length;
    if (found === 0) return undefined;
    return `${found} ${severity}${found === 1 ? '' : 's'}`;
  };
  const [errors, warnings] = [count('error'), count('warning')];
  return [errors ?? 'no errors', warnings].filter((part) => part !== undefined).join(', ');
}
