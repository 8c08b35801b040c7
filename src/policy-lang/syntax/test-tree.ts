/** Reads the parser's nodes of `test` and `prove` blocks into the tree of `syntax.ts`. */
import {
  readAggregate,
  readAmount,
  readCondition,
  readListing,
  readMoment,
  readPath,
  readSet,
} from './condition-tree.ts';
import type {
  ExpectationCstNode,
  FactValueCstNode,
  GivenCstNode,
  LocalTimeCstNode,
  ProveCstNode,
  ProvedAbsenceCstNode,
  TestCstNode,
} from '#policy-lang/syntax/gen/syntax-tree.ts';
import { optional } from '#policy-lang/optional.ts';
import { readApproval, readEffect, readRuleName, readRuleNames } from './rule-tree.ts';
import type { Claim, Expectation, FactValue, Given, LocalTime, Prove, Test } from './syntax.ts';
import { type NodeReader, the } from './tree-nodes.ts';

export function readLocalTime(read: NodeReader, node: LocalTimeCstNode): LocalTime {
  return { time: read.word(the(node.children.Instant)), zone: read.word(the(node.children.Zone)) };
}

export function readTest(read: NodeReader, node: TestCstNode): Test {
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
  const { AssetName, amount, kind, Name, set, aggregate, localTime, Identifier } = node.children;
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
    const seen = node.children.Keyword_seen !== undefined;
    return { kind: 'history', aggregate: total, amount: readAmount(read, the(amount)), seen, span };
  }
  if (localTime !== undefined) {
    return { kind: 'now', time: readLocalTime(read, the(localTime)), span };
  }
  const facts = (node.children.fact ?? []).map((part) => ({
    span: read.spanOf(part),
    field: readPath(read, the(part.children.path)),
    value: readFactValue(read, the(part.children.factValue)),
  }));
  return { kind: 'facts', activity: read.word(the(Identifier)), facts, span };
}

function readFactValue(read: NodeReader, node: FactValueCstNode): FactValue {
  const { Keyword_user, Text, role = [], set, amount, listing, moment } = node.children;
  const span = read.spanOf(node);
  if (amount !== undefined) return readAmount(read, the(amount));
  if (moment !== undefined) return readMoment(read, the(moment));
  if (listing !== undefined) return { kind: 'list', set: readListing(read, the(listing)), span };
  const plain = plainValue(read, node);
  if (plain !== undefined) return plain;
  const text = read.text(the(Text));
  if (Keyword_user !== undefined) {
    return { kind: 'user', name: text, roles: role.map((token) => read.text(token)), span };
  }
  const tags = set?.[0];
  return { kind: 'text', text, ...optional('tags', tags && readSet(read, tags)), span };
}

function plainValue(read: NodeReader, { children }: FactValueCstNode): FactValue | undefined {
  const { Address, AssetName, Symbol, Identifier } = children;
  for (const [kind, tokens] of [
    ['address', Address],
    ['asset', AssetName],
    ['symbol', Symbol],
    ['word', Identifier],
  ] as const) {
    if (tokens === undefined) continue;
    const value = read.word(the(tokens));
    return { kind, value, span: value.span };
  }
  return undefined;
}

function readExpectation(read: NodeReader, node: ExpectationCstNode): Expectation {
  const { Keyword_not, ruleNames, effect, by } = node.children;
  const span = read.spanOf(node);
  if (ruleNames !== undefined) {
    const negated = Keyword_not !== undefined;
    return { kind: 'matched', negated, rules: readRuleNames(read, the(ruleNames)), span };
  }
  const rule = by?.[0];
  const wanted = readEffect(read, the(effect));
  return {
    kind: 'effect',
    effect: wanted,
    ...optional('by', rule && readRuleName(read, rule)),
    span,
  };
}

export function readProve(read: NodeReader, node: ProveCstNode): Prove {
  const { Text, provedAbsence, provedOrder } = node.children;
  const span = read.spanOf(node);
  const prove = { kind: 'prove', span, title: read.text(the(Text)) } as const;
  if (provedAbsence !== undefined) {
    return { ...prove, claim: readAbsence(read, the(provedAbsence)) };
  }
  if (provedOrder === undefined) return { ...prove, claim: { kind: 'every rule can match', span } };
  const { Numeral, ruleNames } = the(provedOrder).children;
  const except = ruleNames?.[0];
  return {
    ...prove,
    claim: {
      kind: 'at least as strict',
      version: read.word(the(Numeral)),
      except: except === undefined ? [] : readRuleNames(read, except),
      span: read.spanOf(the(provedOrder)),
    },
  };
}

function readAbsence(read: NodeReader, node: ProvedAbsenceCstNode): Claim {
  const { Identifier, condition, effect, approval } = node.children;
  const [where, without] = [condition?.[0], approval?.[0]];
  return {
    kind: 'never',
    activity: read.word(the(Identifier)),
    ...optional('where', where && readCondition(read, where)),
    effect: readEffect(read, the(effect)),
    ...optional('without', without && readApproval(read, without)),
    span: read.spanOf(node),
  };
}
