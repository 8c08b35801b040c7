/**
 * Checks a `test` block and turns it into the facts that it gives and the answers that it expects.
 */
import { reportMismatch } from '#policy-lang/checks/fitting-types.ts';
import { type AssetId, type Price, symbolOf } from '#core/money.ts';
import type { Instant } from '#core/time.ts';
import type { AddressKey } from '#policy-lang/values/address.ts';
import { checkAddressOperand } from './check-addresses.ts';
import { checkEffect } from './check-effect.ts';
import { checkFacts } from './check-facts.ts';
import { checkActivities } from './check-header.ts';
import { assetsOfNeeds, checkNeed } from './check-total.ts';
import type { CheckedExpectation, CheckedTest } from './checked-policy.ts';
import { MAX_DURATION_MS } from '#policy-lang/values/durations.ts';
import { readLocalTime } from '#policy-lang/values/local-time.ts';
import { readDecimal } from '#policy-lang/values/numbers.ts';
import { optional } from '#policy-lang/optional.ts';
import { CURRENCIES, type Scope, findAsset, unknownName } from './scope.ts';
import type { Activity, AggregateFact, Quote, RequestFacts } from '#policy-lang/snapshot.ts';
import type {
  Amount,
  Expectation,
  Given,
  SetPart,
  Test,
  Written,
} from '#policy-lang/syntax/syntax.ts';

type GivenOf<K extends Given['kind']> = Extract<Given, { kind: K }>;

/** Facts of one test, while its `given`s are read. */
type Draft = {
  readonly now: Instant;
  activity?: Activity;
  facts?: RequestFacts;
  readonly prices: Map<AssetId, readonly Quote[]>;
  readonly aggregates: Map<string, AggregateFact>;
  readonly lists: Map<string, ReadonlyMap<AddressKey, string>>;
  readonly groups: Map<string, readonly string[]>;
};

/** @param begin the time of a test that gives none: when the policy begins to be in force */
export function checkTest(
  scope: Scope,
  test: Test,
  rules: ReadonlySet<string>,
  begin: Instant,
): CheckedTest {
  const draft: Draft = {
    now: timeOf(scope, test) ?? begin,
    prices: new Map(),
    aggregates: new Map(),
    lists: new Map(),
    groups: new Map(),
  };
  for (const given of test.givens) checkGiven(scope, given, draft);
  if (draft.facts === undefined) {
    const message = 'The test gives no request.';
    const hint = 'Write given transfer { ... }.';
    scope.report.add('MISSING_PART', test.title.span, message, hint);
  }
  if (test.expectations.length === 0) {
    const message = 'The test expects nothing.';
    scope.report.add('MISSING_PART', test.title.span, message, 'Write expect allow, for example.');
  }
  const { facts = {}, activity = 'transfer', ...givens } = draft;
  return {
    title: test.title.text,
    span: test.title.span,
    activity,
    facts,
    ...givens,
    expectations: test.expectations.flatMap((item) => checkExpectation(scope, item, rules)),
  };
}

/** `given now = ...`, which every other `given` may look at. */
function timeOf(scope: Scope, { givens }: Test): Instant | undefined {
  const [first, second] = givens.filter((given) => given.kind === 'now');
  if (second !== undefined) twice(scope, second, 'its time');
  if (first === undefined) return undefined;
  const read = readLocalTime(first.time.time.text, first.time.zone.text);
  if (read.ok) return read.at;
  scope.report.add('BAD_TIME', first.time.time.span, read.message, read.hint);
  return undefined;
}

function twice(scope: Scope, given: Given, what: string): void {
  const message = `The test gives ${what} twice.`;
  scope.report.add('DUPLICATE', given.span, message, 'Delete one of the two.');
}

function checkGiven(scope: Scope, given: Given, draft: Draft): void {
  switch (given.kind) {
    case 'facts':
      if (draft.facts !== undefined) twice(scope, given, 'a request');
      checkRequest(scope, given, draft);
      return;
    case 'price':
      checkPrice(scope, given, draft, draft.now);
      return;
    case 'history':
      checkHistory(scope, given, draft);
      return;
    case 'list':
      checkList(scope, given, draft);
      return;
    case 'now':
      return;
    default:
      checkGroup(scope, given, draft);
  }
}

function checkRequest(scope: Scope, given: GivenOf<'facts'>, draft: Draft): void {
  const [activity] = checkActivities(scope, [given.activity]) ?? [];
  draft.facts = activity === undefined ? {} : checkFacts(scope, given, activity, draft.now);
  if (activity !== undefined) draft.activity = activity;
}

function checkPrice(scope: Scope, given: GivenOf<'price'>, draft: Draft, asOf: Instant): void {
  const asset = findAsset(scope, given.asset);
  const { number, unit, sign } = given.price;
  if (unit === undefined || !CURRENCIES.includes(unit.text)) {
    const message = 'A price is given in a currency.';
    const hint = `Write it like 1.00 USD; known are ${CURRENCIES.join(', ')}.`;
    reportMismatch(scope, given.price.span, message, hint);
    return;
  }
  const scale = /\.(\d{1,18})$/.exec(number.text)?.[1]?.length ?? 0;
  const scaled = readDecimal(number.text, scale, 'A price');
  if (sign !== undefined || !scaled.ok) {
    const fault = scaled.ok
      ? { code: 'BAD_NUMBER' as const, message: 'A price has no sign.', hint: 'Delete it.' }
      : scaled;
    scope.report.add(fault.code, given.price.span, fault.message, fault.hint);
    return;
  }
  if (scaled.value === 0n) {
    const hint = 'Delete the line: a price that is not given is missing.';
    scope.report.add('BAD_NUMBER', given.price.span, 'A price is above zero.', hint);
    return;
  }
  if (asset === undefined) return;
  const price: Price = { currency: unit.text, scaled: scaled.value, scale };
  const before = draft.prices.get(asset) ?? [];
  if (before.some((quote) => quote.price.currency === unit.text)) twice(scope, given, 'this price');
  const quote = { price, asOf, maxAgeMs: MAX_DURATION_MS, source: 'test' };
  draft.prices.set(asset, [...before, quote]);
}

function checkHistory(scope: Scope, given: GivenOf<'history'>, draft: Draft): void {
  const knowledge = { assets: measurable(scope, given.amount) };
  const checked = checkNeed(scope, given.aggregate, given.amount, knowledge);
  if (checked === undefined) return;
  const { need, limit } = checked;
  if (!scope.needs.has(need.key)) {
    if (!scope.complete) return;
    const message = `No rule compares ${need.key}.`;
    const hint = `Rules compare: ${[...scope.needs.keys()].join('; ') || 'no total'}.`;
    scope.report.add('UNKNOWN_NAME', given.aggregate.span, message, hint);
    return;
  }
  if (given.seen && !need.distinct) {
    const message = 'Only a count of different things can have seen this one.';
    reportMismatch(scope, given.span, message, 'Delete "with this one seen".');
  }
  if (draft.aggregates.has(need.key)) twice(scope, given, 'this total');
  const total = limit.scaled;
  draft.aggregates.set(need.key, need.distinct ? { total, seen: given.seen } : { total });
}

/** The assets that rules add up and that the amount is measured in: one in most policies. */
function measurable(scope: Scope, { unit }: Amount): ReadonlySet<AssetId> {
  return new Set([...assetsOfNeeds(scope)].filter((asset) => symbolOf(asset) === unit?.text));
}

function listed(scope: Scope, set: SetPart): Extract<SetPart, { kind: 'listed' }> | undefined {
  if (set.kind === 'listed') return set;
  const message = 'A test writes the elements out.';
  reportMismatch(scope, set.span, message, 'Put them in square brackets.');
  return undefined;
}

function checkList(scope: Scope, given: GivenOf<'list' | 'group'>, draft: Draft): void {
  const name = given.name.text;
  if (!scope.lists.has(name)) unknownName(scope, given.name, 'list', scope.lists.keys());
  if (draft.lists.has(name)) twice(scope, given, `the list ${name}`);
  const elements = listed(scope, given.set)?.elements ?? [];
  const keys = elements.map((element) => checkAddressOperand(scope, element));
  draft.lists.set(name, new Map(keys.flatMap((key) => (key === undefined ? [] : [[key, '']]))));
}

function checkGroup(scope: Scope, given: GivenOf<'list' | 'group'>, draft: Draft): void {
  const name = given.name.text;
  if (!scope.groups.has(name)) unknownName(scope, given.name, 'group', scope.groups.keys());
  if (draft.groups.has(name)) twice(scope, given, `the group ${name}`);
  const elements = listed(scope, given.set)?.elements ?? [];
  const people = elements.flatMap((element) => {
    if (element.kind === 'text') return element.value.text;
    const message = 'A person must stand here, in quotes.';
    reportMismatch(scope, element.span, message, 'Write ["bob", "carol"].');
    return [];
  });
  draft.groups.set(name, people);
}

function checkExpectation(
  scope: Scope,
  expectation: Expectation,
  rules: ReadonlySet<string>,
): CheckedExpectation[] {
  const span = expectation.span;
  const requireRule = (written: Written, more: readonly string[] = []): void => {
    if (rules.has(written.text) || more.includes(written.text)) return;
    unknownName(scope, written, 'rule', [...rules, ...more]);
  };
  if (expectation.kind === 'matched') {
    const kind = expectation.negated ? 'not-matched' : 'matched';
    return expectation.rules.map((rule) => {
      requireRule(rule);
      return { kind, rule: rule.text, span: rule.span };
    });
  }
  if (expectation.by !== undefined) requireRule(expectation.by, ['otherwise']);
  const effect = checkEffect(scope, expectation.effect);
  if (effect === undefined) return [];
  const by = optional('by', expectation.by?.text);
  if (effect.kind === 'block' || effect.kind === 'flag') {
    return [{ kind: effect.kind, ...optional('message', effect.message), ...by, span }];
  }
  if (effect.kind === 'allow') {
    if (expectation.by !== undefined) {
      const message = 'A request is allowed by all rules together.';
      reportMismatch(scope, expectation.by.span, message, 'Write expect matched RULE.');
    }
    return [{ kind: 'allow', span }];
  }
  const { quorums, expiresAfterMs } = effect.requirement;
  return [{ kind: 'require', quorums, ...optional('expiresAfterMs', expiresAfterMs), ...by, span }];
}
