/** Puts tokens and comments on lines. */
import { type IToken } from 'chevrotain';
import { Comma, kw } from '#policy-lang/syntax/tokens.ts';
import type { Columns } from './columns.ts';
import type { Block, Part } from './outline.ts';
import { isApart, onOneLine } from './spacing.ts';

const WIDTH = 100;
const INDENT = 2;

const lineOf = (token: IToken | undefined): number => token?.startLine ?? 0;

/** Whether a part stands right under the one before it, comments between them included. */
export function isTogetherIn(
  tokens: readonly IToken[],
  comments: readonly IToken[],
): (part: Part) => boolean {
  const lines = new Set(comments.map(lineOf));
  return ({ first }) => {
    const until = lineOf(tokens[first - 1]);
    for (let line = lineOf(tokens[first]) - 1; line > until; line--) {
      if (!lines.has(line)) return false;
    }
    return true;
  };
}

/** Where the parts of a line that is too long go on. */
type Wrapping = {
  readonly breaks: ReadonlySet<number>;
  readonly breakIndent: number;
  readonly joints: ReadonlySet<number>;
  readonly jointIndent: number;
};

const NOWHERE: Wrapping = {
  breaks: new Set(),
  breakIndent: 2 * INDENT,
  joints: new Set(),
  jointIndent: 2 * INDENT,
};

export class Writer {
  readonly #tokens: readonly IToken[];
  readonly #comments: readonly IToken[];
  readonly #columns: Columns;
  readonly #lines: string[] = [];
  #line = '';
  #nextComment = 0;
  /** The line of the source on which the last token or comment ended. */
  #sourceLine = 0;
  /** A comment ended the line: whatever comes stands on a new one. */
  #isClosed = false;

  constructor(tokens: readonly IToken[], comments: readonly IToken[], columns: Columns) {
    this.#tokens = tokens;
    this.#comments = comments;
    this.#columns = columns;
  }

  write(items: readonly Part[]): string {
    for (const item of items) this.#part(item, 0);
    this.#commentsBefore(this.#tokens.length, 0, true);
    this.#flush();
    return this.#lines.length === 0 ? '' : `${this.#lines.join('\n')}\n`;
  }

  #part(part: Part, indent: number): void {
    const { first, last, block } = part;
    this.#startLine(first, indent, first > 0);
    const head = block === undefined || this.#isFlat(part, indent) ? last : block.open;
    const wrapping = this.#wrappingOf(part, indent);
    for (let index = first; index <= head; index++) {
      if (index > first) this.#goOn(index, wrapping, head);
      if (index === first + 1 && head === last) this.#pad(indent + part.pad);
      this.#put(index);
    }
    if (block !== undefined && head === block.open) this.#block(block, indent);
  }

  #block({ open, close, parts }: Block, indent: number): void {
    for (const part of parts) this.#part(part, indent + INDENT);
    this.#commentsBefore(close, indent + INDENT, close > open + 1);
    this.#newLine(indent);
    this.#put(close);
  }

  /** Ends the line, writes the comments before a token, and keeps one empty line of the source. */
  #startLine(index: number, indent: number, mayBeApart: boolean): void {
    const isFirst = this.#tokens[index - 1]?.image === '{';
    this.#commentsBefore(index, indent, mayBeApart && !isFirst);
    const isApartHere = lineOf(this.#tokens[index]) > this.#sourceLine + 1;
    const isFirstHere = isFirst && this.#line.endsWith('{');
    this.#newLine(indent);
    if (isApartHere && this.#lines.length > 0 && !isFirstHere) this.#lines.push('');
  }

  /** @param mayBeApart whether an empty line may stand before the first of them */
  #commentsBefore(index: number, indent: number, mayBeApart: boolean): void {
    const until = this.#tokens[index]?.startOffset ?? Infinity;
    let isApart = mayBeApart;
    for (;;) {
      const comment = this.#comments[this.#nextComment];
      if (comment === undefined || comment.startOffset > until) return;
      this.#nextComment += 1;
      const isBehind = this.#line !== '' && !this.#isClosed && lineOf(comment) === this.#sourceLine;
      if (isBehind) this.#line += ` ${comment.image.trimEnd()}`;
      else {
        const hasGap = lineOf(comment) > this.#sourceLine + 1;
        this.#newLine(indent);
        if (isApart && hasGap && this.#lines.length > 0) this.#lines.push('');
        this.#line += comment.image.trimEnd();
      }
      isApart = true;
      this.#isClosed = true;
      this.#sourceLine = lineOf(comment);
    }
  }

  /** Space or a new line before a token that continues a part. */
  #goOn(index: number, wrapping: Wrapping, last: number): void {
    const isBreak = wrapping.breaks.has(index);
    const indent = isBreak ? wrapping.breakIndent : wrapping.jointIndent;
    this.#commentsBefore(index, indent, false);
    const column = this.#columns.get(index);
    if (this.#isClosed || isBreak || this.#isTooLong(index, wrapping, last)) this.#newLine(indent);
    else if (column !== undefined && this.#line.length < column) this.#pad(column);
    else {
      const [before, token] = [this.#tokens[index - 1], this.#tokens[index]] as [IToken, IToken];
      if (isApart(before, token)) this.#line += ' ';
    }
  }

  /** Whether a line may break here, and what comes until the next such place has no room. */
  #isTooLong(index: number, wrapping: Wrapping, last: number): boolean {
    if (!this.#mayWrap(index, wrapping)) return false;
    let end = index + 1;
    while (end <= last && !wrapping.breaks.has(end) && !this.#mayWrap(end, wrapping)) end += 1;
    const rest = onOneLine(this.#tokens.slice(index, end));
    return this.#line.length + 1 + rest.length > WIDTH;
  }

  #mayWrap(index: number, { joints }: Wrapping): boolean {
    const [before, token] = [this.#tokens[index - 1], this.#tokens[index]];
    return joints.has(index) || before?.tokenType === Comma || token?.tokenType === kw('sha256');
  }

  #wrappingOf(part: Part, indent: number): Wrapping {
    const { first, last, operators, joints, block } = part;
    if (block !== undefined) return { ...NOWHERE, joints, jointIndent: indent + 2 * INDENT };
    const equals = this.#columns.get(first + 2);
    const isLet = part.kind === 'letting' && equals !== undefined;
    const content = isLet ? equals + 2 : indent + (part.pad || 2 * INDENT);
    const isLong = indent + onOneLine(this.#tokens.slice(first, last + 1)).length > WIDTH;
    if (operators.length > 0 && (isLong || operators.some((index) => this.#isBroken(index)))) {
      const breaks = new Set(operators);
      return { breaks, breakIndent: content, joints, jointIndent: content + 2 * INDENT };
    }
    return { ...NOWHERE, joints, jointIndent: content };
  }

  /** Whether the author began a new line at an operator. */
  #isBroken(index: number): boolean {
    const [before, token, behind] = [-1, 0, 1].map((step) => lineOf(this.#tokens[index + step]));
    return before !== token || token !== behind;
  }

  /** Whether a part with braces was written on one line, and has room there. */
  #isFlat({ first, last, block }: Part, indent: number): boolean {
    if (block === undefined) return true;
    const [from, to] = [this.#tokens[first], this.#tokens[last]] as [IToken, IToken];
    if (lineOf(from) !== lineOf(to) || block.parts.some(({ kind }) => kind === 'columns')) {
      return false;
    }
    return indent + onOneLine(this.#tokens.slice(first, last + 1)).length <= WIDTH;
  }

  #pad(column: number): void {
    this.#line = this.#line.padEnd(column);
  }

  #put(index: number): void {
    const token = this.#tokens[index] as IToken;
    this.#line += token.image;
    this.#sourceLine = lineOf(token);
  }

  #newLine(indent: number): void {
    this.#flush();
    this.#line = ' '.repeat(indent);
    this.#isClosed = false;
  }

  #flush(): void {
    if (this.#line.trim() !== '') this.#lines.push(this.#line.trimEnd());
    this.#line = '';
  }
}
