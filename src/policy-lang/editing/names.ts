/**
 * Where the names of a policy stand: each place that defines one and each that uses it. Read from the
 * tokens and not from the tree, so that an editor knows them while a line is half written.
 */
import { type IToken, type TokenType, tokenMatcher } from 'chevrotain';
import type { Span } from '#policy-lang/diagnostics.ts';
import { lex } from '#policy-lang/syntax/lex.ts';
import type { SourceText } from '#policy-lang/syntax/source-text.ts';
import { Name, Numeral, isKeyword } from '#policy-lang/syntax/tokens.ts';

/** What a name stands for. `rule` is a table, too; `set` is a list, a group or contracts. */
export type NameKind = 'rule' | 'list' | 'group' | 'contracts' | 'let';

export type NamePlace = {
  readonly kind: NameKind;
  readonly name: string;
  readonly span: Span;
  /** Whether the name is made here. */
  readonly defines: boolean;
};

/** What the names after `in`, in a cell or alone in a condition can be: the bundle says which. */
export type Definitions = ReadonlyMap<string, NameKind>;

/** The names that a file makes, in the order of the text. */
export function definedNames(source: SourceText): readonly NamePlace[] {
  return new Names(source, new Map()).places.filter(({ defines }) => defines);
}

/** The kinds of all names that the files of a bundle make. The first of two equals counts. */
export function definitionsOf(sources: Iterable<SourceText>): Definitions {
  const kinds = new Map<string, NameKind>();
  for (const source of sources) {
    for (const { name, kind } of definedNames(source)) if (!kinds.has(name)) kinds.set(name, kind);
  }
  return kinds;
}

/** Every name of a file, in the order of the text. */
export const namesIn = (source: SourceText, definitions: Definitions): readonly NamePlace[] =>
  new Names(source, definitions).places;

const IMPORTED: ReadonlySet<string> = new Set(['list', 'group', 'contracts']);

/** One walk over a file's tokens. */
class Names {
  readonly places: NamePlace[] = [];
  readonly #source: SourceText;
  readonly #tokens: readonly IToken[];
  readonly #definitions: Definitions;

  constructor(source: SourceText, definitions: Definitions) {
    this.#source = source;
    this.#tokens = lex(source).tokens;
    this.#definitions = definitions;
    for (let at = 0; at < this.#tokens.length; at += 1) this.#read(at);
  }

  #image = (at: number): string => this.#tokens[at]?.image ?? '';

  #isName(at: number): boolean {
    const token = this.#tokens[at];
    return token !== undefined && tokenMatcher(token, Name);
  }

  #add(at: number, kind: NameKind, defines: boolean): void {
    const token = this.#tokens[at] as IToken;
    const end = token.startOffset + token.image.length;
    const span = this.#source.span(token.startOffset, end);
    this.places.push({ kind, name: token.image, span, defines });
  }

  #read(at: number): void {
    if (!this.#isName(at)) return;
    const defined = this.#definedKind(at);
    if (defined !== undefined) this.#add(at, defined, true);
    else {
      const used = this.#usedKind(at);
      if (used !== undefined) this.#add(at, used, false);
    }
  }

  /** `rule vendor-list "..." {`, `table NAME`, `let NAME =`, `import list NAME from`. */
  #definedKind(at: number): NameKind | undefined {
    const before = this.#image(at - 1);
    const after = this.#image(at + 1);
    const opens = after === '{' || after.startsWith('"');
    if ((before === 'rule' || before === 'table') && opens) return 'rule';
    if (before === 'let' && after === '=') return 'let';
    if (IMPORTED.has(before) && this.#image(at - 2) === 'import') return before as NameKind;
    return undefined;
  }

  #usedKind(at: number): NameKind | undefined {
    const before = this.#image(at - 1);
    const token = this.#tokens[at] as IToken;
    if (before === 'of' && this.#matches(at - 2, Numeral)) return 'group';
    if (before === 'given') return undefined;
    if ((before === 'list' || before === 'group') && this.#image(at - 2) === 'given') return before;
    if (before === 'rule' && this.#image(at - 2) === 'except') return 'rule';
    if (this.#isExpectedRule(at)) return 'rule';
    const known = this.#definitions.get(token.image);
    if (known === undefined || known === 'rule' || isPartOfPath(before, this.#image(at + 1))) {
      return undefined;
    }
    if (known === 'let') return isKeyword(token.tokenType) ? undefined : 'let';
    return before === 'in' || before === '|' ? known : undefined;
  }

  #matches(at: number, type: TokenType): boolean {
    const token = this.#tokens[at];
    return token !== undefined && tokenMatcher(token, type);
  }

  /** `expect matched A, B`, `expect block by A`. */
  #isExpectedRule(at: number): boolean {
    let start = at - 1;
    while (this.#image(start) === ',' && this.#isName(start - 1)) start -= 2;
    const before = this.#image(start);
    if (before === 'matched') return ['expect', 'not'].includes(this.#image(start - 1));
    if (start !== at - 1 || before !== 'by') return false;
    return this.#image(at) !== 'otherwise' && this.#beginsWithExpect(at);
  }

  /** Whether the clause that this token ends began with `expect` and not with another keyword. */
  #beginsWithExpect(at: number): boolean {
    for (let back = at - 1; back >= 0; back -= 1) {
      const image = this.#image(back);
      if (image === 'expect') return true;
      if (image === 'given' || image === '{' || image === '}' || image === 'then') return false;
    }
    return false;
  }
}

const isPartOfPath = (before: string, after: string): boolean => before === '.' || after === '.';
