/** What DFNS answers to a request, the imported bundle answers, kind by kind. */
import { expect, test } from 'vitest';
import { compileBundle } from '#policy-lang/compile-bundle.ts';
import type { CompiledPolicy } from '#policy-lang/compiled-policy.ts';
import { decide } from '#policy-lang/decide.ts';
import { hasErrors } from '#policy-lang/diagnostics.ts';
import { readRequestFile } from '#policy-tools/request-file.ts';
import { STRANGER, VENDOR, WORLD } from '#testing/policy-fixtures.ts';
import { importDfns } from './import-dfns.ts';
import { readDfnsPolicies } from './read-dfns.ts';

type Json = { readonly [field: string]: unknown };

function bundleOf(
  policies: readonly Json[],
  otherwise: 'allow' | 'block' = 'allow',
): CompiledPolicy {
  const { files } = importDfns(readDfnsPolicies(JSON.stringify(policies)), {
    users: new Map([
      ['us-1', 'bob@acme.example'],
      ['us-2', 'carol@acme.example'],
      ['us-3', 'dave@acme.example'],
    ]),
    effective: '2026-07-01T00:00 UTC',
    otherwise,
  });
  const { policy, diagnostics } = compileBundle(files, WORLD);
  expect(diagnostics.filter((found) => found.severity === 'error')).toEqual([]);
  if (policy === undefined || hasErrors(diagnostics)) throw new Error('it does not compile');
  return policy;
}

const policy = (rule: Json, more: Json = {}): Json => ({
  name: 'P',
  activityKind: 'Wallets:Sign',
  rule,
  action: { kind: 'Block' },
  ...more,
});
const rule = (kind: string, configuration: Json = {}): Json => ({ kind, configuration });

const PAYMENT = {
  network: 'ethereum',
  wallet: { id: 'wa-1', tags: ['hot', 'eu'] },
  initiator: { id: 'us-9', email: 'alice@acme.example', groups: [] },
  asset: 'USDC@ethereum',
  amount: '1,000',
  recipient: VENDOR,
};
const PRICES = { 'USDC@ethereum': { USD: '1.00' } };

function outcome(bundle: CompiledPolicy, request: Json, more: Json = {}): string {
  const file = { request, prices: PRICES, ...more };
  return decide(bundle, readRequestFile(JSON.stringify(file), bundle, WORLD)).outcome;
}
const pay = (bundle: CompiledPolicy, change: Json = {}, more: Json = {}): string =>
  outcome(bundle, { ...PAYMENT, ...change }, more);
const call = (bundle: CompiledPolicy, change: Json = {}): string =>
  outcome(
    bundle,
    { network: 'ethereum', wallet: PAYMENT.wallet, call: { contract: VENDOR }, ...change },
    { activity: 'contract-call' },
  );
const message = (bundle: CompiledPolicy): string =>
  outcome(
    bundle,
    { network: 'ethereum', wallet: PAYMENT.wallet, message: { kind: 'raw' } },
    { activity: 'sign-message' },
  );

test('without a policy everything is allowed, unless that was refused', () => {
  expect([pay(bundleOf([])), call(bundleOf([])), message(bundleOf([]))]).toEqual([
    'ALLOW',
    'ALLOW',
    'ALLOW',
  ]);
  expect(pay(bundleOf([], 'block'))).toBe('BLOCK');
});

test('AlwaysTrigger counts for whatever is signed', () => {
  const bundle = bundleOf([policy(rule('AlwaysTrigger'))]);
  expect([pay(bundle), call(bundle), message(bundle)]).toEqual(['BLOCK', 'BLOCK', 'BLOCK']);
});

test('a recipient that is not on the whitelist triggers, and so does what is not decoded', () => {
  const addresses = [VENDOR.toLowerCase()];
  const bundle = bundleOf([policy(rule('TransactionRecipientWhitelist', { addresses }))]);
  expect(pay(bundle)).toBe('ALLOW');
  expect(pay(bundle, { recipient: STRANGER })).toBe('BLOCK');
  expect([call(bundle), message(bundle)]).toEqual(['BLOCK', 'BLOCK']);
});

test('an amount above the limit triggers, the limit itself does not, an unknown price does', () => {
  const limit = { limit: 1_000, currency: 'USD' };
  const bundle = bundleOf([policy(rule('TransactionAmountLimit', limit))]);
  expect(pay(bundle)).toBe('ALLOW');
  expect(pay(bundle, { amount: '1000.01' })).toBe('BLOCK');
  expect(pay(bundle, {}, { prices: {} })).toBe('BLOCK');
  expect(call(bundle)).toBe('BLOCK');
});

test('the sum and the count of a window trigger above their limits, the request included', () => {
  const sum = { limit: 5_000, currency: 'USD', timeframe: 60 };
  const summed = bundleOf([policy(rule('TransactionAmountVelocity', sum))]);
  const [sumKey = ''] = summed.aggregates.map(({ key }) => key);
  expect(pay(summed, {}, { totals: { [sumKey]: '4000' } })).toBe('ALLOW');
  expect(pay(summed, {}, { totals: { [sumKey]: '4000.01' } })).toBe('BLOCK');
  const counted = bundleOf([policy(rule('TransactionCountVelocity', { limit: 2, timeframe: 60 }))]);
  const countKey = counted.aggregates.find(({ activity }) => activity === 'transfer')?.key ?? '';
  expect(pay(counted, {}, { totals: { [countKey]: '1' } })).toBe('ALLOW');
  expect(pay(counted, {}, { totals: { [countKey]: '2' } })).toBe('BLOCK');
});

const screening = (skips: Json = {}): Json => ({
  alerts: { alertLevel: 'HIGH', categoryIds: [3] },
  exposures: { direct: { categoryIds: [18] } },
  addresses: { categoryIds: [] },
  fallbackBehaviours: skips,
});

test.each([
  ['nothing found', { alertLevel: 'NONE', categories: [], directExposure: [] }, 'ALLOW'],
  ['a lower alert', { alertLevel: 'MEDIUM', categories: ['3'], directExposure: [] }, 'ALLOW'],
  ['a high alert', { alertLevel: 'SEVERE', categories: ['3'], directExposure: [] }, 'BLOCK'],
  ['of another category', { alertLevel: 'HIGH', categories: ['4'], directExposure: [] }, 'ALLOW'],
  ['a direct exposure', { alertLevel: 'LOW', categories: [], directExposure: ['18'] }, 'BLOCK'],
  ['a failure that is skipped', { failure: 'unsupported-asset' }, 'ALLOW'],
  ['a failure that is not', { failure: 'provider-failure' }, 'BLOCK'],
])('a Chainalysis screening with %s', (_, found, expected) => {
  const configuration = screening({ skipUnsupportedAsset: true });
  const kind = 'ChainalysisTransactionPrescreening';
  const bundle = bundleOf([policy(rule(kind, configuration))]);
  expect(pay(bundle, { screening: found })).toBe(expected);
});

test('without any screening a prescreening triggers', () => {
  const bundle = bundleOf([policy(rule('ChainalysisTransactionPrescreening', screening()))]);
  expect(pay(bundle)).toBe('BLOCK');
});

test('a risk score and a travel rule', () => {
  const score = { riskScoreThreshold: 70, fallbackBehaviours: { skipGlobalLedgerFailure: true } };
  const scored = bundleOf([policy(rule('GlobalLedgerTransactionPrescreening', score))]);
  expect(pay(scored, { screening: { riskScore: 69.9 } })).toBe('ALLOW');
  expect(pay(scored, { screening: { riskScore: 70 } })).toBe('BLOCK');
  expect(pay(scored, { screening: { failure: 'provider-failure' } })).toBe('ALLOW');
  const travel = { vendor: 'Notabene', autoTriggerTimeoutSeconds: 60 };
  const travelled = bundleOf([policy(rule('TravelRuleTransactionPrescreening', travel))]);
  expect(pay(travelled, { screening: { travelRule: 'accepted' } })).toBe('ALLOW');
  expect(pay(travelled, { screening: { travelRule: 'declined' } })).toBe('BLOCK');
  expect(pay(travelled)).toBe('BLOCK');
});

test('incoming transfers are flagged and never stopped', () => {
  const bundle = bundleOf([
    policy(rule('ChainalysisTransactionScreening', screening()), {
      activityKind: 'Wallets:IncomingTransaction',
      action: { kind: 'NoAction' },
    }),
  ]);
  const request = {
    wallet: PAYMENT.wallet,
    screening: { alertLevel: 'LOW', directExposure: ['18'] },
  };
  const file = JSON.stringify({ activity: 'incoming', request });
  const decision = decide(bundle, readRequestFile(file, bundle, WORLD));
  expect(decision).toMatchObject({ outcome: 'ALLOW', flags: [{ rule: 'p' }] });
});

test.each([
  [{ walletId: { in: ['wa-1'] } }, 'BLOCK'],
  [{ walletId: { in: ['wa-2'] } }, 'ALLOW'],
  [{ walletTags: { hasAny: ['hot', 'cold'] } }, 'BLOCK'],
  [{ walletTags: { hasAll: ['hot', 'cold'] } }, 'ALLOW'],
  [{ walletTags: { hasAll: ['hot', 'eu'] } }, 'BLOCK'],
])('the filter %j', (filters, expected) => {
  expect(pay(bundleOf([policy(rule('AlwaysTrigger'), { filters })]))).toBe(expected);
});

const approve = (groups: readonly Json[]): Json =>
  policy(rule('AlwaysTrigger'), { action: { kind: 'RequestApproval', approvalGroups: groups } });
const group = (users: readonly string[], quorum = 1): Json => ({
  quorum,
  approvers: { userId: { in: users } },
});

test('the approvals of all policies that trigger are required, and any block wins', () => {
  const two = [approve([group(['us-1', 'us-2'], 2)]), approve([group(['us-3'])])];
  const bundle = bundleOf(two);
  const file = JSON.stringify({ request: PAYMENT, prices: PRICES });
  const { outcome: answer, requirements } = decide(bundle, readRequestFile(file, bundle, WORLD));
  expect(answer).toBe('PENDING');
  expect(requirements[0]?.quorums.map(({ count }) => count).toSorted()).toEqual([1, 2]);
  expect(pay(bundleOf([...two, policy(rule('AlwaysTrigger'))]))).toBe('BLOCK');
});

test('changes of permissions and policies are governed', () => {
  const assign = policy(rule('AlwaysTrigger'), { activityKind: 'Permissions:Assign' });
  const modify = policy(rule('AlwaysTrigger'), { activityKind: 'Policies:Modify' });
  const bundle = bundleOf([assign, modify]);
  const initiator = PAYMENT.initiator;
  const change = (activity: string, kind: string) =>
    outcome(bundle, { initiator, change: { kind } }, { activity });
  expect(change('permission-change', 'assign')).toBe('BLOCK');
  expect(change('permission-change', 'deactivate')).toBe('ALLOW');
  expect(change('policy-change', 'publish')).toBe('BLOCK');
});
