/** Reads the parser's nodes of headers, imports, rules and tests into the tree of `syntax.ts`. */
import { readAggregate, readAmount, readCondition, readSet } from './condition-tree.ts';
import { optional } from './optional.ts';
import type {
  ApprovalCstNode,
  ClauseCstNode,
  EffectCstNode,
  ExpectationCstNode,
  FactValueCstNode,
  GivenCstNode,
  HeaderPartCstNode,
  ItemCstNode,
  LocalTimeCstNode,
  NamesCstNode,
  RuleCstNode,
  TestCstNode,
} from './gen/syntax-tree.ts';
import type {
  Approval,
  Clause,
  Effect,
  Expectation,
  FactValue,
  Given,
  HeaderPart,
  Item,
  LocalTime,
  Rule,
  Test,
  Written,
} from './syntax.ts';
import { type NodeReader, the } from './tree-nodes.ts';

export function readItem(read: NodeReader, node: ItemCstNode): Item {
  const { header, importing, letting, rule, table, test, prove } = node.children;
  const span = read.spanOf(node);
  if (rule !== undefined) return readRule(read, the(rule));
  if (test !== undefined) return readTest(read, the(test));
  if (header !== undefined) {
    const { Text, headerPart = [] } = the(header).children;
    const parts = headerPart.map((part) => readHeaderPart(read, part));
    return { kind: 'header', span, title: read.text(the(Text)), parts };
  }
  if (importing !== undefined) {
    const { Name, from, hash, Keyword_list, Keyword_group } = the(importing).children;
    const of = Keyword_list ? 'list' : Keyword_group ? 'group' : 'contracts';
    const name = read.word(the(Name));
    const sha256 = hash?.[0];
    const path = read.text(the(from));
    return {
      kind: 'import',
      span,
      of,
      name,
      from: path,
      ...optional('hash', sha256 && read.text(sha256)),
    };
  }
  if (letting !== undefined) {
    return { kind: 'let', span, name: read.word(the(the(letting).children.Name)) };
  }
  if (table !== undefined) {
    return { kind: 'table', span, name: read.word(the(the(table).children.Name)) };
  }
  const { Text, provedAbsence } = the(prove).children;
  const where = provedAbsence?.[0]?.children.condition?.[0];
  return {
    kind: 'prove',
    span,
    title: read.text(the(Text)),
    ...optional('where', where && readCondition(read, where)),
  };
}

const readNames = (read: NodeReader, node: NamesCstNode): Written[] =>
  node.children.Name.map((name) => read.word(name));

function readLocalTime(read: NodeReader, node: LocalTimeCstNode): LocalTime {
  return { time: read.word(the(node.children.Instant)), zone: read.word(the(node.children.Zone)) };
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

function readRule(read: NodeReader, node: RuleCstNode): Rule {
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

function readEffect(read: NodeReader, node: EffectCstNode): Effect {
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
  return { kind: 'flag', span };
}

function readApproval(read: NodeReader, node: ApprovalCstNode): Approval {
  const { quorum, approvalOption = [] } = node.children;
  return {
    span: read.spanOf(node),
    quorums: quorum.map((part) => ({
      span: read.spanOf(part),
      count: read.word(the(part.children.Numeral)),
      group: read.word(the(part.children.Name)),
    })),
    options: approvalOption.map((part) => {
      const { Identifier, Duration } = part.children;
      const span = read.spanOf(part);
      return Duration === undefined
        ? { kind: 'not by', who: read.word(the(Identifier)), span }
        : { kind: 'expires after', duration: read.word(the(Duration)), span };
    }),
  };
}

function readTest(read: NodeReader, node: TestCstNode): Test {
  const { Text, testPart = [] } = node.children;
  return {
    kind: 'test',
    span: read.spanOf(node),
    title: read.text(the(Text)),
    givens: testPart.flatMap(({ children }) =>
      (children.given ?? []).map((g) => readGiven(read, g)),
    ),
    expectations: testPart.flatMap(({ children }) =>
      (children.expectation ?? []).map((e) => readExpectation(read, e)),
    ),
  };
}

function readGiven(read: NodeReader, node: GivenCstNode): Given {
  const { AssetName, amount, kind, Name, set, aggregate, Identifier, fact = [] } = node.children;
  const span = read.spanOf(node);
  if (AssetName !== undefined) {
    const price = readAmount(read, the(amount));
    return { kind: 'price', asset: read.word(the(AssetName)), price, span };
  }
  if (kind !== undefined) {
    const of = the(kind).image === 'list' ? 'list' : 'group';
    return { kind: of, name: read.word(the(Name)), set: readSet(read, the(set)), span };
  }
  if (aggregate !== undefined) {
    const total = readAggregate(read, the(aggregate));
    return { kind: 'history', aggregate: total, amount: readAmount(read, the(amount)), span };
  }
  const facts = fact.map((part) => ({
    span: read.spanOf(part),
    field: read.word(the(part.children.FieldName)),
    value: readFactValue(read, the(part.children.factValue)),
  }));
  return { kind: 'facts', activity: read.word(the(Identifier)), facts, span };
}

function readFactValue(read: NodeReader, node: FactValueCstNode): FactValue {
  const { Keyword_user, Text, role = [], set, amount, Address, AssetName } = node.children;
  const span = read.spanOf(node);
  if (amount !== undefined) return readAmount(read, the(amount));
  if (Address !== undefined) return { kind: 'address', value: read.word(the(Address)), span };
  if (AssetName !== undefined) return { kind: 'asset', value: read.word(the(AssetName)), span };
  const text = read.text(the(Text));
  if (Keyword_user !== undefined) {
    return { kind: 'user', name: text, roles: role.map((token) => read.text(token)), span };
  }
  const tags = set?.[0];
  return { kind: 'text', text, ...optional('tags', tags && readSet(read, tags)), span };
}

function readExpectation(read: NodeReader, node: ExpectationCstNode): Expectation {
  const { Keyword_not, names, effect, Name } = node.children;
  const span = read.spanOf(node);
  if (names !== undefined) {
    const negated = Keyword_not !== undefined;
    return { kind: 'matched', negated, rules: readNames(read, the(names)), span };
  }
  const by = Name?.[0];
  const wanted = readEffect(read, the(effect));
  return { kind: 'effect', effect: wanted, ...optional('by', by && read.word(by)), span };
}
