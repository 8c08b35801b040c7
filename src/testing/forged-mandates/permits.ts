/** Messages that are other permits than were signed for, or none, and permits that the policy refuses. */
import { approveCall } from '#chains/evm/explain.ts';
import type { Permit } from '#chains/evm/permit.ts';
import { encodeUnsigned } from '#chains/evm/transaction.ts';
import { findAsset, findNetwork } from '#chains/registry.ts';
import { UNLIMITED_UNITS } from '#core/allowance.ts';
import { type Bytes, concat, utf8 } from '#core/bytes.ts';
import { canonicalText } from '#core/canonical.ts';
import {
  ALLOWANCE_DOMAIN,
  type Intent,
  PERMIT_DOMAIN,
  type PermitIntent,
} from '#mandate/intent.ts';
import type { PayingCompany, Payment, Wanted } from '#testing/paying-company.ts';
import { STRANGER } from '#testing/policy-fixtures.ts';
import { type Draw, type Forged, type Forgery, forged, under } from './forgery.ts';

const permit = (company: PayingCompany, draw: Draw, wanted: Wanted = {}) =>
  company.pay({ kind: 'permit', units: draw.units, ...wanted });

function intentOf({ intent }: Payment): PermitIntent {
  if (intent.domain === PERMIT_DOMAIN) return intent;
  throw new Error('it is no permit');
}

/** An honest mandate of a permit, under which other bytes are to be signed. */
const withBytes =
  (bytes: (intent: PermitIntent, company: PayingCompany, draw: Draw) => Bytes) =>
  async (company: PayingCompany, draw: Draw): Promise<Forged> => {
    const payment = await permit(company, draw);
    return forged(payment, { unsigned: bytes(intentOf(payment), company, draw) });
  };

/** The permit has another field than the intent. */
const other = (
  kind: string,
  field: string,
  change: (intent: PermitIntent, draw: Draw) => Partial<Permit>,
): Forgery => ({
  kind,
  field,
  reason: /the transaction has|a permit of 0x/,
  make: withBytes((intent, company, draw) =>
    company.permitOf(intent, 'operations', change(intent, draw)),
  ),
});

/** The typed data in which one text takes the place of another. */
const rewritten = (kind: string, reason: RegExp, from: RegExp, to: string): Forgery => ({
  kind,
  field: '',
  reason,
  make: withBytes((intent, company) =>
    utf8(new TextDecoder().decode(company.permitOf(intent)).replace(from, to)),
  ),
});

const some = (draw: Draw): bigint => 1n + BigInt(draw.int(9_999));

export const PERMITS: readonly Forgery[] = [
  other('a permit for another spender', 'recipient', () => ({ spender: STRANGER })),
  other('a permit of more', 'units', ({ units }, draw) => ({ units: BigInt(units) + some(draw) })),
  other('a permit without a bound in the place of one with a bound', 'units', () => ({
    units: UNLIMITED_UNITS,
  })),
  other('a permit that holds longer', 'deadline', ({ deadline }, draw) => ({
    deadline: BigInt(deadline) + some(draw),
  })),
  other('a permit with another number', 'nonce', ({ nonce }, draw) => ({
    nonce: BigInt(nonce) + some(draw),
  })),
  other('a permit of another owner', '', () => ({ owner: STRANGER })),
  rewritten(
    'a permit of a contract that is no token',
    /no registered token/,
    /"verifyingContract":"0x\w+"/,
    `"verifyingContract":"${STRANGER}"`,
  ),
  rewritten('a permit for another chain', /is no registered token/, /"31337"/, '"137"'),
  rewritten('a permit in another domain', /not the one of/, /Test USD Coin/, 'USD Coin'),
  rewritten('another type of typed data', /the type is not Permit/, /"Permit",/, '"Order",'),
  rewritten('a permit whose type has other fields', /another one/, /"name":"value"/, '"name":"v"'),
  rewritten('a permit in another spelling', /not the canonical/, /^\{/, '{ '),
  {
    kind: 'a personal message in the place of a permit',
    field: '',
    reason: /not an EIP-1559/,
    make: withBytes((_, __, draw) =>
      concat(utf8('\u0019Ethereum Signed Message:\n64'), draw.bytes(64)),
    ),
  },
  {
    kind: 'an allowance in the place of a permit',
    field: 'kind',
    reason: /has allowance, the intent permit/,
    make: withBytes(({ network, asset, recipient, units }) =>
      encodeUnsigned({
        chainId: findNetwork(network).chainId,
        nonce: 7n,
        maxPriorityFeePerGas: 0n,
        maxFeePerGas: 0n,
        gasLimit: 70_000n,
        to: findAsset(asset).contract ?? '',
        value: 0n,
        data: approveCall(recipient, BigInt(units)),
      }),
    ),
  },
  ...(['payment', 'allowance'] as const).map((kind): Forgery => ({
    kind: `a permit in the place of the transaction of an ${kind}`,
    field: 'kind',
    reason: /has permit, the intent/,
    async make(company, draw) {
      const payment = await company.pay({ kind, units: draw.units });
      const { units, recipient } = payment.intent;
      const like = company.intent({ kind: 'permit', units: BigInt(units), recipient });
      return forged(payment, { unsigned: company.bytesOf(like) });
    },
  })),
  {
    kind: 'a permit that outlives its intent',
    field: 'deadline',
    reason: /after the end of the intent/,
    async make(company, draw) {
      const intent = company.intent({ kind: 'permit', units: draw.units });
      const late = Math.floor(Date.parse(intent.expires) / 1_000) + 1 + draw.int(9_999);
      const longer = { ...intent, deadline: late.toString() } as Intent;
      return forged(await company.payWith('operations', longer));
    },
  },
  {
    kind: 'a permit without a bound that is written as a number',
    field: 'units',
    reason: /without a bound that is written as a number/,
    async make(company, draw) {
      const units = draw.pick([2n ** 96n - 1n, 2n ** 160n - 1n, UNLIMITED_UNITS]);
      const intent = { ...company.intent({ kind: 'permit' }), units: units.toString() };
      return forged(await company.payWith('operations', intent));
    },
  },
  {
    kind: 'a permit without a bound that the policy does not name',
    field: 'policy',
    reason: /does not govern/,
    make: async (company, draw) => forged(await permit(company, draw, { units: UNLIMITED_UNITS })),
  },
  {
    kind: 'a permit that nobody has approved',
    field: 'approvals',
    reason: /2 more of managers/,
    make: async (company, draw) => forged(await permit(company, draw, { approvers: [] })),
  },
  {
    kind: 'a permit of what the limit has no room for',
    needs: 'earlier-spends',
    field: 'policy',
    reason: /LIMIT_EXCEEDED/,
    make: async (company, draw) => forged(await permit(company, draw, { wallet: 'spent' })),
  },
  {
    kind: 'a permit for a stranger',
    field: 'policy',
    reason: /POLICY_DENIED/,
    make: async (company, draw) => forged(await permit(company, draw, { recipient: STRANGER })),
  },
  {
    kind: 'the signatures of a permit under an allowance',
    field: 'initiator',
    reason: /another statement|another challenge/,
    async make(company, draw) {
      const payment = await permit(company, draw);
      const { nonce: _, deadline: __, ...fields } = intentOf(payment);
      const lent: Intent = { ...fields, domain: ALLOWANCE_DOMAIN, feeMax: '' };
      const intent = canonicalText(lent);
      const initiator = under(intent, payment.mandate.initiator);
      return forged(payment, { intent, initiator, unsigned: company.bytesOf(lent) });
    },
  },
  {
    kind: 'a payment for which a permit has used up the limit',
    needs: 'earlier-spends',
    field: 'policy',
    reason: /LIMIT_EXCEEDED/,
    async make(company, draw) {
      await company.promisedBefore();
      return forged(await company.pay({ wallet: 'promised', units: draw.units }));
    },
  },
];
