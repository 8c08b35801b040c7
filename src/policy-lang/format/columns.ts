/** Tokens that stand under each other: the column in which each begins, where the line allows it. */
import { type IToken } from 'chevrotain';
import { Equals, Pipe, kw } from '#policy-lang/syntax/tokens.ts';
import type { Part } from './outline.ts';
import { onOneLine } from './spacing.ts';

const INDENT = 2;
const IMPORTED_FROM = 'import group '.length;
const PIPES_FROM = INDENT + 'columns '.length;

/** Columns count from 0. */
export type Columns = ReadonlyMap<number, number>;

/**
 * @param isTogether whether an item continues the paragraph of the one before
 * @param depth of the parts: 0 for items, 1 for what stands in their braces, 2 inside of a `given`
 */
export function columnsOf(
  tokens: readonly IToken[],
  parts: readonly Part[],
  isTogether: (part: Part) => boolean,
  depth = 0,
): Columns {
  const columns = new Map<number, number>();
  for (const group of paragraphs(parts, isTogether)) {
    const [kind] = group.map((part) => part.kind);
    if (kind === 'importing') alignImports(tokens, group, columns);
    if (kind === 'letting' || kind === 'fact') alignEquals(tokens, group, columns, depth);
  }
  alignTable(tokens, parts, columns);
  for (const { block } of parts) {
    if (block === undefined) continue;
    const within = columnsOf(tokens, block.parts, () => true, depth + 1);
    for (const [token, column] of within) columns.set(token, column);
  }
  return columns;
}

/** Neighbours of one kind. */
function paragraphs(
  parts: readonly Part[],
  isTogether: (part: Part) => boolean,
): readonly (readonly Part[])[] {
  const groups: Part[][] = [];
  for (const [index, part] of parts.entries()) {
    const last = groups.at(-1);
    const goesOn = parts[index - 1]?.kind === part.kind && isTogether(part);
    if (last !== undefined && goesOn) last.push(part);
    else groups.push([part]);
  }
  return groups;
}

function alignImports(
  tokens: readonly IToken[],
  group: readonly Part[],
  columns: Map<number, number>,
): void {
  const starts = group.map(({ first }) => {
    const [word, kind, name] = tokens.slice(first, first + 3) as [IToken, IToken, IToken];
    const from = Math.max(IMPORTED_FROM, onOneLine([word, kind]).length + 1);
    columns.set(first + 2, from);
    return from + name.image.length + 1;
  });
  const column = Math.max(...starts);
  for (const { first } of group) {
    if (tokens[first + 3]?.tokenType === kw('from')) columns.set(first + 3, column);
  }
}

function alignEquals(
  tokens: readonly IToken[],
  group: readonly Part[],
  columns: Map<number, number>,
  depth: number,
): void {
  const signs = group.map(({ first, last }) => {
    const at = tokens.slice(first, last + 1).findIndex(({ tokenType }) => tokenType === Equals);
    return { first, sign: first + at };
  });
  const widths = signs.map(({ first, sign }) => onOneLine(tokens.slice(first, sign)).length);
  const column = depth * INDENT + Math.max(...widths) + 1;
  for (const { sign } of signs) columns.set(sign, column);
}

/** Cells under the columns' heads; what stands in the last cell is of any length. */
function alignTable(
  tokens: readonly IToken[],
  parts: readonly Part[],
  columns: Map<number, number>,
): void {
  const rows = parts
    .filter(({ kind }) => kind === 'columns' || kind === 'row')
    .map(({ first, last }) =>
      Array.from({ length: last - first }, (_, step) => first + 1 + step).filter(
        (index) => tokens[index]?.tokenType === Pipe,
      ),
    );
  const widths: number[] = [];
  for (const pipes of rows) {
    for (const [cell, pipe] of pipes.slice(0, -2).entries()) {
      const width = onOneLine(tokens.slice(pipe + 1, pipes[cell + 1])).length;
      widths[cell] = Math.max(widths[cell] ?? 0, width);
    }
  }
  for (const pipes of rows) {
    let column = PIPES_FROM;
    for (const [cell, pipe] of pipes.slice(0, -1).entries()) {
      columns.set(pipe, column);
      column += 2 + (widths[cell] ?? 0) + 1;
    }
  }
}
