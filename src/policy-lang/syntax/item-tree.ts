/** Reads the parser's nodes of a file's parts into the tree of `syntax.ts`. */
import { readCondition } from './condition-tree.ts';
import type {
  HeaderCstNode,
  HeaderPartCstNode,
  ImportingCstNode,
  ItemCstNode,
} from '#policy-lang/syntax/gen/syntax-tree.ts';
import { optional } from '#policy-lang/optional.ts';
import { readEffect, readNames, readRule, readTable } from './rule-tree.ts';
import type { Header, HeaderPart, Import, Item } from './syntax.ts';
import { readLocalTime, readProve, readTest } from './test-tree.ts';
import { type NodeReader, the } from './tree-nodes.ts';

export function readItem(read: NodeReader, node: ItemCstNode): Item {
  const { header, importing, letting, rule, table, test, prove } = node.children;
  if (rule !== undefined) return readRule(read, the(rule));
  if (test !== undefined) return readTest(read, the(test));
  if (header !== undefined) return readHeader(read, the(header));
  if (importing !== undefined) return readImport(read, the(importing));
  if (table !== undefined) return readTable(read, the(table));
  if (prove !== undefined) return readProve(read, the(prove));
  const { Name, condition } = the(letting).children;
  return {
    kind: 'let',
    span: read.spanOf(node),
    name: read.word(the(Name)),
    condition: readCondition(read, the(condition)),
  };
}

function readHeader(read: NodeReader, node: HeaderCstNode): Header {
  const { Text, headerPart = [] } = node.children;
  const parts = headerPart.map((part) => readHeaderPart(read, part));
  return { kind: 'header', span: read.spanOf(node), title: read.text(the(Text)), parts };
}

function readImport(read: NodeReader, node: ImportingCstNode): Import {
  const { Name, from, hash, Keyword_list, Keyword_group } = node.children;
  const sha256 = hash?.[0];
  return {
    kind: 'import',
    span: read.spanOf(node),
    of: Keyword_list ? 'list' : Keyword_group ? 'group' : 'contracts',
    name: read.word(the(Name)),
    from: read.text(the(from)),
    ...optional('hash', sha256 && read.text(sha256)),
  };
}

function readHeaderPart(read: NodeReader, node: HeaderPartCstNode): HeaderPart {
  const { Numeral, from, until, Text, Zone, names, effect } = node.children;
  const span = read.spanOf(node);
  if (Numeral !== undefined) return { kind: 'version', number: read.word(the(Numeral)), span };
  if (from !== undefined) {
    const end = until?.[0];
    return {
      kind: 'effective',
      from: readLocalTime(read, the(from)),
      ...optional('until', end && readLocalTime(read, end)),
      span,
    };
  }
  if (Text !== undefined) return { kind: 'owner', owner: read.text(the(Text)), span };
  if (Zone !== undefined) return { kind: 'zone', zone: read.word(the(Zone)), span };
  if (names !== undefined) {
    return { kind: 'governs', activities: readNames(read, the(names)), span };
  }
  return { kind: 'otherwise', effect: readEffect(read, the(effect)), span };
}
