/** Tokens of an organisation's own, as a node judges payments of them by its own copy of the log. */
import { beforeAll, expect, test } from 'vitest';
import { transferCall } from '#chains/evm/explain.ts';
import { parseAssetId } from '#core/money.ts';
import { policyFiles, VENDOR } from '#testing/acme-policy.ts';
import { PayingCompany, type Payment } from '#testing/paying-company.ts';
import type { AuthorityState } from './authority/state.ts';
import { assetChange, assetChoiceChange } from './change-input.ts';
import { initiatedSpend } from './initiated-spend.ts';
import type { OwnKnowledge } from './mandate.ts';
import { verifyMandate } from './verify-mandate.ts';

const TEUR = parseAssetId('TEUR@local-evm');
const CONTRACT = '0x00000000000000000000000000000000000000A1';
const OTHER = '0x0000000000000000000000000000000000000002';
const euro = (amount: bigint): bigint => amount * 100_000_000n;

let company: PayingCompany;
/** Before the token, with it and the old policy, with a policy that knows it, and without it again. */
let before: AuthorityState;
let registered: AuthorityState;
let known: AuthorityState;
let retired: AuthorityState;

beforeAll(async () => {
  company = await PayingCompany.open('tokens');
  const { authority, people } = company;
  before = authority.state;
  const contract = { network: 'local-evm', contract: CONTRACT };
  const token = assetChange({ ...contract, symbol: 'TEUR', name: 'Euro', decimals: 8 });
  registered = await authority.change(people.cora, 'registerAsset', TEUR, token);
  known = await authority.publish(people.cora, policyFiles({ version: 3 }).files);
  const choice = assetChoiceChange({ asset: TEUR });
  retired = await authority.change(people.cora, 'retireAsset', TEUR, choice);
});

const quotes = () => new Map([[TEUR, [company.quote('1.00')]]]);

function own(state: AuthorityState, change: Partial<OwnKnowledge> = {}): OwnKnowledge {
  return company.own('operations', { state, quotes: quotes(), ...change });
}

const policyOf = ({ policies }: AuthorityState) => {
  const { hash = '', version = 0 } = policies.at(-1) ?? {};
  return { hash, version };
};

/** 100 euro to the vendor, which needs no approval. */
const pay = (units = euro(100n), bytes = {}) =>
  company.pay({ asset: TEUR, units, approvers: [], bytes });

const verify = ({ mandate }: Payment, state: AuthorityState, change: Partial<OwnKnowledge> = {}) =>
  verifyMandate({ ...mandate, policy: policyOf(state) }, own(state, change));

test('a registered token is paid, with the decimals that the log has', async () => {
  const verified = verify(await pay(), known);
  expect(verified).toMatchObject({
    explanation: { effects: [{ kind: 'transfer', asset: TEUR, to: VENDOR, units: euro(100n) }] },
    spend: { request: { asset: TEUR, units: euro(100n) } },
  });
  const large = await pay(euro(10_001n));
  expect(() => verify(large, known)).toThrow(/the policy asks for 1 more of managers/);
});

test('a token that only the gateway knows is no token, and so is one that was withheld from a node', async () => {
  const payment = await pay();
  expect(() => verify(payment, before)).toThrow(/calls 0x0+A1, which is no registered token/);
  expect(() => verify(payment, known)).not.toThrow();
});

test('a permit of a built-in token is signed and learned as before the organisation had tokens', async () => {
  const permit = await company.pay({ kind: 'permit', units: 1_000_000n, approvers: [] });
  const { mandate } = permit;
  const knowledge = company.own('operations', { state: registered });
  expect(verifyMandate(mandate, knowledge).explanation).toMatchObject({
    effects: [{ kind: 'permit', asset: 'USDC@local-evm', units: 1_000_000n }],
  });
  const learned = initiatedSpend(mandate, { ...knowledge, couldInitiate: () => true });
  expect(learned.spend).toMatchObject({ activity: 'allowance', request: { units: 1_000_000n } });
});

test('another contract than the one in the log is refused', async () => {
  const payment = await pay(euro(100n), { to: OTHER });
  expect(() => verify(payment, known)).toThrow(/which is no registered token/);
});

test('bytes of the token do not do what an intent of another asset says', async () => {
  const data = transferCall(VENDOR, 100_000_000n);
  const payment = await company.pay({
    units: 100_000_000n,
    approvers: [],
    bytes: { to: CONTRACT, data },
  });
  expect(() => verify(payment, known)).toThrow(/asset/);
});

test('a policy that was published before the token says nothing of it', async () => {
  const payment = await pay();
  const reason = /version 2 is older than the registration of TEUR@local-evm/;
  expect(() => verify(payment, registered)).toThrow(reason);
  // Nor does a mandate that names the older one under one that knows it.
  const mandate = { ...payment.mandate, policy: policyOf(registered) };
  expect(() => verifyMandate(mandate, own(known))).toThrow(reason);
});

test('without a price nothing is paid', async () => {
  const payment = await pay();
  expect(() => verify(payment, known, { quotes: new Map() })).toThrow(/DATA_MISSING/);
});

test('a retired token is paid no more, and what was signed before counts', async () => {
  const payment = await pay();
  expect(() => verify(payment, retired)).toThrow(/which is no registered token/);
  const { spend } = verify(payment, known);
  const learned = initiatedSpend(payment.mandate, { ...own(retired), couldInitiate: () => true });
  expect(learned.spend).toEqual(spend);
});
