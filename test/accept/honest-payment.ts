/**
 * Payments in which everything is in order: one that must be signed, and those that must not be, because
 * no quorum has them in writing.
 */
import type { Mandate } from '#mandate/mandate.ts';
import type { Receipt } from '#mandate/receipt-text.ts';
import { type Payment, usdc } from '#testing/paying-company.ts';
import type { CompanyOnNodes } from './company-on-nodes.ts';

export type ControlPayment = {
  readonly payment: Payment;
  /** Of a quorum. */
  readonly receipts: readonly Receipt[];
};

/** A mandate in order, with receipts that are not a quorum's for it. */
export type BareAgreement = {
  readonly kind: string;
  readonly mandate: Mandate;
  /** @param given what the corrupted nodes gave for it */
  readonly receiptsWith: (given: readonly Receipt[]) => readonly Receipt[];
};

/** All nodes of a quorum know all payments here: none has to be told of any. */
const mandatesOf = async (): Promise<readonly Mandate[]> => [];

/** @throws where it is not signed: then a refusal of anything else says nothing */
export async function payHonestly({
  cluster,
  company,
  keyOf,
}: CompanyOnNodes): Promise<ControlPayment> {
  const payment = await company.pay({ units: usdc(10n), approvers: [] });
  const { mandate } = payment;
  const keyId = keyOf('operations');
  const authority = company.authority.state.head.sequence;
  const agreement = await cluster.agree({ keyId, mandate, authority, mandatesOf });
  await cluster.sign({ keyId, mandate, agreement });
  return { payment, receipts: agreement.receipts };
}

/** The receipt's text with another party, or whatever else is replaced in it. */
const altered = ({ statement, signature }: Receipt, from: RegExp, to: string): Receipt => ({
  statement: statement.replace(from, to),
  signature,
});

/** Each under every name of a committee of five. */
const underNames = (given: readonly Receipt[]): readonly Receipt[] =>
  [1, 2, 3, 4, 5].flatMap((party) =>
    given.map((one) => altered(one, /"party":\d+/, `"party":${party}`)),
  );

export async function bareAgreements(
  { company }: CompanyOnNodes,
  { payment, receipts }: ControlPayment,
): Promise<readonly BareAgreement[]> {
  const fresh = async (): Promise<Mandate> =>
    (await company.pay({ units: usdc(10n), approvers: [] })).mandate;
  const otherBytes = company.bytesOf(payment.intent, { nonce: 8n });
  return [
    { kind: 'no receipt at all', mandate: await fresh(), receiptsWith: () => [] },
    {
      kind: 'receipts of the corrupted nodes alone',
      mandate: await fresh(),
      receiptsWith: (given) => given,
    },
    {
      kind: 'one receipt in the place of all',
      mandate: await fresh(),
      receiptsWith: ([first]) => (first === undefined ? [] : [first, first, first, first, first]),
    },
    {
      kind: 'corrupted receipts under honest names',
      mandate: await fresh(),
      receiptsWith: underNames,
    },
    {
      kind: 'honest receipts of another payment',
      mandate: await fresh(),
      receiptsWith: () => receipts,
    },
    {
      kind: 'honest receipts of the same intent for other bytes',
      mandate: { ...payment.mandate, unsigned: otherBytes },
      receiptsWith: () => receipts,
    },
    {
      kind: 'honest receipts with another clock',
      mandate: await fresh(),
      receiptsWith: () => receipts.map((one) => altered(one, /"at":\d+/, '"at":0')),
    },
  ];
}
