/**
 * A policy that changes while a transfer waits, in the queue or for the signers, is asked before
 * anything is signed.
 */
import { PlatformError } from '#core/errors.ts';
import { parseId, type WalletId } from '#core/ids.ts';
import type { TransferState } from '#core/transfer-state.ts';
import { record } from '#identity/services.ts';
import { fieldsReadBy } from '#policy-lang/checking/used-fields.ts';
import { isSameRegistry, registryFact } from '#policy-lang/registry.ts';
import { readSnapshotText } from '#policy-lang/snapshot-text.ts';
import { holdAuthority } from '#persistence/authority.ts';
import { reader, transaction, type Tx } from '#persistence/database.ts';
import { PolicyDecision } from '#persistence/policy-decision.ts';
import { lockApprovalOf, votesOf } from '#persistence/approval.ts';
import { type EndReason, lockTransfer, type TransferRow } from '#persistence/transfer.ts';
import { lockWallet, Wallet } from '#persistence/wallet.ts';
import { adoptDecision } from './adopt-decision.ts';
import {
  appendApprovalEvent,
  openApproval,
  reopenApproval,
  subjectOfTransfer,
} from '#identity/open-approval.ts';
import { evaluate, type Evaluation, inputsAbout, type Subject } from './evaluate.ts';
import { type PolicyInForce, policyInForce } from './policy-in-force.ts';
import type { Services } from './services.ts';
import { moveTransfer } from './transition.ts';

/**
 * Whether the queued transfer was decided by the policy in force. If not, it is decided anew and
 * the outcome recorded; a job is sent where it goes on.
 */
export async function requirePresentPolicy(
  services: Services,
  transfer: TransferRow,
): Promise<boolean> {
  const { organization } = transfer;
  const db = reader(services.db);
  const present = await policyInForce(db, organization, services.clock.now());
  if (await isDecidedBy(db, present, transfer)) return true;
  const inputs = await inputsAbout(services, transfer);
  await transaction(services.db, async (tx) => {
    await holdAuthority(tx, organization);
    const wallet = await lockWallet(tx, organization, transfer.wallet);
    const locked = await lockTransfer(tx, transfer.id);
    if (wallet === null || locked.state !== 'QUEUED') return;
    const approval = await lockApprovalOf(tx, { transfer: transfer.id });
    const votes = await votesOf(tx, { transfer: transfer.id });
    const subject: Subject = { transfer: locked, wallet, approval, votes };
    await applyEvaluation(services, tx, subject, await evaluate(services, tx, subject, inputs));
  });
  return false;
}

/** Where the nodes sign: the payment, or a transaction with a higher fee that takes its place. */
const ASKED_FOR: readonly TransferState[] = ['SIGNING', 'BROADCAST'];

/**
 * Why the policy in force refuses a transfer that waits for the signers; undefined where it does not.
 * They may have signed already, so the transfer cannot go back to its approvers: one that would need
 * more approval is refused, and is asked for anew.
 * @throws PRICE_UNAVAILABLE where the policy cannot tell: nothing is signed until it can
 */
export async function refusalByPresentPolicy(
  services: Services,
  transfer: TransferRow,
): Promise<EndReason | undefined> {
  const { id, organization } = transfer;
  const now = services.clock.now();
  const db = reader(services.db);
  const present = await policyInForce(db, organization, now);
  if (await isDecidedBy(db, present, transfer)) return undefined;
  const inputs = await inputsAbout(services, transfer);
  return transaction(services.db, async (tx) => {
    await holdAuthority(tx, organization);
    const wallet = await lockWallet(tx, organization, transfer.wallet);
    const locked = await lockTransfer(tx, id);
    if (wallet === null || !ASKED_FOR.includes(locked.state)) return undefined;
    const approval = await lockApprovalOf(tx, { transfer: id });
    const votes = await votesOf(tx, { transfer: id });
    const subject: Subject = { transfer: locked, wallet, approval, votes };
    const evaluation = await evaluate(services, tx, subject, inputs);
    if (evaluation.outcome === 'OPEN') return NEEDS_MORE_APPROVAL;
    if (evaluation.outcome === 'BLOCKED') return requireTold(evaluation.reason);
    await adoptDecision(services, tx, locked, evaluation);
    await recordDecision(services, tx, locked, evaluation);
    return undefined;
  });
}

/** By this version, and with what it reads of the registry and of the wallet's tags as that is now. */
async function isDecidedBy(
  tx: Tx,
  { hash, compiled }: PolicyInForce,
  { policyHash, decision, wallet }: TransferRow,
): Promise<boolean> {
  if (hash !== policyHash) return false;
  if (compiled === undefined) return true;
  const { registry } = registryFact(compiled);
  const readsTags = fieldsReadBy(compiled).has('wallet.tags');
  if (registry === undefined && !readsTags) return true;
  const id = parseId('decision', decision?.id);
  const { snapshot } = await tx.findOneOrFail(PolicyDecision, { id });
  const known = readSnapshotText(snapshot);
  const isSameRead =
    registry === undefined ||
    (known.registry !== undefined && isSameRegistry(known.registry, registry));
  return isSameRead && (!readsTags || (await hasTags(tx, wallet, known.request.wallet?.tags)));
}

async function hasTags(tx: Tx, id: WalletId, known: readonly string[] = []): Promise<boolean> {
  const { tags } = await tx.findOneOrFail(Wallet, { id });
  return tags.length === known.length && tags.every((tag) => known.includes(tag));
}

const NEEDS_MORE_APPROVAL: EndReason = {
  code: 'POLICY_STALE',
  message: 'The policy changed while the signers were awaited, and asks for more approval now.',
};

/** A fact that is missing now may be there later. */
function requireTold(reason: EndReason): EndReason {
  if (reason.code !== 'DATA_MISSING') return reason;
  throw new PlatformError('PRICE_UNAVAILABLE', { reason: reason.message.replace(/\.$/, '') });
}

/** A decision that changes no state has an entry of its own. */
const recordDecision = (
  services: Services,
  tx: Tx,
  { id, organization, state }: TransferRow,
  { policy, record: decision }: Evaluation,
): Promise<void> =>
  record(services, tx, {
    organization,
    actor: 'system',
    action: 'transfer.decided',
    subject: id,
    detail: {
      state,
      policy: { hash: policy.hash, version: policy.version },
      decision: { ...decision },
    },
  });

async function applyEvaluation(
  services: Services,
  tx: Tx,
  subject: Subject,
  evaluation: Evaluation,
): Promise<void> {
  const { transfer, approval } = subject;
  await adoptDecision(services, tx, transfer, evaluation);
  if (evaluation.outcome === 'CLEAR') {
    await tx.flush();
    await services.jobs.send(tx, { name: 'advance-transfer', transfer: transfer.id });
    await recordDecision(services, tx, transfer, evaluation);
  }
  if (evaluation.outcome !== 'OPEN') return;
  const opened =
    approval === null
      ? openApproval(services, tx, subjectOfTransfer(transfer), evaluation)
      : reopenApproval(services, approval, subjectOfTransfer(transfer), evaluation);
  await moveTransfer(services, tx, transfer, {
    event: 'APPROVAL_REQUIRED',
    actor: 'system',
    detail: { decision: { ...evaluation.record } },
  });
  await appendApprovalEvent(
    services,
    tx,
    opened,
    subjectOfTransfer(transfer),
    'approval.requested',
  );
}
