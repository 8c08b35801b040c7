/**
 * Diagnostics as SARIF 2.1.0 (OASIS, Static Analysis Results Interchange Format), which code review
 * tools show beside the lines. Columns count UTF-16 units from 1, as the compiler's own do.
 */
import { DIAGNOSTIC_CODES, type Diagnostic, type Span } from '#policy-lang/diagnostics.ts';

const SCHEMA = 'https://json.schemastore.org/sarif-2.1.0.json';

/** @param root folder of the bundle, in front of each path */
export function sarifLog(root: string, diagnostics: readonly Diagnostic[]): object {
  const codes = Object.entries(DIAGNOSTIC_CODES);
  const rules = codes.map(([id, [level, text]]) => ({
    id,
    shortDescription: { text },
    defaultConfiguration: { level },
  }));
  const indexes = new Map(codes.map(([id], index) => [id, index]));
  return {
    $schema: SCHEMA,
    version: '2.1.0',
    runs: [
      {
        tool: { driver: { name: 'countersign', rules } },
        columnKind: 'utf16CodeUnits',
        results: diagnostics.map((found) => resultOf(root, found, indexes.get(found.code) ?? -1)),
      },
    ],
  };
}

function resultOf(root: string, found: Diagnostic, ruleIndex: number): object {
  const { code, severity, message, hint, span, fix } = found;
  const artifactLocation = { uri: uriOf(root, span) };
  const text = hint === undefined ? message : `${message} ${hint}`;
  const replaced = fix && {
    artifactLocation: { uri: uriOf(root, fix.span) },
    replacements: [{ deletedRegion: regionOf(fix.span), insertedContent: { text: fix.text } }],
  };
  return {
    ruleId: code,
    ruleIndex,
    level: severity,
    message: { text },
    locations: [{ physicalLocation: { artifactLocation, region: regionOf(span) } }],
    ...(replaced && { fixes: [{ description: { text }, artifactChanges: [replaced] }] }),
  };
}

/** A relative reference (RFC 3986): each step of the path is escaped by itself. */
const uriOf = (root: string, { path }: Span): string =>
  [...root.split(/[\\/]/), ...path.split('/')]
    .filter((step, index) => step !== '.' && (step !== '' || index === 0))
    .map(encodeURIComponent)
    .join('/');

const regionOf = ({ start, end }: Span): object => ({
  startLine: start.line,
  startColumn: start.column,
  endLine: end.line,
  endColumn: end.column,
});
