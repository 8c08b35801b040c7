import { beforeAll, expect, test } from 'vitest';
import { PayingCompany, type Payment } from '#testing/paying-company.ts';
import { initiatedSpend } from './initiated-spend.ts';
import type { Mandate } from './mandate.ts';
import { verifyMandate } from './verify-mandate.ts';

let company: PayingCompany;

beforeAll(async () => {
  company = await PayingCompany.open('initiated spends');
});

const learn = ({ mandate, wallet }: Payment) => initiatedSpend(mandate, company.own(wallet));

test('what another node has in writing counts as it would have counted here', async () => {
  const payment = await company.pay();
  const { spend } = verifyMandate(payment.mandate, company.own(payment.wallet));
  expect(learn(payment).spend).toEqual(spend);
});

test('it counts whatever the policy says by now, and who approved it', async () => {
  const payment = await company.pay({ approvers: [] });
  expect(() => verifyMandate(payment.mandate, company.own(payment.wallet))).toThrow(/approvals/);
  expect(learn(payment).digests).toHaveLength(1);
});

test.each<[string, (payment: Payment) => Promise<Partial<Mandate>>]>([
  [
    'nobody signed',
    async ({ mandate }) => ({ initiator: { ...mandate.initiator, signature: '' } }),
  ],
  [
    'somebody else signed',
    async ({ intent }) => ({ initiator: await company.people.bob.sign(intent) }),
  ],
  [
    'a stranger signed',
    async ({ intent }) => {
      const stranger = await company.stranger(company.people.alice);
      return { initiator: await stranger.sign(intent) };
    },
  ],
  [
    'the initiator signed for another payment',
    async () => ({ intent: (await company.pay()).mandate.intent }),
  ],
  [
    'the bytes pay somebody else',
    async ({ intent }) => {
      const other = { ...intent, units: '1' };
      return { unsigned: company.bytesOf(other) };
    },
  ],
])('a payment that %s is not learned', async (_, change) => {
  const payment = await company.pay();
  const mandate = { ...payment.mandate, ...(await change(payment)) };
  expect(() => learn({ ...payment, mandate })).toThrow();
});
