/** What the workflow asks to have signed, and how it travels to the nodes. */
import type { Payload } from '#chains/adapter.ts';
import { findNetwork } from '#chains/registry.ts';
import { verbsOf } from '#chains/verbs.ts';
import { type Bytes, hex } from '#core/bytes.ts';
import type { SignedStatement } from '#mandate/assertion.ts';
import type { QuoteWord } from '#mandate/mandate.ts';
import type { SignedScreening } from '#mandate/screening-word.ts';
import { parseIntent } from '#mandate/intent.ts';
import type { MandateFields, StatementFields } from '#signer-cluster/proto/open-request.ts';

/** Everything on which a signer node bases its own decision. */
export type SigningRequest = {
  /** Canonical text of the transfer's intent. */
  readonly intent: string;
  readonly unsigned: Bytes;
  readonly initiator: SignedStatement;
  readonly policy: { readonly hash: string; readonly version: number };
  readonly approvals: readonly SignedStatement[];
  /** What the gateway knows of the asset's price. */
  readonly quotes?: readonly QuoteWord[];
  /** A provider's word, where it has signed one. */
  readonly screening?: SignedScreening;
  /** The proof of what it leans on in the audit log: nodes sign nothing without. */
  readonly log?: string;
};

/** What the nodes will read from the bytes too; the comparison with the intent is theirs. */
export function payloadsOf({ intent, unsigned }: SigningRequest): readonly Payload[] {
  const network = findNetwork(parseIntent(intent).network);
  return verbsOf(network).payloads(network, unsigned);
}

/** By name: what a row or an object carries beyond its type stays here. */
const statementFields = (signed: SignedStatement): StatementFields => ({
  statement: signed.statement,
  credentialId: signed.credentialId,
  authenticatorData: signed.authenticatorData,
  clientDataJSON: signed.clientDataJSON,
  signature: signed.signature,
});

export const mandateFields = (mandate: SigningRequest): MandateFields => ({
  intent: mandate.intent,
  unsigned: hex(mandate.unsigned),
  initiator: statementFields(mandate.initiator),
  policy: { hash: mandate.policy.hash, version: mandate.policy.version },
  approvals: mandate.approvals.map(statementFields),
  quotes: (mandate.quotes ?? []).map(({ currency, price, asOf, maxAgeMs }) => ({
    currency,
    price,
    asOf,
    maxAgeMs,
  })),
  screening:
    mandate.screening === undefined
      ? null
      : { statement: mandate.screening.statement, signature: mandate.screening.signature },
  log: mandate.log ?? '',
});
