/**
 * What the formatter needs to know of a file: which tokens begin a line of their own when there is
 * room for lines, and which ones stand under each other. Everything is told by indexes of tokens.
 */
import type { CstNode, IToken } from 'chevrotain';
import type { FileCstNode } from '#policy-lang/syntax/gen/syntax-tree.ts';

/** A stretch of tokens, both ends included. */
export type Stretch = { readonly first: number; readonly last: number };

/** A header, import, let, rule, table, test or proof, or a part of one between its braces. */
export type Part = Stretch & {
  /** The grammar's name: `rule`, `clause`, `fact` and so on. */
  readonly kind: string;
  /** Where its content stands if its first word is padded, counted from the word; 0: not padded. */
  readonly pad: number;
  /** `and` and `or` of its outermost condition. */
  readonly operators: readonly number[];
  /** `and`, `or` inside of parentheses or between quorums, where a long line may break. */
  readonly joints: ReadonlySet<number>;
  readonly block?: Block;
};

/** What stands between `{` and `}`. */
export type Block = {
  readonly open: number;
  readonly close: number;
  readonly parts: readonly Part[];
};

/** Rules of the grammar whose nodes get a line each between braces, with the width of their words. */
const LINES: ReadonlyMap<string, number> = new Map([
  ['headerPart', 'otherwise '.length],
  ['clause', 'because '.length],
  ['testPart', 0],
  ['fact', 0],
  ['columns', 0],
  ['row', 0],
  ['provedAbsence', 'for all '.length],
  ['provedOrder', 0],
]);

/** Clauses of several words, which would not gain from a padded first one. */
const UNPADDED: ReadonlySet<string> = new Set(['applies', 'if']);

/** What stands between braces without being one of these. */
const loose = (first: number, last: number): readonly Part[] =>
  first > last ? [] : [{ kind: 'loose', first, last, pad: 0, operators: [], joints: new Set() }];

export class Outline {
  readonly #indexes: ReadonlyMap<number, number>;
  readonly #tokens: readonly IToken[];

  constructor(tokens: readonly IToken[]) {
    this.#tokens = tokens;
    this.#indexes = new Map(tokens.map((token, index) => [token.startOffset, index]));
  }

  /** The items of a file, in its order. */
  items(file: FileCstNode): readonly Part[] {
    return (file.children.item ?? []).flatMap((item) =>
      Object.values(item.children).flatMap((nodes) =>
        (nodes as readonly CstNode[]).map((node) => this.#part(node, 0)),
      ),
    );
  }

  #part(node: CstNode, pad: number): Part {
    const { first, last } = this.#stretch(node);
    const operators: number[] = [];
    const joints = new Set<number>();
    this.#findJoints(node, operators, joints, 0);
    const block = this.#blockOf(node);
    return { kind: node.name, first, last, pad, operators, joints, ...(block && { block }) };
  }

  /** The block of an item, or of the `given` that a part of a test holds. */
  #blockOf(node: CstNode): Block | undefined {
    const [given] = node.name === 'testPart' ? (node.children['given'] ?? []) : [];
    const holder = given !== undefined && 'children' in given ? given : node;
    const [open] = holder.children['OpenCurly'] ?? [];
    const [close] = holder.children['CloseCurly'] ?? [];
    if (open === undefined || close === undefined) return undefined;
    if (!('image' in open) || !('image' in close)) return undefined;
    const [from, to] = [this.#index(open), this.#index(close)];
    const lines = this.#lines(holder);
    return { open: from, close: to, parts: lines.length === 0 ? loose(from + 1, to - 1) : lines };
  }

  #lines(holder: CstNode): readonly Part[] {
    return [...LINES]
      .flatMap(([name, width]) =>
        (holder.children[name] ?? []).flatMap((node) =>
          'children' in node ? this.#linesOf(node, width) : [],
        ),
      )
      .toSorted((left, right) => left.first - right.first);
  }

  #linesOf(node: CstNode, width: number): readonly Part[] {
    const part = this.#part(node, width);
    const word = this.#tokens[part.first]?.image ?? '';
    if (UNPADDED.has(word)) return [{ ...part, pad: 0 }];
    const [never] = node.name === 'provedAbsence' ? (node.children['Keyword_never'] ?? []) : [];
    if (never === undefined || !('image' in never)) return [part];
    // A `for all` of two lines: what is meant, and what never happens there.
    const at = this.#index(never);
    const behind = [...part.joints].filter((joint) => joint > at);
    return [
      { ...part, last: at - 1, pad: 0 },
      { ...part, first: at, operators: [], joints: new Set(behind) },
    ];
  }

  /** @param depth how many conditions the node stands inside of */
  #findJoints(node: CstNode, operators: number[], joints: Set<number>, depth: number): void {
    const below = node.name === 'condition' ? depth + 1 : depth;
    for (const [label, children] of Object.entries(node.children)) {
      for (const child of children) {
        if ('children' in child) {
          if (!LINES.has(child.name)) this.#findJoints(child, operators, joints, below);
        } else if (label === 'operator' && below === 1) operators.push(this.#index(child));
        else if (label === 'operator' || label === 'Keyword_and') joints.add(this.#index(child));
      }
    }
  }

  #stretch({ location }: CstNode): Stretch {
    const { startOffset = Number.NaN } = location ?? {};
    const first = this.#indexes.get(startOffset) ?? 0;
    const endOffset = location?.endOffset ?? startOffset;
    let last = first;
    while ((this.#tokens[last + 1]?.startOffset ?? Infinity) <= endOffset) last += 1;
    return { first, last };
  }

  #index(token: IToken): number {
    return this.#indexes.get(token.startOffset) ?? 0;
  }
}
