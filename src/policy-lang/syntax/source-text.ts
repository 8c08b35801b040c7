/** One file of the bundle and the way from an offset in it to a line and a column. */
import { type Position, type Span, plainSpan } from '#policy-lang/diagnostics.ts';

export class SourceText {
  readonly path: string;
  readonly text: string;
  readonly #lineStarts: readonly number[];

  constructor(path: string, text: string) {
    this.path = path;
    this.text = text;
    const starts = [0];
    for (let at = text.indexOf('\n'); at >= 0; at = text.indexOf('\n', at + 1)) starts.push(at + 1);
    this.#lineStarts = starts;
  }

  /** Offsets beyond the text's end count as its end. */
  position(offset: number): Position {
    const at = Math.min(Math.max(offset, 0), this.text.length);
    let low = 0;
    let high = this.#lineStarts.length - 1;
    while (low < high) {
      const middle = (low + high + 1) >> 1;
      if ((this.#lineStarts[middle] as number) <= at) low = middle;
      else high = middle - 1;
    }
    return { offset: at, line: low + 1, column: at - (this.#lineStarts[low] as number) + 1 };
  }

  /** From an offset up to and without another. */
  span(start: number, end: number): Span {
    return new TextSpan(this, start, end);
  }

  /** The offset at which a line begins; the text's end for lines beyond it. Lines count from 1. */
  lineStart(number: number): number {
    return this.#lineStarts[number - 1] ?? this.text.length;
  }

  /** The text of a line without its line break. Lines count from 1. */
  line(number: number): string {
    const start = this.lineStart(number);
    const next = this.#lineStarts[number] ?? this.text.length + 1;
    return this.text.slice(start, next - 1).replace(/\r$/, '');
  }
}

/**
 * A place that is counted out in lines and columns when somebody asks. A tree has thousands of
 * them, and few are ever shown.
 */
class TextSpan implements Span {
  private readonly source: SourceText;
  private readonly from: number;
  private readonly until: number;

  constructor(source: SourceText, from: number, until: number) {
    this.source = source;
    this.from = from;
    this.until = until;
  }

  get path(): string {
    return this.source.path;
  }

  get start(): Position {
    return this.source.position(this.from);
  }

  get end(): Position {
    return this.source.position(this.until);
  }

  toJSON(): Span {
    return plainSpan(this);
  }
}
