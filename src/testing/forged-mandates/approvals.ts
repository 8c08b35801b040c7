/** Approvals that are none, or not of this payment, or of people who may not give them. */
import { hex } from '#core/bytes.ts';
import { canonicalText } from '#core/canonical.ts';
import { instant } from '#core/time.ts';
import { type ApprovalStatementInput } from '#mandate/approval.ts';
import type { SignedStatement } from '#mandate/assertion.ts';
import { ceremonyStatement, LOGIN_DOMAIN } from '#mandate/ceremony.ts';
import { base64url } from '#core/bytes.ts';
import type { Payment, PayingCompany } from '#testing/paying-company.ts';
import { type Draw, type Forgery, forged, replaced, under } from './forgery.ts';

type Others = (
  company: PayingCompany,
  payment: Payment,
  draw: Draw,
) => Promise<readonly SignedStatement[]> | readonly SignedStatement[];

/** An honest payment with other approvals. */
const approvedBy = (kind: string, reason: RegExp, others: Others): Forgery => ({
  kind,
  field: 'approvals',
  reason,
  async make(company, draw) {
    const payment = await company.pay({ units: draw.units });
    const approvals = await others(company, payment, draw);
    return forged(payment, { approvals });
  },
});

/** One of the two approvals says something else. */
const saying = (
  kind: string,
  reason: RegExp,
  change: (company: PayingCompany, draw: Draw) => Partial<ApprovalStatementInput>,
): Forgery =>
  approvedBy(kind, reason, async (company, { intent, mandate }, draw) => {
    const { bob } = company.people;
    const other = await company.approve(intent, bob, change(company, draw));
    return [other, ...mandate.approvals.slice(1)];
  });

const MORE = /asks for 1 more of managers/;

export const APPROVALS: readonly Forgery[] = [
  approvedBy('no approval at all', /asks for 2 more of managers/, () => []),
  approvedBy('one approval too few', MORE, (_, { mandate }, draw) => [
    draw.pick(mandate.approvals),
  ]),
  approvedBy('the same approval twice', MORE, (_, { mandate }, draw) => {
    const approval = draw.pick(mandate.approvals);
    return [approval, approval];
  }),
  approvedBy('one person with two passkeys', MORE, async (company, { intent }) => [
    await company.approve(intent, company.people.bob),
    await company.approve(intent, company.bobAgain),
  ]),
  approvedBy('an approver who is in no group', MORE, async (company, { intent, mandate }) => [
    ...mandate.approvals.slice(0, 1),
    await company.approve(intent, company.people.carl),
  ]),
  approvedBy('an approver who has left', /not active/, async (company, { intent, mandate }) => [
    ...mandate.approvals.slice(0, 1),
    await company.approve(intent, company.people.mona),
  ]),
  approvedBy('the initiator approves', MORE, async (company, { intent, mandate }) => [
    ...mandate.approvals.slice(0, 1),
    await company.approve(intent, company.people.alice),
  ]),
  approvedBy(
    'an approver whose role permits no approvals',
    /approvals:decide is missing/,
    async (company, { intent, mandate }) => [
      ...mandate.approvals.slice(0, 1),
      await company.approve(intent, company.people.cora),
    ],
  ),
  approvedBy('a program approves', /no person/, async (company, { intent, mandate }) => [
    ...mandate.approvals.slice(0, 1),
    await company.approve(intent, company.robot),
  ]),
  approvedBy('an approval with a revoked passkey', /revoked/, async (company, { intent }) => [
    await company.approve(intent, company.people.rita),
  ]),
  approvedBy(
    'an approval with a passkey from before a recovery',
    /revoked/,
    async (company, { intent, mandate }) => [
      ...mandate.approvals.slice(0, 1),
      await company.approve(intent, company.people.olga),
    ],
  ),
  approvedBy(
    'an approval by a passkey that the log does not know',
    /no credential of the log/,
    async (company, { intent, mandate }) => [
      ...mandate.approvals.slice(0, 1),
      await (
        await company.stranger(company.people.bob)
      ).sign(company.approval(intent, company.people.bob)),
    ],
  ),
  approvedBy(
    "an approval in another person's name",
    /another person's credential/,
    async (company, { intent, mandate }) => [
      ...mandate.approvals.slice(0, 1),
      await company.people.carl.sign(company.approval(intent, company.people.bob)),
    ],
  ),
  approvedBy('an approval of another page', /not made on/, async (company, { intent, mandate }) => [
    ...mandate.approvals.slice(0, 1),
    await company.people.bob.sign(company.approval(intent, company.people.bob), {
      origin: 'http://evil.example',
    }),
  ]),
  approvedBy('an approval without verification', /not verified/, async (company, { intent }) => [
    await company.people.bob.sign(company.approval(intent, company.people.bob), {
      userVerified: false,
    }),
  ]),
  approvedBy(
    'an approval of which one bit is turned',
    /signature is not/,
    async (company, { intent, mandate }, draw) => [
      ...mandate.approvals.slice(0, 1),
      await company.people.bob.sign(company.approval(intent, company.people.bob), {
        signature: (bytes) => draw.flipped(bytes),
      }),
    ],
  ),
  approvedBy(
    'the approval of another intent',
    /approves of another intent/,
    async (company, { mandate }, draw) => {
      const other = await company.pay({ units: draw.units });
      return [...mandate.approvals.slice(0, 1), draw.pick(other.mandate.approvals)];
    },
  ),
  approvedBy(
    'the approval of another intent under this one’s name',
    /another challenge/,
    async (company, { intent, mandate }, draw) => {
      const other = await company.pay({ units: draw.units });
      const [signed] = other.mandate.approvals;
      const { bob } = company.people;
      const statement = canonicalText(company.approval(intent, bob));
      return signed === undefined ? [] : [...mandate.approvals.slice(1), under(statement, signed)];
    },
  ),
  approvedBy(
    'a rejection that is passed off as an approval',
    /another challenge/,
    async (company, { intent, mandate }) => {
      const { bob } = company.people;
      const rejection = company.approval(intent, bob, { decision: 'REJECT' });
      const statement = canonicalText({ ...rejection, decision: 'APPROVE' });
      return [...mandate.approvals.slice(1), under(statement, await bob.sign(rejection))];
    },
  ),
  approvedBy(
    'a rejection beside enough approvals',
    /somebody rejected it/,
    async (company, { intent, mandate }) => [
      ...mandate.approvals,
      await company.approve(intent, company.people.bob, { decision: 'REJECT' }),
    ],
  ),
  approvedBy('a login in the place of an approval', /purpose/, async (company, payment, draw) => {
    const statement = ceremonyStatement(LOGIN_DOMAIN, {
      serverNonce: base64url(draw.bytes(32)),
      clientNonce: base64url(draw.bytes(32)),
      origin: 'http://localhost:4000',
    });
    return [...payment.mandate.approvals, await company.people.bob.sign(statement)];
  }),
  approvedBy('the intent’s own assertion as an approval', /purpose/, (_, { mandate }) => [
    ...mandate.approvals,
    mandate.initiator,
  ]),
  approvedBy('more approvals than anybody needs', /too many/, (_, { mandate }) =>
    Array.from({ length: 129 }, () => mandate.approvals[0]).filter((one) => one !== undefined),
  ),
  saying('an approval of another organisation', /another organisation/, ({ authority }) => ({
    organization: authority.newId('organization'),
  })),
  saying('an approval from the future', /from the future/, ({ now }, draw) => ({
    created: instant(now + 60_001 + draw.int(50_000)),
  })),
  saying('an approval under a policy that was never published', /never published/, (_, draw) => ({
    policyHash: hex(draw.bytes(32)),
  })),
  {
    kind: 'approvals from before the policy became stricter',
    field: 'approvals',
    reason: MORE,
    async make(company, draw) {
      const payment = await company.pay({ units: draw.units });
      const { bob } = company.people;
      const policyHash = company.policy(1).hash;
      const approvals = [await company.approve(payment.intent, bob, { policyHash })];
      return forged(payment, { policy: company.policy(1), approvals });
    },
  },
  {
    kind: 'an approval whose text is noise',
    field: 'approvals',
    reason: /./,
    make: replaced(({ mandate }, _, draw) => ({
      approvals: mandate.approvals.map((signed) =>
        under(signed.statement.slice(0, draw.int(signed.statement.length)), signed),
      ),
    })),
  },
];
