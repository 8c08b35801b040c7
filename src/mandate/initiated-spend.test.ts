import { beforeAll, expect, test } from 'vitest';
import { PayingCompany, type Payment } from '#testing/paying-company.ts';
import { applyEntry } from './authority/entry.ts';
import { type Initiators, initiators } from './authority/initiators.ts';
import type { AuthorityState } from './authority/state.ts';
import { initiatedSpend } from './initiated-spend.ts';
import type { Mandate } from './mandate.ts';
import { verifyMandate } from './verify-mandate.ts';

let company: PayingCompany;
let known: Initiators;

beforeAll(async () => {
  company = await PayingCompany.open('initiated spends');
  known = knownInitiators();
});

/** As a node that has applied the whole log. */
function knownInitiators(): Initiators {
  const noted = initiators();
  let state: AuthorityState | undefined;
  for (const entry of company.authority.entries) {
    state = applyEntry(state, entry);
    noted.note(state);
  }
  return noted;
}

const learn = ({ mandate, wallet }: Payment) =>
  initiatedSpend(mandate, { ...company.own(wallet), couldInitiate: (id) => known.has(id) });

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

test('who could ask for it once may have been heard then: it counts, whoever has left since', async () => {
  for (const person of ['rita', 'lars'] as const) {
    const payment = await company.pay({ initiator: company.people[person] });
    expect(() => verifyMandate(payment.mandate, company.own(payment.wallet))).toThrow();
    expect(learn(payment).digests).toHaveLength(1);
  }
});

test('who could never ask for a payment uses up no limit by signing one', async () => {
  const payment = await company.pay({ initiator: company.people.cora });
  expect(() => learn(payment)).toThrow(/was never there/);
});
