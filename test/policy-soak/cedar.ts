/** The evaluator against Cedar, another language's engine, on what both can say. */
import assert from 'node:assert/strict';
import {
  type CedarValueJson,
  preparsePolicySet,
  statefulIsAuthorized,
} from '@cedar-policy/cedar-wasm/nodejs';
import fc from 'fast-check';
import { type AssetId, type NetworkId, networkOf, parsePrice } from '#core/money.ts';
import { parseInstant } from '#core/time.ts';
import { decide } from '#policy-lang/decide.ts';
import { LEVELS, type Snapshot } from '#policy-lang/snapshot.ts';
import { type CedarActivity, twinRule } from './cedar-rules.ts';
import { propertySoak } from './soak.ts';
import { compiled, withText } from './verdicts.ts';
import { BANNED, IMPORTS, POOL, STRANGER, VENDOR, WORLD } from './world.ts';

const HEADER = `policy "Twin" {
  version 1
  effective from 2026-07-01T00:00 UTC
  governs transfer, contract-call
  otherwise block
}
${IMPORTS}`;

const NOW = parseInstant('2026-08-03T12:00:00Z');
const address = fc.constantFrom(VENDOR, BANNED, STRANGER, POOL);

/** Every fact is there. */
const facts = fc.record({
  activity: fc.constantFrom<CedarActivity>('transfer', 'contract-call'),
  wallet: fc.constantFrom('wa-1', 'wa-2', 'wa-3'),
  tags: fc.subarray(['payments', 'cold']),
  roles: fc.subarray(['treasurer', 'operator']),
  asset: fc.constantFrom('USDC@ethereum' as AssetId, 'USDC@polygon' as AssetId),
  amount: fc.constantFrom(0, 1, 9_999_999, 10_000_000_000, 10_000_000_001),
  /** A price of zero is none, and Cedar has no word for what is missing. */
  cents: fc.constantFrom(1, 99, 100, 101),
  recipient: address,
  contract: address,
  function: fc.constantFrom('supply', 'withdraw', 'other'),
  argument: fc.constantFrom(0, 1, 4_999_999, 5_000_000, 5_000_001),
  isFinal: fc.boolean(),
  billionths: fc.constantFrom(0, 1, 2, 999_999_999, 1_000_000_000, 1_000_000_001),
  level: fc.constantFrom(...LEVELS),
  score: fc.constantFrom(0, 69, 70, 71, 100),
  categories: fc.subarray(['sanctions', 'darknet']),
});
type Facts = typeof facts extends fc.Arbitrary<infer T> ? T : never;

/** The asset of 18 decimals is moved in the millionths that the other one has as base units. */
const baseUnits = ({ asset, amount }: Facts): bigint =>
  BigInt(amount) * 10n ** BigInt((WORLD.assets.get(asset)?.decimals ?? 0) - 6);

const networkOfFacts = ({ activity, asset }: Facts): NetworkId =>
  activity === 'transfer' ? networkOf(asset) : ('ethereum' as NetworkId);

function snapshotOf(all: Facts): Snapshot {
  const price = parsePrice((all.cents / 100).toFixed(2), 'USD');
  const quote = { price, asOf: NOW, maxAgeMs: 60_000, source: 'random' };
  const shared = {
    network: networkOfFacts(all),
    wallet: { id: all.wallet, tags: all.tags },
    initiator: { id: 'alice', roles: all.roles },
    screening: {
      alertLevel: all.level,
      riskScore: { scaled: BigInt(all.score), scale: 0 },
      categories: all.categories,
    },
  };
  const call = {
    contract: all.contract,
    function: all.function,
    value: BigInt(all.billionths) * 10n ** 9n,
    args: new Map([
      ['amount', { type: 'number', number: BigInt(all.argument) } as const],
      ['final', { type: 'boolean', value: all.isFinal } as const],
    ]),
  };
  const moved = { asset: all.asset, units: baseUnits(all), recipient: all.recipient };
  return {
    now: NOW,
    activity: all.activity,
    request: { ...shared, ...(all.activity === 'transfer' ? moved : { call }) },
    prices: new Map([[all.asset, [quote]]]),
    aggregates: new Map(),
  };
}

/** The same facts as Cedar's context, in numbers that JSON carries exactly. */
function contextOf(all: Facts): Record<string, CedarValueJson> {
  const shared = {
    network: networkOfFacts(all),
    wallet: all.wallet,
    'wallet.tags': all.tags,
    'initiator.roles': all.roles,
    'screening.alert-level': LEVELS.indexOf(all.level),
    'screening.risk-score': all.score,
    'screening.categories': all.categories,
  };
  if (all.activity === 'transfer') {
    const { asset, amount, cents: price, recipient } = all;
    return { ...shared, asset, amount, price, recipient };
  }
  return {
    ...shared,
    'call.contract': all.contract,
    'call.function': all.function,
    'call.arg.amount': all.argument,
    'call.arg.final': all.isFinal,
    'call.value': all.billionths,
  };
}

/** Whether Cedar allows it. @throws where an evaluation fails: then the translation is wrong */
function cedarAllows(all: Facts): boolean {
  const answer = statefulIsAuthorized({
    principal: { type: 'User', id: 'alice' },
    action: { type: 'Action', id: all.activity },
    resource: { type: 'Wallet', id: all.wallet },
    context: contextOf(all),
    preparsedPolicySetId: 'twin',
    entities: [],
  });
  if (answer.type === 'failure') throw new Error(JSON.stringify(answer.errors));
  assert.deepEqual(answer.response.diagnostics.errors, []);
  return answer.response.decision === 'allow';
}

const REQUESTS = 10;

export const cedarSoak = propertySoak(
  {
    id: 'cedar',
    claim: 'the evaluator allows what Cedar permits, where Cedar can say the same',
    runs: { short: 25, full: 100_000 / REQUESTS },
  },
  fc.tuple(
    fc.array(twinRule, { minLength: 1, maxLength: 8 }),
    fc.array(facts, { minLength: REQUESTS, maxLength: REQUESTS }),
  ),
  ([rules, requests]) => {
    const ours =
      HEADER + rules.map((rule, place) => `rule r${place} {\n  ${rule.ours}\n}`).join('\n');
    const cedar = rules.map((rule) => rule.cedar).join('\n');
    const policy = compiled(ours);
    const parsed = preparsePolicySet('twin', { staticPolicies: cedar });
    assert.equal(parsed.type, 'success', `${JSON.stringify(parsed)}\n${cedar}`);
    for (const request of requests) {
      const found = decide(policy, snapshotOf(request)).outcome === 'ALLOW';
      withText(`${ours}\n${cedar}`, () => assert.equal(found, cedarAllows(request)));
    }
  },
);
