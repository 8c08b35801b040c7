import { beforeAll, expect, test } from 'vitest';
import { encodeSetUp } from '#chains/solana/set-up.ts';
import { UNLIMITED_UNITS } from '#core/allowance.ts';
import { HOUR_MS, instant } from '#core/time.ts';
import { walletUpdate } from '#mandate/change-input.ts';
import { GENESIS_HASH, GENESIS_VERSION } from '#policy-lang/genesis.ts';
import { policyFiles } from '#testing/acme-policy.ts';
import type { Payment } from '#testing/paying-company.ts';
import { PayingCompany, USDC, usdc } from '#testing/paying-company.ts';
import { Ledger } from './ledger.ts';
import type { OwnKnowledge } from './mandate.ts';
import { verifyMandate } from './verify-mandate.ts';

let company: PayingCompany;

beforeAll(async () => {
  company = await PayingCompany.open();
});

const verify = ({ mandate, wallet }: Payment, change: Partial<OwnKnowledge> = {}) =>
  verifyMandate(mandate, company.own(wallet, change));

test('an honest mandate passes, and says what is signed and what is spent', async () => {
  const payment = await company.pay();
  const { intent } = payment;
  const verified = verify(payment);
  expect(verified).toMatchObject({
    intent,
    explanation: { nonce: 7n, effects: [{ asset: USDC, to: intent.recipient }] },
    decisions: [{ outcome: 'PENDING', policy: company.policy(2) }],
    spend: {
      id: verified.id,
      at: company.now,
      request: { units: usdc(50_000n), wallet: { tags: ['payments'] } },
      quotes: [{ asOf: company.now }],
      transactions: [{ nonce: 7n }],
    },
  });
  expect(verified.payloads).toHaveLength(1);
});

test('the tags that a policy reads are those of the log, from their change on and until the next', async () => {
  const company = await PayingCompany.open('tags');
  const { authority, people } = company;
  const payment = await company.pay({ wallet: 'untagged' });
  const walletId = company.wallets.untagged;
  const verdict = () => {
    const { state } = authority;
    return verifyMandate(payment.mandate, company.own('untagged', { state }));
  };
  const tag = (tags: readonly string[]) =>
    authority.change(people.cora, 'updateWallet', walletId, walletUpdate({ walletId, tags }));
  // Whatever the gateway's row says: without the change the wallet has no tag here.
  expect(verdict).toThrow(/POLICY_DENIED/);
  await tag(['payments']);
  expect(verdict().spend?.request.wallet).toMatchObject({ tags: ['payments'] });
  await tag([]);
  expect(verdict).toThrow(/POLICY_DENIED/);
});

test('a program may ask for a payment, and people approve it', async () => {
  const payment = await company.pay({ initiator: company.robot });
  expect(() => verify(payment)).not.toThrow();
});

test('a small payment needs no approval', async () => {
  const payment = await company.pay({ units: usdc(100n), approvers: [] });
  expect(verify(payment).decisions).toMatchObject([{ outcome: 'ALLOW' }]);
});

test('approvals under an older version count where both versions are content', async () => {
  const { bob, ben } = company.people;
  const payment = await company.pay();
  const policyHash = company.policy(1).hash;
  const old = await company.approve(payment.intent, bob, { policyHash });
  const present = await company.approve(payment.intent, ben);
  const other = { ...payment.mandate, approvals: [old, present], policy: company.policy(1) };
  const mandate = company.logged(other);
  expect(verify({ ...payment, mandate }).decisions.map(({ policy }) => policy.version)).toEqual([
    2, 1,
  ]);
});

test('an approver who has left takes nothing away from those who are enough', async () => {
  const { bob, ben, mona } = company.people;
  const payment = await company.pay({ approvers: [mona, bob, ben] });
  expect(() => verify(payment)).not.toThrow();
});

test('what a provider signed about the payment lets a screened wallet pay', async () => {
  const payment = await company.pay({ wallet: 'screened' });
  const mandate = { ...payment.mandate, screening: company.screen(payment.intent) };
  const { spend } = verify({ ...payment, mandate });
  expect(spend?.request.screening).toEqual({ alertLevel: 'LOW' });
});

test('the set-up of the own account is signed under the whole mandate, and spends nothing', async () => {
  const payment = await company.pay({ wallet: 'solana' });
  const unsigned = encodeSetUp(company.own('solana').wallet.address, new Uint8Array(32).fill(3));
  expect(verify(payment).explanation?.memo).toBe(payment.intent.memo);
  const verified = verify({ ...payment, mandate: { ...payment.mandate, unsigned } });
  expect(verified.explanation).toBeUndefined();
  expect(verified.spend).toBeUndefined();
  expect(verified.payloads).toHaveLength(1);
});

/** A ledger in which the payment is counted. */
function ledgerWith(payment: Payment): Ledger {
  const ledger = new Ledger();
  const { spend } = verify(payment, { ledger });
  if (spend !== undefined) ledger.count(spend);
  return ledger;
}

test('a spend counts against the next, not against itself, and not once it is dead', async () => {
  const first = await company.pay({ units: usdc(150_000n) });
  const second = await company.pay({ units: usdc(150_000n) });
  const ledger = ledgerWith(first);
  expect(() => verify(first, { ledger })).not.toThrow();
  expect(() => verify(second, { ledger })).toThrow(/LIMIT_EXCEEDED/);
  ledger.bury(verify(first, { ledger }).id);
  expect(() => verify(second, { ledger })).not.toThrow();
  expect(() => verify(first, { ledger })).toThrow(/can never be paid/);
});

test('the same bytes again, or the same payment with a higher fee, stand for one spend', async () => {
  const first = await company.pay();
  const ledger = ledgerWith(first);
  const unsigned = company.bytesOf(first.intent, { bytes: { maxFeePerGas: 30_000_000_000n } });
  const again = verify(first, { ledger });
  const raised = verify({ ...first, mandate: { ...first.mandate, unsigned } }, { ledger });
  expect(again.spend?.transactions).toHaveLength(1);
  expect(raised.spend?.transactions).toHaveLength(2);
  expect(raised.id).toBe(again.id);
});

test('an allowance is signed, counts at its maximum, and taking it back gives nothing back', async () => {
  const allowance = await company.pay({ kind: 'allowance', units: usdc(200_000n) });
  const ledger = ledgerWith(allowance);
  expect(verify(allowance, { ledger })).toMatchObject({
    explanation: { effects: [{ kind: 'allowance', to: allowance.intent.recipient }] },
    spend: { activity: 'allowance', request: { units: usdc(200_000n) } },
  });
  const payment = await company.pay({ units: usdc(60_000n) });
  expect(() => verify(payment, { ledger })).toThrow(/LIMIT_EXCEEDED/);
  const back = await company.pay({ kind: 'allowance', units: 0n, approvers: [] });
  const { spend } = verify(back, { ledger });
  if (spend !== undefined) ledger.count(spend);
  expect(() => verify(payment, { ledger })).toThrow(/LIMIT_EXCEEDED/);
  expect(() => verify(payment)).not.toThrow();
});

test('a permit is signed as the typed data of its intent, and counts at its maximum', async () => {
  const permit = await company.pay({ kind: 'permit', units: usdc(200_000n) });
  const ledger = ledgerWith(permit);
  const { payloads, explanation, spend } = verify(permit, { ledger });
  expect(explanation).toMatchObject({
    effects: [{ kind: 'permit', to: permit.intent.recipient, unlimited: false }],
    feeMax: { units: 0n },
  });
  expect(payloads).toHaveLength(1);
  expect(spend).toMatchObject({ activity: 'allowance', request: { units: usdc(200_000n) } });
  const payment = await company.pay({ units: usdc(60_000n) });
  expect(() => verify(payment, { ledger })).toThrow(/LIMIT_EXCEEDED/);
  expect(() => verify(payment)).not.toThrow();
});

const ENDLESS_RULE = `rule lent "Lent" {
  applies to unlimited-allowance
  when recipient in approved-vendors
  then allow
}`;

test('an allowance without a bound is signed where the policy names it, and not elsewhere', async () => {
  const { authority, people } = company;
  const payment = await company.pay({ kind: 'allowance', units: UNLIMITED_UNITS });
  expect(() => verify(payment)).toThrow(/does not govern the activity "unlimited-allowance"/);
  const { files } = policyFiles({ version: 3, governs: 'transfer, unlimited-allowance' });
  const named = files.map(({ path, content }) => ({
    path,
    content: path.endsWith('.policy') ? content.replace(/^rule [^]*/m, ENDLESS_RULE) : content,
  }));
  const state = await authority.publish(people.cora, named);
  const { hash = '' } = state.policies.at(-1) ?? {};
  const mandate = { ...payment.mandate, policy: { hash, version: 3 }, approvals: [] };
  const logged = { ...payment, mandate: company.logged(mandate) };
  expect(verify(logged, { state })).toMatchObject({
    explanation: { effects: [{ kind: 'allowance', unlimited: true, units: UNLIMITED_UNITS }] },
    decisions: [{ outcome: 'ALLOW' }],
    spend: { activity: 'unlimited-allowance', request: { units: UNLIMITED_UNITS } },
  });
});

/** What the policy of such a company with these rules alone says of a permit of these units. */
async function judged(units: bigint, governs: string, rules: string): Promise<() => unknown> {
  const other = await PayingCompany.open(`permits ${governs}`);
  const permit = await other.pay({ kind: 'permit', units, approvers: [] });
  const { files } = policyFiles({ version: 3, governs });
  const named = files.map(({ path, content }) => ({
    path,
    content: path.endsWith('.policy') ? content.replace(/^rule [^]*/m, rules) : content,
  }));
  const state = await other.authority.publish(other.people.cora, named);
  const { hash = '' } = state.policies.at(-1) ?? {};
  const mandate = other.logged({ ...permit.mandate, policy: { hash, version: 3 } });
  return () => verifyMandate(mandate, other.own('operations', { state }));
}

const MESSAGES = `rule permits "Permits" {
  applies to sign-message
  when typed-data.field "value" >= 0 and typed-data.primary-type is "Permit"
  then allow
}`;

test('a permit is decided as an allowance and as a message, each of which must be governed', async () => {
  const lent = ENDLESS_RULE.replace('unlimited-', '');
  const all = await judged(5n, 'transfer, allowance, sign-message', `${lent}\n${MESSAGES}`);
  expect(all()).toMatchObject({ decisions: [{ outcome: 'ALLOW' }] });
  const unsigned = await judged(5n, 'transfer, allowance', lent);
  expect(unsigned).toThrow(/does not govern the activity "sign-message"/);
  const unlent = await judged(5n, 'transfer, sign-message', MESSAGES);
  expect(unlent).toThrow(/does not govern the activity "allowance"/);
  const endless = `${ENDLESS_RULE}\n${MESSAGES}`;
  const named = await judged(
    UNLIMITED_UNITS,
    'transfer, unlimited-allowance, sign-message',
    endless,
  );
  expect(named()).toMatchObject({ spend: { activity: 'unlimited-allowance' } });
});

test('before the first policy nothing is allowed, not even in its own name', async () => {
  const payment = await company.pay({ approvers: [] });
  const policy = { hash: GENESIS_HASH, version: GENESIS_VERSION };
  const state = { ...company.state, policies: [] };
  const mandate = { ...payment.mandate, policy };
  expect(() => verify({ ...payment, mandate }, { state })).toThrow(/no policy has been published/);
});

const refusal = (isUnknown: boolean) =>
  expect.objectContaining({ context: expect.objectContaining({ isUnknown }) });

test('a refusal says whether a missing fact is all that stands in the way', async () => {
  const payment = await company.pay();
  const withQuotes = (quotes: OwnKnowledge['quotes']) => () => verify(payment, { quotes });
  expect(withQuotes(new Map())).toThrow(refusal(true));
  expect(withQuotes(new Map([[USDC, [company.quote('9.00')]]]))).toThrow(refusal(false));
});

test('a quote of the gateway whose clock is ahead is one of now', async () => {
  const payment = await company.pay();
  const asOf = new Date(company.now + 40_000).toISOString();
  const quotes = [{ currency: 'USD', price: '1.00', asOf, maxAgeMs: 60_000 }];
  expect(() => verify({ ...payment, mandate: { ...payment.mandate, quotes } })).not.toThrow();
});

test.each<[string, string, RegExp, (own: OwnKnowledge) => Partial<OwnKnowledge>]>([
  [
    'whose organisation is frozen',
    'organization',
    /organisation is frozen/,
    ({ state }) => ({ state: { ...state, frozen: true } }),
  ],
  [
    'whose key is of another organisation',
    'organization',
    /key belongs to another/,
    (own) => ({ key: { ...own.key, organization: company.authority.newId('organization') } }),
  ],
  [
    'whose key is of another scheme',
    'wallet',
    /no such key/,
    (own) => ({ key: { ...own.key, scheme: 'frost-secp256k1' } }),
  ],
  [
    'whose key signs nothing on the network',
    'network',
    /signs nothing on local-evm/,
    ({ state, key }) => {
      const scheme = 'frost-ed25519';
      const known = state.keys.get(key.keyId);
      const keys = new Map(state.keys);
      if (known !== undefined) keys.set(key.keyId, { ...known, scheme });
      return { state: { ...state, keys }, key: { ...key, scheme } };
    },
  ],
  [
    'whose wallet lies elsewhere below the key',
    'wallet',
    /elsewhere below its key/,
    (own) => ({ wallet: { ...own.wallet, path: 'm/44/60/0/0/1' } }),
  ],
  ['without a price of its own', 'policy', /DATA_MISSING/, () => ({ quotes: new Map() })],
  [
    'whose own price is stricter than the gateway’s',
    'policy',
    /LIMIT_EXCEEDED/,
    () => ({ quotes: new Map([[USDC, [company.quote('9.00')]]]) }),
  ],
  [
    'with no published policy',
    'policy',
    /never published/,
    ({ state }) => ({ state: { ...state, policies: [] } }),
  ],
  [
    'whose policy’s text is not that of its hash',
    'policy',
    /not what its hash says/,
    ({ state }) => ({
      state: {
        ...state,
        policies: state.policies.map(({ files, ...policy }) => ({
          ...policy,
          files: files.map(({ path, content }) => ({
            path,
            content: content.replace('250,000 USD', '950,000 USD'),
          })),
        })),
      },
    }),
  ],
  [
    'whose clock is behind the intent’s beginning',
    'created',
    /from the future/,
    ({ now }) => ({ now: instant(now - HOUR_MS) }),
  ],
])('a node %s refuses', async (_, field, reason, change) => {
  const payment = await company.pay();
  const own = company.own('operations');
  expect(() => verify(payment, change(own))).toThrow(
    expect.objectContaining({
      code: 'EVIDENCE_REJECTED',
      context: expect.objectContaining({ field, reason: expect.stringMatching(reason) }),
    }),
  );
});
