/** Creating a transfer or an allowance: the decision, its reservation and all records in one transaction. */
import { hex } from '#core/bytes.ts';
import { canonicalText } from '#core/canonical.ts';
import { PlatformError } from '#core/errors.ts';
import type { TransferId } from '#core/ids.ts';
import type { AuditDetail } from '#core/audit-entry.ts';
import { formatInstant, type Instant, instant, parseInstant } from '#core/time.ts';
import { requireAction } from '#identity/action.ts';
import type { Actor } from '#identity/actor.ts';
import { requirePresentSigner } from '#identity/authority.ts';
import { freshId, record } from '#identity/services.ts';
import { type SignedAction, signedTransaction } from '#identity/user-action.ts';
import type { SignedStatement } from '#mandate/assertion.ts';
import {
  activityOf,
  allowanceText,
  INTENT_DOMAIN,
  intentOf,
  parseIntent,
} from '#mandate/intent.ts';
import { evidenceHash } from '#mandate/log-proof.ts';
import { challengeOf } from '#mandate/statement.ts';
import type { Snapshot } from '#policy-lang/snapshot.ts';
import { reader, type Tx } from '#persistence/database.ts';
import { Reservation } from '#persistence/ledger.ts';
import { lockExternalId, Transfer, type TransferRow } from '#persistence/transfer.ts';
import { findWallet, lockWallet } from '#persistence/wallet.ts';
import {
  assetOf,
  type OwnAssets,
  ownAssets,
  requireKnownTo,
  requirePayableAsset,
} from './assets.ts';
import { decideTransfer, valuesOf } from './decide-transfer.ts';
import { type Decided, factsOf, storeDecision } from '#identity/decision-record.ts';
import { blockReason } from './evaluate.ts';
import { gatherInputs, type Inputs, type Prices, readsScreening } from './gather-inputs.ts';
import { requireSameRequest } from './idempotency.ts';
import { initiatorOf } from './initiator.ts';
import {
  type CreateAllowanceInput,
  type CreateTransferInput,
  parseAllowanceInput,
  parseTransferInput,
  type TransferRequest,
} from './inputs.ts';
import { appendApprovalEvent, openApproval, subjectOfTransfer } from '#identity/open-approval.ts';
import { type PolicyInForce, policyInForce } from './policy-in-force.ts';
import { lockTotals } from './running-totals.ts';
import type { Services } from './services.ts';
import { appendTransferEvent, LEASE_MS, moveTransfer } from './transition.ts';
import { requireUsableWallet } from './wallet.ts';

/** @see createSpend */
export const createTransfer = (
  services: Services,
  actor: Actor,
  input: CreateTransferInput,
  signed: SignedAction | null | undefined,
): Promise<TransferRow> =>
  createSpend(services, actor, 'createTransfer', (own) => parseTransferInput(own, input), signed);

/**
 * An allowance is kept, approved, signed and followed as a transfer is; its intent says what it is.
 * @see createSpend
 */
export const createAllowance = (
  services: Services,
  actor: Actor,
  input: CreateAllowanceInput,
  signed: SignedAction | null | undefined,
): Promise<TransferRow> =>
  createSpend(services, actor, 'createAllowance', (own) => parseAllowanceInput(own, input), signed);

/**
 * Decides and records what may leave a wallet. One that the policy blocks is a transfer in state REJECTED with
 * the reasons in its decision. The same externalId and input of the same person return the first
 * transfer, with the same challenge or a fresh one.
 * @throws FORBIDDEN, INVALID_INPUT, NOT_FOUND, IDEMPOTENCY_CONFLICT, and what `signedTransaction`
 *   throws
 */
async function createSpend(
  services: Services,
  actor: Actor,
  operation: 'createTransfer' | 'createAllowance',
  parse: (own: OwnAssets) => TransferRequest,
  signed: SignedAction | null | undefined,
): Promise<TransferRow> {
  await requireAction(services, actor, operation);
  const { organization } = actor;
  const request = parse(await ownAssets(reader(services.db), organization));
  const clientInput = canonicalText(clientForm(request));
  const id = freshId(services, 'transfer');
  const inputs = await inputsFor(services, actor, id, request);
  const action = { operation, signed };
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
      const owner = { organization, initiator: actor.user };
      return intentOf(request.domain, { ...request, ...times, ...owner });
    });
    await requirePresentSigner(tx, actor, statement, 'transfers:create');
    const wallet = await requireUsableWallet(tx, actor, request, lockWallet);
    const now = services.clock.now();
    const policy = await policyInForce(tx, organization, now);
    await lockTotals(tx, organization, [policy]);
    await requirePayableAsset(tx, actor, request);
    requireKnownTo(policy, request.asset);
    const { units, asset, recipient } = request;
    const activity = activityOf(parseIntent(statement.statement));
    const initiator = await initiatorOf(tx, actor.user);
    const about = { activity, wallet, asset, units, recipient };
    const question = { now, organization, initiator, inputs, ...about };
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
  { domain, externalId, wallet: walletId, network, asset, units, recipient }: TransferRequest,
): Promise<Inputs> {
  const db = reader(services.db);
  const wallet = await findWallet(db, organization, walletId);
  const first = await db.findOne(Transfer, { organization, externalId });
  if (first !== null || typeof wallet?.address !== 'string') return { prices: { quotes: [] } };
  const policy = await policyInForce(db, organization, services.clock.now());
  const activity = activityOf({ domain, units: allowanceText(units) });
  const about = { activity, network, asset, units };
  const request = { reference, from: wallet.address, to: recipient, ...about };
  return gatherInputs(services, [policy], request);
}

/** The policy reads an input that is not there yet, but may come. */
const isAwaited = (policy: PolicyInForce, { screening }: Inputs): boolean =>
  readsScreening(policy) && (screening === undefined || screening.status === 'pending');

/**
 * What the client chose, in its canonical form; times and ids that the server sets are not in it.
 */
const clientForm = (request: TransferRequest) => ({
  ...(request.domain === INTENT_DOMAIN ? {} : { domain: request.domain }),
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
  const { feeMax, domain: _, ...fields } = request;
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
  if (decision.outcome !== 'BLOCK') await reserve(tx, transfer, decided.snapshot, inputs.prices);
  await record(services, tx, {
    organization,
    actor: transfer.initiator,
    action: 'transfer.created',
    subject: transfer.id,
    detail: {
      ...kindOf(decided),
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

/** For whoever reads the audit log; the evidence is the signed intent itself. */
const kindOf = ({ snapshot: { activity } }: Decided): AuditDetail =>
  activity === 'transfer' ? {} : { kind: activity };

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
  await reserve(tx, transfer, decided.snapshot, inputs.prices);
  await tx.flush();
  await services.jobs.send(tx, { name: 'advance-transfer', transfer: id });
  await record(services, tx, {
    organization,
    actor: initiator,
    action: 'transfer.created',
    subject: id,
    detail: {
      ...kindOf(decided),
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
async function reserve(
  tx: Tx,
  transfer: TransferRow,
  snapshot: Snapshot,
  prices: Prices,
): Promise<void> {
  const { id, organization, wallet, initiator, units, createdAt } = transfer;
  const asset = await assetOf(tx, organization, transfer.asset);
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
