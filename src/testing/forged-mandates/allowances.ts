/** Allowances that are given otherwise than they were signed, or that the policy does not let be given. */
import { approveCall, transferCall } from '#chains/evm/explain.ts';
import type { Transaction } from '#chains/evm/transaction.ts';
import { UNLIMITED_UNITS } from '#core/allowance.ts';
import { canonicalText } from '#core/canonical.ts';
import { INTENT_DOMAIN, type Intent } from '#mandate/intent.ts';
import type { PayingCompany, Wanted } from '#testing/paying-company.ts';
import { STRANGER } from '#testing/policy-fixtures.ts';
import { type Draw, type Forged, type Forgery, forged, under } from './forgery.ts';

const allow = (company: PayingCompany, draw: Draw, wanted: Wanted = {}) =>
  company.pay({ kind: 'allowance', units: draw.units, ...wanted });

/** An honest mandate of an allowance whose transaction has another field. */
const withBytes =
  (change: (intent: Intent, draw: Draw) => Partial<Transaction>) =>
  async (company: PayingCompany, draw: Draw): Promise<Forged> => {
    const payment = await allow(company, draw);
    const bytes = change(payment.intent, draw);
    return forged(payment, { unsigned: company.bytesOf(payment.intent, { bytes }) });
  };

export const ALLOWANCES: readonly Forgery[] = [
  {
    kind: 'a payment in the place of an allowance',
    field: 'kind',
    reason: /the transaction has transfer, the intent allowance/,
    make: withBytes(({ recipient, units }) => ({ data: transferCall(recipient, BigInt(units)) })),
  },
  {
    kind: 'an allowance for another spender',
    field: 'recipient',
    reason: /the transaction has/,
    make: withBytes(({ units }) => ({ data: approveCall(STRANGER, BigInt(units)) })),
  },
  {
    kind: 'an allowance of more',
    field: 'units',
    reason: /the transaction has \d+, the intent \d+/,
    make: withBytes(({ recipient, units }, draw) => ({
      data: approveCall(recipient, BigInt(units) + 1n + BigInt(draw.int(9_999))),
    })),
  },
  {
    kind: 'an allowance without a bound in the place of one with a bound',
    field: 'units',
    reason: /the transaction has \d+, the intent \d+/,
    make: withBytes(({ recipient }) => ({ data: approveCall(recipient, UNLIMITED_UNITS) })),
  },
  {
    kind: 'an allowance of another token',
    field: '',
    reason: /no registered token/,
    make: withBytes(() => ({ to: STRANGER })),
  },
  {
    kind: 'an allowance without a bound that is written as a number',
    field: 'units',
    reason: /without a bound that is written as a number/,
    async make(company, draw) {
      const units = draw.pick([2n ** 96n - 1n, 2n ** 160n - 1n, 2n ** 255n, UNLIMITED_UNITS]);
      const intent = { ...company.intent({ kind: 'allowance' }), units: units.toString() };
      return forged(await company.payWith('operations', intent));
    },
  },
  {
    kind: 'an allowance without a bound that the policy does not name',
    field: 'policy',
    reason: /does not govern/,
    make: async (company, draw) => forged(await allow(company, draw, { units: UNLIMITED_UNITS })),
  },
  {
    kind: 'an allowance that nobody has approved',
    field: 'approvals',
    reason: /2 more of managers/,
    make: async (company, draw) => forged(await allow(company, draw, { approvers: [] })),
  },
  {
    kind: 'an allowance of what the limit has no room for',
    needs: 'earlier-spends',
    field: 'policy',
    reason: /LIMIT_EXCEEDED/,
    make: async (company, draw) => forged(await allow(company, draw, { wallet: 'spent' })),
  },
  {
    kind: 'an allowance to a stranger',
    field: 'policy',
    reason: /POLICY_DENIED/,
    make: async (company, draw) => forged(await allow(company, draw, { recipient: STRANGER })),
  },
  {
    kind: 'the signatures of an allowance under a payment',
    field: 'initiator',
    reason: /another statement|another challenge/,
    async make(company, draw) {
      const payment = await allow(company, draw);
      const paid: Intent = { ...payment.intent, domain: INTENT_DOMAIN, feeMax: '' };
      const intent = canonicalText(paid);
      const initiator = under(intent, payment.mandate.initiator);
      return forged(payment, { intent, initiator, unsigned: company.bytesOf(paid) });
    },
  },
  {
    kind: 'a payment for which an allowance has used up the limit',
    needs: 'earlier-spends',
    field: 'policy',
    reason: /LIMIT_EXCEEDED/,
    async make(company, draw) {
      await company.lentBefore();
      return forged(await company.pay({ wallet: 'lent', units: draw.units }));
    },
  },
];
