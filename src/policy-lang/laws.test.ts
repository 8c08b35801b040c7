import fc from 'fast-check';
import { expect, test } from 'vitest';
import type { AssetId } from '#core/money.ts';
import {
  BANNED,
  DAY_TOTAL,
  STRANGER,
  VENDOR,
  fuzz,
  policyOf,
  quote,
  snapshotOf,
} from '#testing/policy-fixtures.ts';
import { trace } from '#policy-lang/explaining/trace.ts';
import type { ApprovalRequirement, DecisionTrace } from './decision.ts';
import type { Snapshot, RequestFacts } from './snapshot.ts';

const ATOMS = [
  'wallet tagged "payments"',
  'wallet tagged "ops"',
  'recipient in approved-vendors',
  'recipient not in banned',
  `recipient is ${STRANGER}`,
  'asset is USDC@ethereum',
  'asset in [USDC@ethereum, EURC@ethereum]',
  'asset not in [ETH@ethereum]',
  'value > 10,000 USD',
  'value <= 50 EUR',
  'sum(value) over last 24h by wallet > 250,000 USD',
  'sum(value) over last 24h by wallet excluding this >= 100 USD',
  '(asset is USDC@ethereum and amount >= 10,000 USDC)',
  'always',
];

const condition: fc.Arbitrary<string> = fc.letrec<{ node: string }>((tie) => ({
  node: fc.oneof(
    { maxDepth: 3, withCrossShrink: true },
    fc.constantFrom(...ATOMS),
    tie('node').map((part) => `not (${part})`),
    fc
      .tuple(fc.constantFrom('and', 'or'), fc.array(tie('node'), { minLength: 2, maxLength: 3 }))
      .map(([word, parts]) => parts.map((part) => `(${part})`).join(` ${word} `)),
  ),
})).node;

const approval = fc
  .tuple(
    fc.integer({ min: 1, max: 2 }),
    fc.constantFrom('managers', 'directors'),
    fc.constantFrom('', ', expires after 1h', ', expires after 24h'),
  )
  .map(
    ([count, group, expiry]) =>
      `approval by ${group === 'directors' ? 1 : count} of ${group}${expiry}`,
  );
const tightening = fc.oneof(
  fc.constant('block'),
  approval.map((text) => `require ${text}`),
);
const effect = fc.oneof(
  fc.constant('allow'),
  tightening,
  approval.map((text) => `allow with ${text}`),
);

type RuleText = { readonly when: string; readonly effect: string };
const ruleWith = (effect: fc.Arbitrary<string>): fc.Arbitrary<RuleText> =>
  fc.record({ when: condition, effect });
const rules = fc.array(ruleWith(effect), { minLength: 1, maxLength: 5 });

/** Names come from the rule's place in the first order, so that they survive a change of order. */
const named = (texts: readonly RuleText[]): string[] =>
  texts.map(
    ({ when, effect }, index) => `rule r${index} { when ${when} then ${effect} because "x" }`,
  );
const policyFrom = (texts: readonly string[]) => policyOf(texts.join('\n'));

const EXCLUDING = 'sum(value) over last 24h by wallet excluding this in USD';

/** The facts of a snapshot, each there or not. */
const facts = fc.record({
  tags: fc.option(fc.subarray(['payments', 'ops'])),
  asset: fc.option(fc.constantFrom('USDC@ethereum', 'EURC@ethereum', 'ETH@ethereum')),
  units: fc.option(
    fc.constantFrom(0n, 9_999_999_999n, 10_000_000_000n, 10_000_000_001n, 10n ** 24n),
  ),
  recipient: fc.option(fc.constantFrom(VENDOR, BANNED, STRANGER)),
  usd: fc.option(fc.constantFrom('1.00', '0.5', '2500')),
  eur: fc.option(fc.constant('0.9')),
  total: fc.option(fc.constantFrom(0n, 200_000_00n, 250_000_00n)),
  before: fc.option(fc.constantFrom(0n, 100_00n)),
});
type Given = typeof facts extends fc.Arbitrary<infer T> ? T : never;

function snapshotWith(given: Given): Snapshot {
  const asset = given.asset as AssetId | null;
  const request: RequestFacts = {
    ...(given.tags && { wallet: { id: 'w', tags: given.tags } }),
    ...(asset && { asset }),
    ...(given.units !== null && { units: given.units }),
    ...(given.recipient && { recipient: given.recipient }),
  };
  const quotes = [
    ...(given.usd === null ? [] : [quote(given.usd)]),
    ...(given.eur === null ? [] : [quote(given.eur, 'EUR')]),
  ];
  return {
    ...snapshotOf(),
    request,
    prices: new Map(asset ? [[asset, quotes]] : []),
    aggregates: new Map([
      ...(given.total === null ? [] : [[DAY_TOTAL, { total: given.total }] as const]),
      ...(given.before === null ? [] : [[EXCLUDING, { total: given.before }] as const]),
    ]),
  };
}

const RANK = { ALLOW: 0, PENDING: 1, BLOCK: 2 } as const;
const NOTHING: ApprovalRequirement = { quorums: [], excludeInitiator: false };

/** Whether whatever `left` lets through, `right` lets through with no more approvals. */
function isAtLeastAsStrict(left: DecisionTrace, right: DecisionTrace): boolean {
  if (RANK[left.outcome] !== RANK[right.outcome]) return RANK[left.outcome] > RANK[right.outcome];
  const [a = NOTHING] = left.requirements;
  const [b = NOTHING] = right.requirements;
  return (
    b.quorums.every(({ group, count }) =>
      a.quorums.some((quorum) => quorum.group === group && quorum.count >= count),
    ) &&
    (b.expiresAfterMs === undefined || (a.expiresAfterMs ?? Infinity) <= b.expiresAfterMs) &&
    (a.excludeInitiator || !b.excludeInitiator)
  );
}

const runs = fuzz(200);

test('the order of rules changes nothing', () => {
  fc.assert(
    fc.property(rules, facts, fc.infiniteStream(fc.nat(9)), (texts, given, keys) => {
      const inOrder = named(texts);
      const shuffled = inOrder
        .map((text) => ({ text, key: keys.next().value as number }))
        .toSorted((left, right) => left.key - right.key)
        .map(({ text }) => text);
      const [first, second] = [inOrder, shuffled].map((order) =>
        trace(policyFrom(order), snapshotWith(given)),
      ) as [DecisionTrace, DecisionTrace];
      expect(second.outcome).toBe(first.outcome);
      expect(second.requirements).toEqual(first.requirements);
      expect(new Set(second.reasons)).toEqual(new Set(first.reasons));
      expect(new Set(second.rules)).toEqual(new Set(first.rules));
    }),
    runs,
  );
});

test('the order of operands changes nothing', () => {
  const parts = fc.array(condition, { minLength: 2, maxLength: 4 });
  fc.assert(
    fc.property(parts, fc.constantFrom('and', 'or'), facts, (texts, word, given) => {
      const answer = (order: readonly string[]) => {
        const when = order.map((text) => `(${text})`).join(` ${word} `);
        return trace(policyFrom(named([{ when, effect: 'allow' }])), snapshotWith(given)).rules[0]
          ?.outcome;
      };
      expect(answer(texts.toReversed())).toBe(answer(texts));
    }),
    runs,
  );
});

test('adding a rule that blocks or requires approval never loosens', () => {
  fc.assert(
    fc.property(rules, ruleWith(tightening), facts, (texts, extra, given) => {
      const [before, after] = [texts, [...texts, extra]].map((all) =>
        trace(policyFrom(named(all)), snapshotWith(given)),
      ) as [DecisionTrace, DecisionTrace];
      expect(isAtLeastAsStrict(after, before)).toBe(true);
    }),
    runs,
  );
});

test('adding a plain allow never tightens', () => {
  fc.assert(
    fc.property(rules, ruleWith(fc.constant('allow')), facts, (texts, extra, given) => {
      const [before, after] = [texts, [...texts, extra]].map((all) =>
        trace(policyFrom(named(all)), snapshotWith(given)),
      ) as [DecisionTrace, DecisionTrace];
      expect(isAtLeastAsStrict(before, after)).toBe(true);
    }),
    runs,
  );
});

test('removing data never loosens', () => {
  const paths = fc.subarray([
    'tags',
    'asset',
    'units',
    'recipient',
    'usd',
    'eur',
    'total',
    'before',
  ]);
  fc.assert(
    fc.property(rules, facts, paths, (texts, given, removed) => {
      const policy = policyFrom(named(texts));
      const less = {
        ...given,
        ...Object.fromEntries(removed.map((path) => [path, null])),
      };
      const [before, after] = [given, less].map((all) => trace(policy, snapshotWith(all))) as [
        DecisionTrace,
        DecisionTrace,
      ];
      expect(isAtLeastAsStrict(after, before)).toBe(true);
    }),
    runs,
  );
});

test('a rule that is not true never lets a request through by itself', () => {
  fc.assert(
    fc.property(ruleWith(effect), facts, (text, given) => {
      const { outcome, rules: traces } = trace(policyFrom(named([text])), snapshotWith(given));
      if (traces[0]?.outcome !== 'matched') expect(outcome).toBe('BLOCK');
    }),
    runs,
  );
});
