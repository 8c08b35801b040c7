/** Answers to an editor's single questions: what the language knows, in the protocol's shapes. */
import type {
  CodeAction,
  CodeLens,
  CompletionItem,
  Diagnostic as LspDiagnostic,
  DocumentHighlight,
  DocumentSymbol,
  Hover,
  Location,
  Position,
  Range,
  SymbolKind,
  TextEdit,
  WorkspaceEdit,
} from 'vscode-languageserver';
import {
  CodeActionKind,
  CompletionItemKind,
  MarkupKind,
  ResponseError,
  SemanticTokensBuilder,
  ErrorCodes,
} from 'vscode-languageserver';
import { formatPolicy } from '#policy-lang/format/format-policy.ts';
import { type Suggestion, completions } from '#policy-lang/editing/completion.ts';
import { type ShownPrices, hover } from '#policy-lang/editing/hover.ts';
import { lensesOf } from '#policy-lang/editing/lenses.ts';
import type { NamePlace } from '#policy-lang/editing/names.ts';
import { outlineOf } from '#policy-lang/editing/outline.ts';
import { keepsName, rename } from '#policy-lang/editing/rename.ts';
import { TOKEN_KINDS, colouredTokens } from '#policy-lang/editing/semantic-tokens.ts';
import type { SourceText } from '#policy-lang/syntax/source-text.ts';
import type { OpenBundle } from './open-bundles.ts';
import { toOffset, toRange, uriOf } from './places.ts';

/** A document of a bundle. */
export type Place = OpenBundle & { readonly path: string };

const sourceOf = ({ bundle, path }: Place): SourceText => bundle.sources.get(path) as SourceText;

const offsetOf = (place: Place, position: Position): number => toOffset(sourceOf(place), position);

const nameAt = (place: Place, position: Position): NamePlace | undefined =>
  place.bundle.nameAt(place.path, offsetOf(place, position));

const locationOf = (place: Place, { span }: NamePlace): Location => ({
  uri: uriOf(place.root, span.path),
  range: toRange(span),
});

export function hoverAt(place: Place, position: Position, prices: ShownPrices): Hover | null {
  const found = hover(place.bundle, place.path, offsetOf(place, position), prices);
  if (found === undefined) return null;
  return {
    range: toRange(found.span),
    contents: { kind: MarkupKind.Markdown, value: found.text },
  };
}

const ITEM_KINDS: Readonly<Record<Suggestion['kind'], CompletionItemKind>> = {
  keyword: CompletionItemKind.Keyword,
  field: CompletionItemKind.Field,
  name: CompletionItemKind.Reference,
  value: CompletionItemKind.EnumMember,
  file: CompletionItemKind.File,
  snippet: CompletionItemKind.Snippet,
};

export const completionsAt = (place: Place, position: Position): CompletionItem[] =>
  completions(place.bundle, place.path, offsetOf(place, position)).map(
    ({ text, kind, about, span }) => ({
      label: text,
      kind: ITEM_KINDS[kind],
      detail: about,
      textEdit: { range: toRange(span), newText: text },
    }),
  );

export function definitionAt(place: Place, position: Position): Location | null {
  const name = nameAt(place, position);
  const definition = name && place.bundle.definitionOf(name);
  return definition ? locationOf(place, definition) : null;
}

export function referencesAt(place: Place, position: Position, definition: boolean): Location[] {
  const name = nameAt(place, position);
  if (name === undefined) return [];
  return place.bundle
    .placesOf(name)
    .filter(({ defines }) => definition || !defines)
    .map((found) => locationOf(place, found));
}

export function highlightsAt(place: Place, position: Position): DocumentHighlight[] {
  const name = nameAt(place, position);
  if (name === undefined) return [];
  return place.bundle
    .placesOf(name)
    .filter(({ span }) => span.path === place.path)
    .map(({ span }) => ({ range: toRange(span) }));
}

/** The range that a rename would begin with; null where nothing can be renamed. */
export function renamable(place: Place, position: Position): Range | null {
  const name = nameAt(place, position);
  return name === undefined || keepsName(name) !== undefined ? null : toRange(name.span);
}

/** @throws ResponseError with a sentence where the new name cannot be */
export function renamed(place: Place, position: Position, newName: string): WorkspaceEdit {
  const name = nameAt(place, position);
  if (name === undefined) throw refusal('There is no name here.');
  const renaming = rename(place.bundle, name, newName);
  if (!renaming.ok) throw refusal(renaming.message);
  const changes: Record<string, TextEdit[]> = {};
  for (const { span, text } of renaming.edits) {
    const edits = (changes[uriOf(place.root, span.path)] ??= []);
    edits.push({ range: toRange(span), newText: text });
  }
  return { changes };
}

const refusal = (message: string): ResponseError =>
  new ResponseError(ErrorCodes.InvalidRequest, message);

export const symbolsOf = (place: Place, kinds: typeof SymbolKind): DocumentSymbol[] =>
  outlineOf(sourceOf(place)).map(({ kind, name, detail, span, nameSpan }) => ({
    name,
    detail: detail === '' ? kind : `${kind}: ${detail}`,
    kind: kind === 'rule' || kind === 'table' ? kinds.Function : kinds.Namespace,
    range: toRange(span),
    selectionRange: toRange(nameSpan),
  }));

/** One edit of the whole text, or none where it is as it should be or does not parse. */
export function formatted(place: Place): TextEdit[] {
  const source = sourceOf(place);
  const result = formatPolicy(source);
  if (!result.ok || result.text === source.text) return [];
  const range = toRange(source.span(0, source.text.length));
  return [{ range, newText: result.text }];
}

export const codeLenses = (place: Place, uri: string, command: string): CodeLens[] =>
  lensesOf(place.bundle, place.path).map(({ span, title, test }) => ({
    range: toRange(span),
    command:
      test === undefined ? { title, command: '' } : { title, command, arguments: [uri, test] },
  }));

/** The fixes that the compiler knows for the faults at hand. */
export function quickFixes(place: Place, shown: readonly LspDiagnostic[]): CodeAction[] {
  return place.bundle.compilation.diagnostics.flatMap((diagnostic): CodeAction[] => {
    const { fix, span, code } = diagnostic;
    if (fix === undefined || span.path !== place.path) return [];
    const range = toRange(span);
    const about = shown.filter((one) => one.code === code && isSame(one.range, range));
    if (about.length === 0) return [];
    const edit = { range: toRange(fix.span), newText: fix.text };
    return [
      {
        title: fix.text === '' ? 'Delete it' : `Write ${fix.text}`,
        kind: CodeActionKind.QuickFix,
        diagnostics: about,
        isPreferred: true,
        edit: { changes: { [uriOf(place.root, fix.span.path)]: [edit] } },
      },
    ];
  });
}

const isSame = (left: Range, right: Range): boolean =>
  left.start.line === right.start.line &&
  left.start.character === right.start.character &&
  left.end.line === right.end.line &&
  left.end.character === right.end.character;

/** LSP's relative encoding: five numbers for each token. */
export function semanticTokens(place: Place): number[] {
  const builder = new SemanticTokensBuilder();
  for (const { span, kind, defines } of colouredTokens(
    sourceOf(place),
    place.bundle.namesOf(place.path),
  )) {
    const length = span.end.offset - span.start.offset;
    const { line, column } = span.start;
    builder.push(line - 1, column - 1, length, TOKEN_KINDS.indexOf(kind), defines ? 1 : 0);
  }
  return builder.build().data;
}
