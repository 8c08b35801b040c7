/**
 * SIGNING: the nodes sign the fixed draft, and the signed bytes are stored before anything is sent.
 */
import { type ErrorCode, isPlatformError } from '#core/errors.ts';
import type { SealedTransaction, Signature } from '#chains/adapter.ts';
import type { SigningRequest } from '#cluster-client/request.ts';
import type { Agreement } from '#cluster-client/agreement.ts';
import type { AuditDetail } from '#core/audit-entry.ts';
import { type Bytes, hex } from '#core/bytes.ts';
import type { KeyId, OrganizationId } from '#core/ids.ts';
import { type AssetId, priceText } from '#core/money.ts';
import { formatInstant } from '#core/time.ts';
import type { QuoteWord } from '#mandate/mandate.ts';
import type { Receipt } from '#mandate/receipt-text.ts';
import { findNetwork } from '#chains/registry.ts';
import { verbsOf } from '#chains/verbs.ts';
import { logProofText } from '#mandate/log-proof.ts';
import { votesOf } from '#persistence/approval.ts';
import { reader, transaction, type Tx } from '#persistence/database.ts';
import {
  ChainTransaction,
  type ChainTransactionRow,
  lockAccount,
} from '#persistence/transaction.ts';
import { findPayment } from '#persistence/fee-raise.ts';
import { type EndReason, lockTransfer, Transfer, type TransferRow } from '#persistence/transfer.ts';
import { Wallet } from '#persistence/wallet.ts';
import { bringAuthority } from './bring-authority.ts';
import { proofOfTransfer } from './checkpoint.ts';
import { requireThawed } from './frozen.ts';
import { inputsAbout } from './evaluate.ts';
import { refusalByPresentPolicy } from './reevaluate.ts';
import type { Services } from './services.ts';
import { moveTransfer, wakeNextOf } from './transition.ts';

/** What no other set of nodes, and no later try, would judge otherwise. */
const FINAL: readonly ErrorCode[] = ['EVIDENCE_REJECTED', 'IDEMPOTENCY_CONFLICT', 'INVALID_INPUT'];

const STILL_RESERVED =
  'The amount counts against limits until another transaction of the wallet takes its place.';

/**
 * Asks for the same signature again and again until there is one: a node lets one intent stand for
 * one set of bytes only, and only one signed form of them is ever stored and sent.
 * A policy that changed in the meantime is asked before each try.
 * @throws SIGNERS_UNAVAILABLE, KEY_LOCKED, PRICE_UNAVAILABLE
 */
export async function signTransfer(services: Services, transfer: TransferRow): Promise<void> {
  const db = reader(services.db);
  const draft = await db.findOneOrFail(ChainTransaction, { transfer: transfer.id });
  const answer = await askNodes(services, transfer, draft.unsigned);
  if ('refusal' in answer) await failSigning(services, transfer, draft, answer.refusal);
  else await storeSigned(services, transfer, draft, answer);
}

/** With the receipts that the nodes had asked for. */
export type Signed = {
  readonly signatures: readonly Signature[];
  readonly receipts: readonly Receipt[];
};

/** What they sign, or why they, or the policy by now, refuse it for good. @throws as `signTransfer` */
export async function askNodes(
  services: Services,
  transfer: TransferRow,
  unsigned: Bytes,
): Promise<Signed | { readonly refusal: EndReason }> {
  const db = reader(services.db);
  const { id, key: keyId } = await db.findOneOrFail(Wallet, { id: transfer.wallet });
  await requireThawed(db, transfer.organization, id);
  const refusal = await refusalByPresentPolicy(services, transfer);
  if (refusal !== undefined) return { refusal };
  try {
    const mandate = await provenMandateOf(services, transfer, unsigned);
    const agreement = await agreeOn(services, transfer, keyId, mandate);
    const { signatures } = await services.cluster.sign({ keyId, mandate, ...agreement });
    return { signatures, receipts: agreement.agreement?.receipts ?? [] };
  } catch (error) {
    if (!isPlatformError(error) || !FINAL.includes(error.code)) throw error;
    return { refusal: { code: error.code, message: error.message } };
  }
}

/** Has the nodes write it down, each after its own decision. */
async function agreeOn(
  services: Services,
  { organization }: TransferRow,
  keyId: KeyId,
  mandate: SigningRequest,
): Promise<{ readonly agreement?: Agreement }> {
  const head = await bringAuthority(services, organization);
  if (head === undefined) return {};
  const authority = head.sequence;
  const mandatesOf = (intents: readonly string[]) =>
    mandatesBehind(services, organization, intents);
  return { agreement: await services.cluster.agree({ keyId, mandate, authority, mandatesOf }) };
}

/** What nodes know by the hash of its intent, for those that do not. */
async function mandatesBehind(
  services: Services,
  organization: OrganizationId,
  intents: readonly string[],
): Promise<readonly SigningRequest[]> {
  const db = reader(services.db);
  const known = await db.find(Transfer, { organization, intentHash: { $in: [...intents] } });
  const mandates: SigningRequest[] = [];
  for (const transfer of known) {
    const { versions = [] } = (await findPayment(db, transfer.id)) ?? {};
    for (const { unsigned } of versions)
      mandates.push(await mandateOf(services, transfer, unsigned));
  }
  return mandates;
}

/**
 * With the proof that the audit log has what it leans on, which nodes sign nothing without.
 * @throws SIGNERS_UNAVAILABLE, AUDIT_UNAVAILABLE
 */
export async function provenMandateOf(
  services: Services,
  transfer: TransferRow,
  unsigned: Bytes,
): Promise<SigningRequest> {
  const mandate = await mandateOf(services, transfer, unsigned);
  const { organization, id } = transfer;
  const log = logProofText(await proofOfTransfer(services, organization, id));
  return { ...mandate, ...(await screeningOf(services, transfer)), log };
}

/** What the nodes are shown: the bytes, and on whose word they are to be signed. */
export async function mandateOf(
  services: Services,
  transfer: TransferRow,
  unsigned: Bytes,
): Promise<SigningRequest> {
  const db = reader(services.db);
  const votes = await votesOf(db, { transfer: transfer.id });
  return {
    intent: transfer.intent,
    unsigned,
    initiator: transfer.statement,
    policy: { hash: transfer.policyHash ?? '', version: transfer.policyVersion ?? 0 },
    approvals: votes.map((vote) => vote.statement),
    quotes: await quotesOf(services, transfer.asset),
  };
}

/** What the provider has signed of now, where a policy reads a screening. @throws SCREENING_UNAVAILABLE */
async function screeningOf(
  services: Services,
  transfer: TransferRow,
): Promise<Pick<SigningRequest, 'screening'>> {
  const { screening } = await inputsAbout(services, transfer);
  const signed = screening?.status === 'done' ? screening.signed : undefined;
  return signed === undefined ? {} : { screening: signed };
}

/** Nodes decide at this price and at their own; without one at their own alone. */
async function quotesOf({ prices }: Services, asset: AssetId): Promise<readonly QuoteWord[]> {
  try {
    const quotes = await prices.quotes(asset);
    return quotes.map(({ price, asOf, maxAgeMs }) => ({
      currency: price.currency,
      price: priceText(price),
      asOf: formatInstant(asOf),
      maxAgeMs,
    }));
  } catch (error) {
    if (!isPlatformError(error, 'PRICE_UNAVAILABLE')) throw error;
    return [];
  }
}

/** @throws an assertion, not a code: the cluster has verified what it returned */
export function seal(
  { network: id, address }: Pick<ChainTransactionRow, 'network' | 'address'>,
  unsigned: Bytes,
  signatures: readonly Signature[],
): SealedTransaction {
  const network = findNetwork(id);
  try {
    return verbsOf(network).seal(network, unsigned, signatures, address);
  } catch (cause) {
    throw new Error('the signer nodes returned a signature that does not fit the draft', { cause });
  }
}

/** For whoever checks the log later: in hex. */
export const signatureDetail = (signature: Signature): AuditDetail =>
  'bytes' in signature
    ? { bytes: hex(signature.bytes) }
    : { r: hex(signature.r), s: hex(signature.s), recovery: signature.recovery };

async function storeSigned(
  services: Services,
  transfer: TransferRow,
  draft: ChainTransactionRow,
  { signatures, receipts }: Signed,
): Promise<void> {
  const sealed = seal(draft, draft.unsigned, signatures);
  await transaction(services.db, async (tx) => {
    const locked = await lockTransfer(tx, transfer.id);
    if (locked.state !== 'SIGNING') return;
    // Where the chain names the next number itself, it does so when this one is used.
    const isNextKnown = verbsOf(findNetwork(draft.network)).nonces === 'counted';
    if (isNextKnown) await freeAccount(tx, draft, draft.nonce + 1n);
    const stored = await tx.findOneOrFail(ChainTransaction, { transfer: transfer.id });
    stored.raw = sealed.raw;
    stored.hash = sealed.hash;
    stored.signedAt = services.clock.now();
    stored.receipts = receipts;
    if (isNextKnown) await wakeNextOf(services, tx, transfer.wallet, transfer.id);
    await moveTransfer(services, tx, locked, {
      event: 'SIGNED',
      actor: 'system',
      detail: {
        hash: sealed.hash,
        nonce: draft.nonce.toString(),
        signatures: signatures.map(signatureDetail),
      },
    });
  });
}

/**
 * The nodes refuse for good, or the policy does by now. The sequence number was never used, so the next transfer takes it; that
 * also makes worthless whatever an earlier, interrupted try may have signed. Until then a corrupted
 * node may still send what it kept, so the amount stays reserved.
 */
async function failSigning(
  services: Services,
  transfer: TransferRow,
  draft: ChainTransactionRow,
  { code, message }: EndReason,
): Promise<void> {
  await transaction(services.db, async (tx) => {
    const locked = await lockTransfer(tx, transfer.id);
    if (locked.state !== 'SIGNING') return;
    await freeAccount(tx, draft);
    await wakeNextOf(services, tx, transfer.wallet, transfer.id);
    await moveTransfer(services, tx, locked, {
      event: 'REFUSED_FOR_GOOD',
      actor: 'system',
      reason: { code, message: `${message} ${STILL_RESERVED}` },
      mayStillBePaid: true,
    });
  });
}

/** The next transfer of the account may have a number, which is not below `nextNonce`. */
async function freeAccount(tx: Tx, draft: ChainTransactionRow, nextNonce = 0n): Promise<void> {
  const account = await lockAccount(tx, draft.network, draft.address);
  account.holder = null;
  if (nextNonce > account.nextNonce) account.nextNonce = nextNonce;
}

/**
 * The transfer's number is used, by whichever transaction. Where the account was held until now, the
 * next transfer goes on.
 */
export async function letGoOfAccount(
  services: Services,
  tx: Tx,
  transfer: TransferRow,
  draft: ChainTransactionRow,
): Promise<void> {
  const account = await lockAccount(tx, draft.network, draft.address);
  if (account.holder !== transfer.id) return;
  account.holder = null;
  await wakeNextOf(services, tx, transfer.wallet, transfer.id);
}
