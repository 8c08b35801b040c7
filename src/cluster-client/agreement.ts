/**
 * What nodes must have in writing before they sign a payment: a quorum's receipts and, where a quorum is
 * not all nodes, what those who gave them know of other spends
 * (docs/adr/0017-a-spend-counts-with-a-quorums-receipts.md).
 */
import type { KeyId } from '#core/ids.ts';
import { type Cut, END } from '#mandate/known-spends.ts';
import { needsConfirmation, quorumOf, type Shape } from '#mandate/quorum.ts';
import type { Receipt } from '#mandate/receipt-text.ts';
import type { Refusal } from '#signer-cluster/proto/frames.ts';
import type { MandateFields, OpenRequest } from '#signer-cluster/proto/open-request.ts';
import {
  type ConfirmAnswer,
  type ConfirmationFields,
  readConfirmAnswer,
  readReceipt,
} from '#signer-cluster/proto/receipt-fields.ts';
import type { PartyId } from '#signing/kernel.ts';
import { type Answers, askEach, readTexts } from './ask-each.ts';
import { type ToldBy, compareSpends, isAlike, knownIn, recentOf } from './compare-spends.ts';
import type { SignerLink } from './link.ts';
import { errorOf, rejectionOf, unavailable } from './outcome.ts';
import type { RelayTimeouts } from './relay.ts';
import { isStartDue } from './stand-up.ts';

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
  readonly cuts: Cuts;
};

/** Where the newest of an organisation's spends were last seen to begin. */
export type Cuts = { readonly read: () => readonly Cut[]; readonly keep: (cut: Cut) => void };

type Nodes = {
  readonly links: readonly SignerLink[];
  readonly shape: Shape;
  readonly timeouts: RelayTimeouts;
  /** Has the nodes tell each other of their starts. */
  readonly stand: () => Promise<void>;
  /** The same, for whoever does not wait for it. */
  readonly standLater: () => void;
};

/** Other payments may come in between what two nodes tell, and what one lacks may have to be searched. */
const CONFIRM_ATTEMPTS_MAX = 8;
/** How many mandates a node is told at one time: some hundred kilobytes. */
const LEARNED_AT_ONCE = 64;
/** How many of them before the nodes are asked again: who tells of spends that nobody can show costs little. */
const LEARNED_MAX = 1_024;

/** @throws SIGNERS_UNAVAILABLE without a quorum, EVIDENCE_REJECTED, KEY_LOCKED, AUDIT_UNAVAILABLE */
export async function agreeOn(nodes: Nodes, spend: SpendQuestion): Promise<Agreement> {
  const { keyId, mandate, authority } = spend;
  const open = { purpose: 'reserve', keyId, mandate, authority } as const;
  const asked = await askEach(nodes.links, () => open, nodes.timeouts);
  const receipts = readTexts(asked.texts, readReceipt);
  requireQuorum(nodes, receipts, asked, 'reserve');
  // The others go on without it; the next payment finds it ready.
  if (isStartDue(asked.refusals.values())) nodes.standLater();
  const given = { receipts: [...receipts.values()], confirmations: [] };
  if (!needsConfirmation(nodes.shape)) return given;
  return confirm(nodes, spend, given.receipts);
}

/**
 * Asks until nothing that one of them knows is unknown to another, or hidden in a range where they differ. If
 * that does not come to be, those who sign say whom they could not follow, and the payment waits.
 */
async function confirm(
  nodes: Nodes,
  spend: SpendQuestion,
  receipts: readonly Receipt[],
): Promise<Agreement> {
  const { keyId, intent, digests, cuts } = spend;
  let untils = [...cuts.read(), END];
  for (let attempt = 1; ; attempt += 1) {
    const open = { purpose: 'confirm', keyId, intent, digests, receipts, untils } as const;
    const asked = await askEach(nodes.links, () => open, nodes.timeouts);
    const answers = readTexts(asked.texts, readConfirmAnswer);
    requireQuorum(nodes, answers, asked, 'confirm');
    const told = new Map([...answers].map(([party, answer]) => [party, toldIn(answer)]));
    const { missing, finer } = compareSpends(untils, told, attempt);
    const recent = recentOf(told);
    if (recent !== undefined) cuts.keep(recent);
    if ((missing.size === 0 && finer === undefined) || attempt === CONFIRM_ATTEMPTS_MAX) {
      return { receipts, confirmations: shortened(untils, told, answers) };
    }
    await tell(nodes, spend, missing);
    untils = finer === undefined ? [...cuts.read(), END] : [...finer];
  }
}

/** What the node has signed, and what it says beside that. @throws nothing: whoever relies on it checks */
function toldIn({ receipt, ids, splits, recent }: ConfirmAnswer) {
  const known = knownIn(receipt);
  return { known, ids, splits, ...(recent === undefined ? {} : { recent }) };
}

/** The newest are listed in any case; of the others only where nodes differ. */
function shortened(
  untils: readonly string[],
  told: ToldBy,
  answers: ReadonlyMap<PartyId, ConfirmAnswer>,
): readonly ConfirmationFields[] {
  const isNeeded = untils.map((until, index) => until === END || !isAlike(told, index));
  return [...answers.values()].map(({ receipt, ids }) => ({
    receipt,
    ids: ids.map((listed, index) => (isNeeded[index] === true ? listed : [])),
  }));
}

/** In as many requests as it takes; what a node has learned it keeps, whatever comes of the others. */
async function tell(
  { links, timeouts }: Nodes,
  { keyId, mandatesOf }: SpendQuestion,
  missing: ReadonlyMap<PartyId, readonly string[]>,
): Promise<void> {
  const longest = Math.max(
    0,
    ...[...missing.values()].map(({ length }) => Math.min(length, LEARNED_MAX)),
  );
  for (let first = 0; first < longest; first += LEARNED_AT_ONCE) {
    const requests = new Map<PartyId, OpenRequest>();
    for (const [party, all] of missing) {
      const intents = all.slice(first, first + LEARNED_AT_ONCE);
      if (intents.length === 0) continue;
      const mandates = await mandatesOf(intents);
      if (mandates.length > 0) requests.set(party, { purpose: 'learn', keyId, mandates });
    }
    const behind = links.filter(({ party }) => requests.has(party));
    await askEach(behind, (party) => requests.get(party) as OpenRequest, timeouts);
  }
}

const dueFirst = (a: Refusal, b: Refusal): number =>
  Number(isStartDue([b])) - Number(isStartDue([a]));

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
  // Whoever asks does something about a start, and then asks again.
  const all = [...refusals.values()].toSorted(dueFirst);
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
