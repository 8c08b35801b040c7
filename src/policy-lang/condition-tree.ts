/** Reads the parser's nodes of conditions, sets and operands into the tree of `syntax.ts`. */
import type { IToken } from 'chevrotain';
import type {
  AggregateCstNode,
  AmountCstNode,
  ComparisonCstNode,
  ConditionCstNode,
  OperandCstNode,
  PathCstNode,
  PredicateCstNode,
  SetCstNode,
  UnaryCstNode,
} from './gen/syntax-tree.ts';
import type {
  Aggregate,
  Amount,
  Comparison,
  ComparisonSign,
  Expression,
  Operand,
  Path,
  SetPart,
} from './syntax.ts';
import { optional } from './optional.ts';
import { type NodeReader, the } from './tree-nodes.ts';

export function readCondition(read: NodeReader, node: ConditionCstNode): Expression {
  const parts = node.children.unary.map((part) => readUnary(read, part));
  const operators = node.children.operator ?? [];
  const [first] = operators;
  if (first === undefined) return the(parts);
  const span = read.spanOf(node);
  const other = operators.find((operator) => operator.image !== first.image);
  if (other !== undefined) {
    return { kind: 'mixed', operator: read.tokenSpan(other), parts, span };
  }
  return { kind: first.image === 'and' ? 'and' : 'or', parts, span };
}

function readUnary(read: NodeReader, node: UnaryCstNode): Expression {
  const { unary, condition, predicate } = node.children;
  const span = read.spanOf(node);
  if (unary !== undefined) return { kind: 'not', part: readUnary(read, the(unary)), span };
  if (condition !== undefined) return readCondition(read, the(condition));
  if (predicate !== undefined) return readPredicate(read, the(predicate));
  return { kind: 'always', span };
}

function readPredicate(read: NodeReader, node: PredicateCstNode): Expression {
  const comparison = node.children.comparison?.[0];
  return {
    kind: 'predicate',
    span: read.spanOf(node),
    left: readOperand(read, the(node.children.operand)),
    ...optional('comparison', comparison && readComparison(read, comparison)),
  };
}

function readComparison(read: NodeReader, node: ComparisonCstNode): Comparison {
  const { sign, operand, Keyword_is, Keyword_not, Keyword_in, Text, having, set } = node.children;
  const span = read.spanOf(node);
  const negated = Keyword_not !== undefined;
  if (sign !== undefined) {
    const right = readOperand(read, the(operand));
    return { kind: 'sign', sign: the(sign).image as ComparisonSign, right, span };
  }
  if (Keyword_is !== undefined) {
    return { kind: 'is', negated, right: readOperand(read, the(operand)), span };
  }
  if (Keyword_in !== undefined) return { kind: 'in', negated, set: readSet(read, the(set)), span };
  if (Text !== undefined) return { kind: 'tagged', tag: read.text(the(Text)), span };
  if (having === undefined) return { kind: 'within', span };
  const inner = the(having).children;
  if (inner.Text !== undefined) {
    return { kind: 'has role', role: read.text(the(inner.Text)), span };
  }
  const kind = inner.Keyword_any === undefined ? 'has all of' : 'has any of';
  return { kind, set: readSet(read, the(inner.set)), span };
}

export function readSet(read: NodeReader, node: SetCstNode): SetPart {
  const span = read.spanOf(node);
  if (node.children.Name !== undefined) {
    return { kind: 'named', name: read.word(the(node.children.Name)), span };
  }
  const elements = (node.children.operand ?? []).map((element) => readOperand(read, element));
  return { kind: 'listed', elements, span };
}

function readOperand(read: NodeReader, node: OperandCstNode): Operand {
  const { aggregate, amount, path, Keyword_now, ...rest } = node.children;
  if (aggregate !== undefined) return readAggregate(read, the(aggregate));
  if (amount !== undefined) return readAmount(read, the(amount));
  if (path !== undefined) return readPath(read, the(path));
  const span = read.spanOf(node);
  if (Keyword_now !== undefined) return { kind: 'now', span };
  const plain = (kind: 'duration' | 'address' | 'asset' | 'symbol', token: IToken): Operand => ({
    kind,
    value: read.word(token),
    span,
  });
  if (rest.Duration !== undefined) return plain('duration', the(rest.Duration));
  if (rest.Address !== undefined) return plain('address', the(rest.Address));
  if (rest.AssetName !== undefined) return plain('asset', the(rest.AssetName));
  if (rest.Symbol !== undefined) return plain('symbol', the(rest.Symbol));
  return { kind: 'text', value: read.text(the(rest.Text)), span };
}

export function readAmount(read: NodeReader, node: AmountCstNode): Amount {
  const sign = node.children.sign?.[0];
  const unit = node.children.Symbol?.[0];
  return {
    kind: 'amount',
    span: read.spanOf(node),
    number: read.word(the(node.children.Numeral)),
    ...optional('sign', sign && read.word(sign)),
    ...optional('unit', unit && read.word(unit)),
  };
}

function readPath(read: NodeReader, node: PathCstNode): Path {
  const { FieldName, Name = [], Keyword_tags = [], Text } = node.children;
  const words = [...FieldName, ...Name, ...Keyword_tags].map((token) => token.image);
  const argument = Text?.[0];
  return {
    kind: 'path',
    span: read.spanOf(node),
    text: words.join('.'),
    ...optional('argument', argument && read.text(argument)),
  };
}

export function readAggregate(read: NodeReader, node: AggregateCstNode): Aggregate {
  const { window, by = [], condition, Keyword_distinct, Keyword_excluding } = node.children;
  const last = the(window).children.Duration?.[0];
  const where = condition?.[0];
  return {
    kind: 'aggregate',
    span: read.spanOf(node),
    function: the(node.children.function).image as Aggregate['function'],
    distinct: Keyword_distinct !== undefined,
    of: readPath(read, the(node.children.of)),
    by: by.map((path) => readPath(read, path)),
    excludingThis: Keyword_excluding !== undefined,
    ...optional('last', last && read.word(last)),
    ...optional('where', where && readCondition(read, where)),
  };
}
