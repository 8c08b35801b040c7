/** Reads the parser's nodes of conditions, sets and operands into the tree of `syntax.ts`. */
import type {
  AggregateCstNode,
  AmountCstNode,
  ComparisonCstNode,
  ConditionCstNode,
  HoursCstNode,
  ListingCstNode,
  MomentCstNode,
  OperandCstNode,
  PathCstNode,
  PredicateCstNode,
  SetCstNode,
  UnaryCstNode,
} from '#policy-lang/syntax/gen/syntax-tree.ts';
import type {
  Aggregate,
  Amount,
  Comparison,
  ComparisonSign,
  Expression,
  Hours,
  Moment,
  Operand,
  Path,
  SetPart,
  Written,
} from './syntax.ts';
import { optional } from '#policy-lang/optional.ts';
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
  const { Sign, operand, Keyword_is, Keyword_not, Keyword_in, Text, having, set } = node.children;
  const span = read.spanOf(node);
  const negated = Keyword_not !== undefined;
  if (Sign !== undefined) {
    const right = readOperand(read, the(operand));
    return { kind: 'sign', sign: the(Sign).image as ComparisonSign, right, span };
  }
  if (Keyword_is !== undefined) {
    return { kind: 'is', negated, right: readOperand(read, the(operand)), span };
  }
  if (Keyword_in !== undefined) return { kind: 'in', negated, set: readSet(read, the(set)), span };
  if (Text !== undefined) return { kind: 'tagged', tag: read.text(the(Text)), span };
  if (having === undefined) {
    return { kind: 'within', hours: readHours(read, the(node.children.hours)), span };
  }
  const inner = the(having).children;
  if (inner.Text !== undefined) {
    return { kind: 'has role', role: read.text(the(inner.Text)), span };
  }
  const kind = inner.Keyword_any === undefined ? 'has all of' : 'has any of';
  return { kind, set: readSet(read, the(inner.set)), span };
}

/** `Mon..Fri 08:00..18:00 Europe/Paris` */
export function readHours(read: NodeReader, node: HoursCstNode): Hours {
  const { days, from, until, Zone } = node.children;
  return {
    span: read.spanOf(node),
    days: days.map(({ children }) => {
      const last = children.last?.[0];
      return {
        first: read.word(the(children.first)),
        ...optional('last', last && read.word(last)),
      };
    }),
    from: read.word(the(from)),
    until: read.word(the(until)),
    zone: read.word(the(Zone)),
  };
}

export function readSet(read: NodeReader, node: SetCstNode): SetPart {
  const { Name, listing } = node.children;
  if (Name === undefined) return readListing(read, the(listing));
  return { kind: 'named', name: read.word(the(Name)), span: read.spanOf(node) };
}

export function readListing(
  read: NodeReader,
  node: ListingCstNode,
): SetPart & { readonly kind: 'listed' } {
  const elements = (node.children.operand ?? []).map((element) => readOperand(read, element));
  return { kind: 'listed', elements, span: read.spanOf(node) };
}

export function readOperand(read: NodeReader, node: OperandCstNode): Operand {
  const { amount, path, Text, Symbol, AssetName, Address, aggregate, moment } = node.children;
  if (path !== undefined) return readPath(read, the(path));
  if (amount !== undefined) return readAmount(read, the(amount));
  if (Text !== undefined) return plain('text', read.text(the(Text)));
  if (AssetName !== undefined) return plain('asset', read.word(the(AssetName)));
  if (Address !== undefined) return plain('address', read.word(the(Address)));
  if (Symbol !== undefined) return plain('symbol', read.word(the(Symbol)));
  if (aggregate !== undefined) return readAggregate(read, the(aggregate));
  if (moment !== undefined) return readMoment(read, the(moment));
  return plain('duration', read.word(the(node.children.Duration)));
}

const plain = (
  kind: 'duration' | 'address' | 'asset' | 'symbol' | 'text',
  value: Written,
): Operand => ({ kind, value, span: value.span });

export function readMoment(read: NodeReader, node: MomentCstNode): Moment {
  const offset = node.children.Duration?.[0];
  return {
    kind: 'now',
    span: read.spanOf(node),
    ...optional('offset', offset && read.word(offset)),
  };
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

export function readPath(read: NodeReader, node: PathCstNode): Path {
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
  const { Duration, unit } = the(window).children;
  const where = condition?.[0];
  return {
    kind: 'aggregate',
    span: read.spanOf(node),
    function: the(node.children.function).image as Aggregate['function'],
    distinct: Keyword_distinct !== undefined,
    of: readPath(read, the(node.children.of)),
    window:
      Duration === undefined
        ? { kind: 'calendar', unit: the(unit).image as 'day' | 'week' | 'month' }
        : { kind: 'last', duration: read.word(the(Duration)) },
    by: by.map((path) => readPath(read, path)),
    excludingThis: Keyword_excluding !== undefined,
    ...optional('where', where && readCondition(read, where)),
  };
}
