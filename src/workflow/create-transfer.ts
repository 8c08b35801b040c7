/** Creating a transfer: the decision, its reservation and all records in one transaction. */
import { hex } from '#core/bytes.ts';
import { canonicalText } from '#core/canonical.ts';
import { PlatformError } from '#core/errors.ts';
import type { TransferId } from '#core/ids.ts';
import { formatInstant, type Instant, instant, parseInstant } from '#core/time.ts';
import { requireAction } from '#identity/action.ts';
import type { Actor } from '#identity/actor.ts';
import { requirePresentSigner } from '#identity/authority.ts';
import { freshId, record } from '#identity/services.ts';
import { type SignedAction, signedTransaction } from '#identity/user-action.ts';
import type { SignedStatement } from '#mandate/assertion.ts';
import { parseIntent, transferIntent } from '#mandate/intent.ts';
import { evidenceHash } from '#mandate/log-proof.ts';
import { challengeOf } from '#mandate/statement.ts';
import type { Snapshot } from '#policy-lang/snapshot.ts';
import { reader, type Tx } from '#persistence/database.ts';
import { Reservation } from '#persistence/ledger.ts';
import { lockExternalId, Transfer, type TransferRow } from '#persistence/transfer.ts';
import { findWallet, lockWallet } from '#persistence/wallet.ts';
import { decideTransfer, valuesOf } from './decide-transfer.ts';
import { type Decided, factsOf, storeDecision } from '#identity/decision-record.ts';
import { blockReason } from './evaluate.ts';
import { gatherInputs, type Inputs, type Prices, readsScreening } from './gather-inputs.ts';
import { requireSameRequest } from './idempotency.ts';
import { initiatorOf } from './initiator.ts';
import { type CreateTransferInput, parseTransferInput, type TransferRequest } from './inputs.ts';
import { appendApprovalEvent, openApproval, subjectOfTransfer } from '#identity/open-approval.ts';
import { type PolicyInForce, policyInForce } from './policy-in-force.ts';
import { lockTotals } from './running-totals.ts';
import type { Services } from './services.ts';
import { appendTransferEvent, LEASE_MS, moveTransfer } from './transition.ts';
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
  const { organization } = actor;
  const id = freshId(services, 'transfer');
  const inputs = await inputsFor(services, actor, id, request);
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
    await requirePresentSigner(tx, actor, statement, 'transfers:create');
    const wallet = await requireUsableWallet(tx, actor, request, lockWallet);
    const now = services.clock.now();
    const policy = await policyInForce(tx, organization, now);
    await lockTotals(tx, organization, [policy]);
    const { units, asset, recipient } = request;
    const initiator = await initiatorOf(tx, actor.user);
    const question = { now, organization, wallet, asset, units, recipient, initiator, inputs };
    const decided = await decideTransfer(services, tx, policy, question);
    const made = { id, request, clientInput, statement, now };
    const transfer = newTransfer(tx, actor, made);
    transfer.policyHash = policy.hash;
    transfer.policyVersion = policy.version;
    if (isAwaited(policy, inputs)) return awaitInputs(services, tx, transfer, { decided, inputs });
    return settleDecision(services, tx, { transfer, policy, decided, inputs });
  });
}

/** A retry of a request that was decided already is not screened again. */
async function inputsFor(
  services: Services,
  { organization }: Actor,
  reference: TransferId,
  { externalId, wallet: walletId, network, asset, units, recipient }: TransferRequest,
): Promise<Inputs> {
  const db = reader(services.db);
  const wallet = await findWallet(db, organization, walletId);
  const first = await db.findOne(Transfer, { organization, externalId });
  if (first !== null || typeof wallet?.address !== 'string') return { prices: { quotes: [] } };
  const policy = await policyInForce(db, organization, services.clock.now());
  const request = { reference, network, asset, units, from: wallet.address, to: recipient };
  return gatherInputs(services, [policy], request);
}

/** The policy reads an input that is not there yet, but may come. */
const isAwaited = (policy: PolicyInForce, { screening }: Inputs): boolean =>
  readsScreening(policy) && (screening === undefined || screening.status === 'pending');

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
  tx: Tx,
  actor: Actor,
  made: {
    readonly id: TransferId;
    readonly request: TransferRequest;
    readonly clientInput: string;
    readonly statement: SignedStatement;
    readonly now: Instant;
  },
): TransferRow {
  const { id, request, clientInput, statement, now } = made;
  const { feeMax, ...fields } = request;
  const intent = parseIntent(statement.statement);
  return tx.create(Transfer, {
    ...fields,
    id,
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
    readonly policy: PolicyInForce;
    readonly decided: Decided;
    readonly inputs: Inputs;
  },
): Promise<TransferRow> {
  const { transfer, policy, decided, inputs } = settled;
  const { organization } = transfer;
  const decision = decided.trace;
  transfer.decision = decided.record;
  storeDecision(tx, { organization, subject: transfer.id }, decided);
  const [requirement] = decision.outcome === 'PENDING' ? decision.requirements : [];
  const approval =
    requirement && openApproval(services, tx, subjectOfTransfer(transfer), { requirement, policy });
  if (decision.outcome !== 'BLOCK') reserve(tx, transfer, decided.snapshot, inputs.prices);
  await record(services, tx, {
    organization,
    actor: transfer.initiator,
    action: 'transfer.created',
    subject: transfer.id,
    detail: {
      intentHash: transfer.intentHash,
      evidence: evidenceHash(transfer.statement),
      decision: { ...decided.record },
    },
  });
  await moveTransfer(services, tx, transfer, {
    event: EVENT_OF[decision.outcome],
    actor: 'system',
    ...(decision.outcome === 'BLOCK' ? { reason: blockReason(decision) } : {}),
  });
  if (approval)
    await appendApprovalEvent(
      services,
      tx,
      approval,
      subjectOfTransfer(transfer),
      'approval.requested',
    );
  return transfer;
}

const EVENT_OF = {
  ALLOW: 'POLICY_ALLOWED',
  BLOCK: 'POLICY_BLOCKED',
  PENDING: 'APPROVAL_REQUIRED',
} as const;

/**
 * Nothing is decided before the screening is there, but the amount counts from now on: a limit that
 * holds now holds then, too.
 */
async function awaitInputs(
  services: Services,
  tx: Tx,
  transfer: TransferRow,
  { decided, inputs }: { readonly decided: Decided; readonly inputs: Inputs },
): Promise<TransferRow> {
  const { id, organization, initiator, intentHash, policyVersion, createdAt } = transfer;
  const { code, message } = new PlatformError('SCREENING_UNAVAILABLE');
  transfer.waiting = { code, message, since: formatInstant(createdAt) };
  transfer.dueAt = instant(createdAt + LEASE_MS);
  reserve(tx, transfer, decided.snapshot, inputs.prices);
  await tx.flush();
  await services.jobs.send(tx, { name: 'advance-transfer', transfer: id });
  await record(services, tx, {
    organization,
    actor: initiator,
    action: 'transfer.created',
    subject: id,
    detail: {
      intentHash,
      evidence: evidenceHash(transfer.statement),
      policyVersion: policyVersion ?? 0,
      awaits: 'screening',
    },
  });
  await appendTransferEvent(tx, transfer);
  return transfer;
}

/** The amount counts from now on, with its value of now. */
function reserve(tx: Tx, transfer: TransferRow, snapshot: Snapshot, prices: Prices): void {
  const { id, organization, wallet, initiator, asset, units, createdAt } = transfer;
  tx.create(Reservation, {
    transfer: id,
    organization,
    wallet,
    initiator,
    at: createdAt,
    values: valuesOf(asset, units, prices.quotes, createdAt),
    facts: factsOf(snapshot),
  });
}
