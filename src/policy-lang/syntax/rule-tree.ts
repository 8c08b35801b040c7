/** Reads the parser's nodes of rules and tables into the tree of `syntax.ts`. */
import {
  readAggregate,
  readCondition,
  readHours,
  readListing,
  readOperand,
  readPath,
} from './condition-tree.ts';
import type {
  ApprovalCstNode,
  BoundsCstNode,
  CellCstNode,
  ClauseCstNode,
  ColumnCstNode,
  EffectCstNode,
  NamesCstNode,
  OperandCstNode,
  RelationCstNode,
  RuleCstNode,
  RuleNameCstNode,
  RuleNamesCstNode,
  TableCstNode,
} from '#policy-lang/syntax/gen/syntax-tree.ts';
import { optional } from '#policy-lang/optional.ts';
import type {
  Approval,
  Bound,
  Cell,
  Clause,
  Column,
  ComparisonSign,
  Effect,
  Relation,
  Rule,
  Table,
  Written,
} from './syntax.ts';
import { type NodeReader, the } from './tree-nodes.ts';

export const readRuleName = (read: NodeReader, node: RuleNameCstNode): Written =>
  read.word(the(node.children.name));

export const readRuleNames = (read: NodeReader, node: RuleNamesCstNode): Written[] =>
  node.children.ruleName.map((name) => readRuleName(read, name));

export const readNames = (read: NodeReader, node: NamesCstNode): Written[] =>
  node.children.Name.map((name) => read.word(name));

export function readRule(read: NodeReader, node: RuleCstNode): Rule {
  const { Name, Text, clause = [] } = node.children;
  const title = Text?.[0];
  return {
    kind: 'rule',
    span: read.spanOf(node),
    name: read.word(the(Name)),
    ...optional('title', title && read.text(title)),
    clauses: clause.map((part) => readClause(read, part)),
  };
}

function readClause(read: NodeReader, node: ClauseCstNode): Clause {
  const parts = node.children;
  const span = read.spanOf(node);
  if (parts.condition !== undefined) {
    const kind = parts.Keyword_when === undefined ? 'unless' : 'when';
    return { kind, condition: readCondition(read, the(parts.condition)), span };
  }
  if (parts.effect !== undefined) {
    const kind = parts.Keyword_if === undefined ? 'then' : 'if missing data then';
    return { kind, effect: readEffect(read, the(parts.effect)), span };
  }
  if (parts.names !== undefined) {
    return { kind: 'applies to', activities: readNames(read, the(parts.names)), span };
  }
  if (parts.texts !== undefined) {
    const ids = the(parts.texts).children.Text.map((id) => read.text(id));
    return { kind: 'control', ids, span };
  }
  const text = read.text(the(parts.Text));
  if (parts.Keyword_owner !== undefined) return { kind: 'owner', owner: text, span };
  return { kind: 'because', text, span };
}

export function readEffect(read: NodeReader, node: EffectCstNode): Effect {
  const { Keyword_allow, Keyword_block, Keyword_require, approval, Text } = node.children;
  const span = read.spanOf(node);
  const people = approval?.[0];
  if (Keyword_allow !== undefined) {
    return { kind: 'allow', ...optional('approval', people && readApproval(read, people)), span };
  }
  if (Keyword_block !== undefined) {
    const message = Text?.[0];
    return { kind: 'block', ...optional('message', message && read.text(message)), span };
  }
  if (Keyword_require !== undefined) {
    return { kind: 'require', approval: readApproval(read, the(approval)), span };
  }
  const message = Text?.[0];
  return { kind: 'flag', ...optional('message', message && read.text(message)), span };
}

export function readApproval(read: NodeReader, node: ApprovalCstNode): Approval {
  const { quorum, approvalOption = [] } = node.children;
  return {
    span: read.spanOf(node),
    quorums: quorum.map((part) => ({
      span: read.spanOf(part),
      count: read.word(the(part.children.Numeral)),
      group: read.word(the(part.children.Name)),
    })),
    options: approvalOption.map((part) => {
      const { Identifier, Duration, Keyword_also } = part.children;
      const span = read.spanOf(part);
      if (Duration !== undefined) {
        return { kind: 'expires after', duration: read.word(the(Duration)), span };
      }
      const kind = Keyword_also === undefined ? 'not by' : 'also by';
      return { kind, who: read.word(the(Identifier)), span };
    }),
  };
}

export function readTable(read: NodeReader, node: TableCstNode): Table {
  const { Name, Text, clause = [], columns, row = [] } = node.children;
  const title = Text?.[0];
  return {
    kind: 'table',
    span: read.spanOf(node),
    name: read.word(the(Name)),
    ...optional('title', title && read.text(title)),
    clauses: clause.map((part) => readClause(read, part)),
    columns: the(columns).children.column.map((part) => readColumn(read, part)),
    rows: row.map((part) => ({
      span: read.spanOf(part),
      cells: part.children.cell.map((cell) => readCell(read, cell)),
    })),
  };
}

function readColumn(read: NodeReader, node: ColumnCstNode): Column {
  const { Keyword_then, Keyword_because, aggregate, path, relation } = node.children;
  const span = read.spanOf(node);
  if (Keyword_then !== undefined) return { kind: 'then', span };
  if (Keyword_because !== undefined) return { kind: 'because', span };
  const left =
    aggregate === undefined ? readPath(read, the(path)) : readAggregate(read, the(aggregate));
  const begun = relation?.[0];
  return {
    kind: 'field',
    left,
    ...optional('relation', begun && readRelation(read, begun)),
    span,
  };
}

function readRelation(read: NodeReader, node: RelationCstNode): Relation {
  const { Sign, Keyword_is, Keyword_in, Keyword_not, ...rest } = node.children;
  const span = read.spanOf(node);
  const negated = Keyword_not !== undefined;
  if (Sign !== undefined) return { kind: 'sign', sign: the(Sign).image as ComparisonSign, span };
  if (Keyword_is !== undefined) return { kind: 'is', negated, span };
  if (Keyword_in !== undefined) return { kind: 'in', negated, span };
  if (rest.Keyword_tagged !== undefined) return { kind: 'tagged', span };
  if (rest.Keyword_within !== undefined) return { kind: 'within', span };
  if (rest.Keyword_role !== undefined) return { kind: 'has role', span };
  return { kind: rest.Keyword_any === undefined ? 'has all of' : 'has any of', span };
}

function readCell(read: NodeReader, node: CellCstNode): Cell {
  const { Keyword_any, bounds, effect, hours, listing, operand } = node.children;
  const span = read.spanOf(node);
  if (Keyword_any !== undefined) return { kind: 'any', span };
  if (bounds !== undefined) return { kind: 'bounds', bounds: readBounds(read, the(bounds)), span };
  if (effect !== undefined) return { kind: 'effect', effect: readEffect(read, the(effect)), span };
  if (hours !== undefined) return { kind: 'hours', hours: readHours(read, the(hours)), span };
  if (listing !== undefined) return { kind: 'list', set: readListing(read, the(listing)), span };
  return { kind: 'operand', operand: readOperand(read, the(operand)), span };
}

function readBounds(read: NodeReader, node: BoundsCstNode): readonly Bound[] {
  const { above = [], from = [], upTo = [], below = [] } = node.children;
  const bounds = (sign: ComparisonSign, limits: readonly OperandCstNode[]): Bound[] =>
    limits.map((limit) => ({ sign, limit: readOperand(read, limit) }));
  return [
    ...bounds('>', above),
    ...bounds('>=', from),
    ...bounds('<=', upTo),
    ...bounds('<', below),
  ];
}
