/**
 * What nodes must have in writing before they sign a payment: a quorum's receipts and, where a quorum is
 * not all nodes, what those who gave them know of other spends
 * (docs/adr/0017-a-spend-counts-with-a-quorums-receipts.md).
 */
import type { KeyId } from '#core/ids.ts';
import { needsConfirmation, quorumOf, type Shape } from '#mandate/quorum.ts';
import type { Receipt } from '#mandate/receipt.ts';
import type { Refusal } from '#signer-cluster/proto/frames.ts';
import type { MandateFields, OpenRequest } from '#signer-cluster/proto/open-request.ts';
import {
  type ConfirmationFields,
  readConfirmation,
  readReceipt,
} from '#signer-cluster/proto/receipt-fields.ts';
import type { PartyId } from '#signing/kernel.ts';
import { type Answers, askEach, readTexts } from './ask-each.ts';
import type { SignerLink } from './link.ts';
import { errorOf, rejectionOf, unavailable } from './outcome.ts';
import type { RelayTimeouts } from './relay.ts';

export type Agreement = {
  readonly receipts: readonly Receipt[];
  /** Empty where receipts are enough. */
  readonly confirmations: readonly ConfirmationFields[];
};

export const NO_AGREEMENT: Agreement = { receipts: [], confirmations: [] };

export type SpendQuestion = {
  readonly keyId: KeyId;
  readonly mandate: MandateFields;
  /** Hash of the intent, and of what is to be signed; both in hex. */
  readonly intent: string;
  readonly digests: readonly string[];
  /** Where the worker has the organisation's authority log: its last entry. */
  readonly authority: number;
  /** The mandates behind these hashes of intents, as far as they are known. */
  readonly mandatesOf: (intents: readonly string[]) => Promise<readonly MandateFields[]>;
};

type Nodes = {
  readonly links: readonly SignerLink[];
  readonly shape: Shape;
  readonly timeouts: RelayTimeouts;
};

/** Other payments may come in between what two nodes tell. */
const CONFIRM_ATTEMPTS_MAX = 5;

/** @throws SIGNERS_UNAVAILABLE without a quorum, EVIDENCE_REJECTED, KEY_LOCKED, AUDIT_UNAVAILABLE */
export async function agreeOn(nodes: Nodes, spend: SpendQuestion): Promise<Agreement> {
  const { keyId, mandate, authority } = spend;
  const open = { purpose: 'reserve', keyId, mandate, authority } as const;
  const asked = await askEach(nodes.links, () => open, nodes.timeouts);
  const receipts = readTexts(asked.texts, readReceipt);
  requireQuorum(nodes, receipts, asked, 'reserve');
  const given = { receipts: [...receipts.values()], confirmations: [] };
  if (!needsConfirmation(nodes.shape)) return given;
  return confirm(nodes, spend, given.receipts);
}

async function confirm(
  nodes: Nodes,
  spend: SpendQuestion,
  receipts: readonly Receipt[],
): Promise<Agreement> {
  const { keyId, intent, digests } = spend;
  const open = { purpose: 'confirm', keyId, intent, digests, receipts, since: 0 } as const;
  for (let attempt = 1; ; attempt += 1) {
    const asked = await askEach(nodes.links, () => open, nodes.timeouts);
    const confirmations = readTexts(asked.texts, readConfirmation);
    requireQuorum(nodes, confirmations, asked, 'confirm');
    const missing = missingOf(confirmations);
    const agreement = { receipts, confirmations: [...confirmations.values()] };
    if (missing.size === 0 || attempt === CONFIRM_ATTEMPTS_MAX) return agreement;
    await tell(nodes, spend, missing);
  }
}

/** By party, the hashes of the intents that others know and it does not. */
function missingOf(
  confirmations: ReadonlyMap<PartyId, ConfirmationFields>,
): ReadonlyMap<PartyId, readonly string[]> {
  const all = new Set([...confirmations.values()].flatMap(({ ids }) => ids));
  const missing = new Map<PartyId, readonly string[]>();
  for (const [party, { ids }] of confirmations) {
    const own = new Set(ids);
    const unknown = [...all].filter((id) => !own.has(id));
    if (unknown.length > 0) missing.set(party, unknown);
  }
  return missing;
}

async function tell(
  { links, timeouts }: Nodes,
  { keyId, mandatesOf }: SpendQuestion,
  missing: ReadonlyMap<PartyId, readonly string[]>,
): Promise<void> {
  const requests = new Map<PartyId, OpenRequest>();
  for (const [party, intents] of missing) {
    requests.set(party, { purpose: 'learn', keyId, mandates: await mandatesOf(intents) });
  }
  const behind = links.filter(({ party }) => requests.has(party));
  await askEach(behind, (party) => requests.get(party) as OpenRequest, timeouts);
}

/**
 * As many rejections as it takes to sign come from an honest node at least, and are final. Fewer may be lies,
 * and the payment waits.
 */
function requireQuorum(
  { shape }: Nodes,
  given: ReadonlyMap<PartyId, unknown>,
  { refusals, lost }: Answers,
  purpose: 'reserve' | 'confirm',
): void {
  const quorum = quorumOf(shape);
  if (given.size >= quorum) return;
  const all: readonly Refusal[] = [...refusals.values()];
  const rejections = all.filter(({ code }) => code === 'EVIDENCE_REJECTED');
  if (rejections.length >= shape.threshold) throw rejectionOf(rejections);
  const [first] = all;
  const cause = first === undefined ? `parties ${lost.join(', ')} do not answer` : first.reason;
  if (first !== undefined && errorOf(purpose, all).code !== 'SIGNERS_UNAVAILABLE') {
    throw errorOf(purpose, all);
  }
  throw unavailable(
    `${given.size} of ${shape.members} nodes have it in writing, ${quorum} must: ${cause}`,
  );
}
