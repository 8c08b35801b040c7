/** Creating a transfer: the decision, its reservation and all records in one transaction. */
import { hex } from '#core/bytes.ts';
import { canonicalText } from '#core/canonical.ts';
import { type Instant, parseInstant } from '#core/time.ts';
import { requireAction } from '#identity/action.ts';
import type { Actor } from '#identity/actor.ts';
import { freshId, record } from '#identity/services.ts';
import { type SignedAction, signedTransaction } from '#identity/user-action.ts';
import type { SignedStatement } from '#mandate/assertion.ts';
import { parseIntent, transferIntent } from '#mandate/intent.ts';
import { challengeOf } from '#mandate/statement.ts';
import type { Tx } from '#persistence/database.ts';
import { Reservation } from '#persistence/ledger.ts';
import { lockExternalId, Transfer, type TransferRow } from '#persistence/transfer.ts';
import { lockWallet, type WalletRow } from '#persistence/wallet.ts';
import {
  type Decided,
  decideTransfer,
  gatherPrices,
  type Prices,
  valuesOf,
} from './decide-transfer.ts';
import { blockReason } from './evaluate.ts';
import { requireSameRequest } from './idempotency.ts';
import { type CreateTransferInput, parseTransferInput, type TransferRequest } from './inputs.ts';
import { appendApprovalEvent, openApproval } from './open-approval.ts';
import { type PolicyInForce, policyInForce } from './policy-in-force.ts';
import type { Services } from './services.ts';
import { moveTransfer } from './transition.ts';
import { requireUsableWallet } from './wallet.ts';

/**
 * Decides and records a transfer. One that the policy blocks is a transfer in state REJECTED with
 * the reasons in its decision. The same externalId and input of the same person return the first
 * transfer, with the same challenge or a fresh one.
 * @throws FORBIDDEN, INVALID_INPUT, NOT_FOUND, IDEMPOTENCY_CONFLICT, and what `signedTransaction`
 *   throws
 */
export async function createTransfer(
  services: Services,
  actor: Actor,
  input: CreateTransferInput,
  signed: SignedAction | null | undefined,
): Promise<TransferRow> {
  await requireAction(services, actor, 'createTransfer');
  const request = parseTransferInput(input);
  const clientInput = canonicalText(clientForm(request));
  const prices = await gatherPrices(services, request.asset);
  const { organization } = actor;
  const action = { operation: 'createTransfer', signed };
  return signedTransaction(services, actor, action, async (tx, consume) => {
    const { externalId } = request;
    await lockExternalId(tx, organization, 'transfer', externalId);
    const first = await tx.findOne(Transfer, { organization, externalId });
    if (first !== null) {
      const known = { first, author: first.initiator };
      return requireSameRequest(tx, actor, known, clientInput, signed);
    }
    await requireUsableWallet(tx, actor, request);
    const statement = await consume((stored) => {
      const { created, expires } = parseIntent(stored);
      const times = { created: parseInstant(created), expires: parseInstant(expires) };
      return transferIntent({ ...request, ...times, organization, initiator: actor.user });
    });
    const wallet = await requireUsableWallet(tx, actor, request, lockWallet);
    const now = services.clock.now();
    const policy = await policyInForce(tx, organization, now);
    const { units, asset, recipient } = request;
    const initiator = { id: actor.user, roles: actor.roles };
    const question = { now, wallet, asset, units, recipient, initiator, prices };
    const decided = await decideTransfer(tx, policy, question);
    const transfer = newTransfer(services, tx, actor, { request, clientInput, statement, now });
    return settleDecision(services, tx, { transfer, wallet, policy, decided, prices });
  });
}

/**
 * What the client chose, in its canonical form; times and ids that the server sets are not in it.
 */
const clientForm = (request: TransferRequest) => ({
  wallet: request.wallet,
  asset: request.asset,
  units: request.units.toString(),
  recipient: request.recipient,
  memo: request.memo,
  feeMax: request.feeMax?.toString() ?? '',
  externalId: request.externalId,
});

function newTransfer(
  services: Services,
  tx: Tx,
  actor: Actor,
  made: {
    readonly request: TransferRequest;
    readonly clientInput: string;
    readonly statement: SignedStatement;
    readonly now: Instant;
  },
): TransferRow {
  const { request, clientInput, statement, now } = made;
  const { feeMax, ...fields } = request;
  const intent = parseIntent(statement.statement);
  return tx.create(Transfer, {
    ...fields,
    id: freshId(services, 'transfer'),
    organization: actor.organization,
    feeMax: feeMax ?? null,
    clientInput,
    initiator: actor.user,
    state: 'PENDING_POLICY',
    intent: statement.statement,
    intentHash: hex(challengeOf(intent)),
    statement,
    attempts: 0,
    createdAt: now,
    updatedAt: now,
    expiresAt: parseInstant(intent.expires),
  });
}

/** The wallet is locked: what is reserved here is seen by the next decision about it. */
async function settleDecision(
  services: Services,
  tx: Tx,
  settled: {
    readonly transfer: TransferRow;
    readonly wallet: WalletRow;
    readonly policy: PolicyInForce;
    readonly decided: Decided;
    readonly prices: Prices;
  },
): Promise<TransferRow> {
  const { transfer, policy, decided, prices } = settled;
  const { decision } = decided;
  transfer.decision = decided.record;
  transfer.policyHash = policy.hash;
  transfer.policyVersion = policy.version;
  const [requirement] = decision.outcome === 'PENDING' ? decision.requirements : [];
  const approval = requirement && openApproval(services, tx, transfer, { requirement, policy });
  if (decision.outcome !== 'BLOCK') reserve(tx, transfer, prices);
  await record(services, tx, {
    organization: transfer.organization,
    actor: transfer.initiator,
    action: 'transfer.created',
    subject: transfer.id,
    detail: { intentHash: transfer.intentHash, decision: { ...decided.record } },
  });
  await moveTransfer(services, tx, transfer, {
    event: EVENT_OF[decision.outcome],
    actor: 'system',
    ...(decision.outcome === 'BLOCK' ? { reason: blockReason(decision) } : {}),
  });
  if (approval) await appendApprovalEvent(services, tx, approval, transfer, 'approval.requested');
  return transfer;
}

const EVENT_OF = {
  ALLOW: 'POLICY_ALLOWED',
  BLOCK: 'POLICY_BLOCKED',
  PENDING: 'APPROVAL_REQUIRED',
} as const;

/** The amount counts from now on, with its value of now. */
function reserve(tx: Tx, transfer: TransferRow, prices: Prices): void {
  const { id, organization, wallet, asset, units, createdAt } = transfer;
  const values = valuesOf(asset, units, prices.quotes, createdAt);
  tx.create(Reservation, { transfer: id, organization, wallet, at: createdAt, values });
}
