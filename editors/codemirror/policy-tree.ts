/**
 * The lexer's words as a Lezer tree: one node a word, and one for each `{ ... }`, which folds. It is
 * read anew after each change; a file has 64 kB at most.
 */
import {
  type Input,
  NodeProp,
  NodeSet,
  NodeType,
  Parser,
  type PartialParse,
  Tree,
} from '@lezer/common';
import { definitionsOf, namesIn } from '#policy-lang/editing/names.ts';
import { TOKEN_KINDS, colouredTokens } from '#policy-lang/editing/semantic-tokens.ts';
import { lex } from '#policy-lang/syntax/lex.ts';
import { SourceText } from '#policy-lang/syntax/source-text.ts';

const TOP = 0;
const BLOCK = 1;
const OPEN = 2;
const CLOSE = 3;
const FIRST_TOKEN = 4;

/** `keyword` is the node `Keyword`. */
export const nodeName = (kind: string): string => kind.charAt(0).toUpperCase() + kind.slice(1);

const TYPES: readonly NodeType[] = [
  NodeType.define({ id: TOP, name: 'Policy', top: true }),
  NodeType.define({ id: BLOCK, name: 'Block' }),
  NodeType.define({ id: OPEN, name: '{', props: [[NodeProp.closedBy, ['}']]] }),
  NodeType.define({ id: CLOSE, name: '}', props: [[NodeProp.openedBy, ['{']]] }),
  ...TOKEN_KINDS.map((kind, index) =>
    NodeType.define({ id: FIRST_TOKEN + index, name: nodeName(kind) }),
  ),
];

type Leaf = { readonly type: number; readonly start: number; readonly end: number };

function leavesOf(source: SourceText): readonly Leaf[] {
  const names = namesIn(source, definitionsOf([source]));
  const words = colouredTokens(source, names).map(({ kind, span }) => ({
    type: FIRST_TOKEN + TOKEN_KINDS.indexOf(kind),
    start: span.start.offset,
    end: span.end.offset,
  }));
  const braces = lex(source).tokens.flatMap(({ image, startOffset: start }): readonly Leaf[] => {
    if (image !== '{' && image !== '}') return [];
    return [{ type: image === '{' ? OPEN : CLOSE, start, end: start + 1 }];
  });
  return [...words, ...braces].toSorted((left, right) => left.start - right.start);
}

/** Postfix order, as `Tree.build` takes it: four numbers a node, a block behind what is in it. */
function bufferOf(leaves: readonly Leaf[], length: number): number[] {
  const buffer: number[] = [];
  const open: { readonly start: number; readonly at: number }[] = [];
  const close = (end: number): void => {
    const block = open.pop();
    if (block === undefined) return;
    buffer.push(BLOCK, block.start, end, buffer.length - block.at + 4);
  };
  for (const { type, start, end } of leaves) {
    if (type === OPEN) open.push({ start, at: buffer.length });
    buffer.push(type, start, end, 4);
    if (type === CLOSE) close(end);
  }
  while (open.length > 0) close(length);
  return buffer;
}

class PolicyTreeParser extends Parser {
  readonly #nodes: NodeSet;

  constructor(nodes: NodeSet) {
    super();
    this.#nodes = nodes;
  }

  override createParse(input: Input): PartialParse {
    const { length } = input;
    let stoppedAt: number | null = null;
    const advance = (): Tree => {
      const source = new SourceText('policy', input.read(0, stoppedAt ?? length));
      const buffer = bufferOf(leavesOf(source), source.text.length);
      return Tree.build({ buffer, nodeSet: this.#nodes, topID: TOP, length: source.text.length });
    };
    return {
      parsedPos: 0,
      stopAt: (position) => (stoppedAt = position),
      get stoppedAt() {
        return stoppedAt;
      },
      advance,
    };
  }
}

/** @param extend adds properties to the node types, such as colours */
export const policyParser = (extend: (nodes: NodeSet) => NodeSet): Parser =>
  new PolicyTreeParser(extend(new NodeSet(TYPES)));
