/** One person's vote on an approval, and what it brings about. */
import { parseHex } from '#core/bytes.ts';
import { isPlatformError, PlatformError } from '#core/errors.ts';
import type { TransferId } from '#core/ids.ts';
import type { Actor } from '#identity/actor.ts';
import { appendRefusal } from '#identity/refused-action.ts';
import { requirePresentSigner } from '#identity/authority.ts';
import { type SignedAction, signedTransaction } from '#identity/user-action.ts';
import { evidenceHash } from '#mandate/log-proof.ts';
import { approvalStatement, parseApproval } from '#mandate/approval.ts';
import { parseInstant } from '#core/time.ts';
import { type ApprovalRow, findApproval, lockApprovalOf, votesOf } from '#persistence/approval.ts';
import { reader, transaction, type Tx } from '#persistence/database.ts';
import { findTransfer, lockTransfer, Transfer, type TransferRow } from '#persistence/transfer.ts';
import { lockWallet } from '#persistence/wallet.ts';
import { adoptDecision } from './adopt-decision.ts';
import { castVote, closeApproval, recordVote, requireMayDecide, requireOpen } from './cast-vote.ts';
import { voteOnChange } from './vote-on-change.ts';
import {
  decidingGroups,
  evaluate,
  type Evaluation,
  inputsAbout,
  isEligible,
  type Subject,
} from './evaluate.ts';
import type { Inputs } from './gather-inputs.ts';
import { type DecideApprovalInput, type DecisionRequest, parseDecisionInput } from './inputs.ts';
import { appendApprovalEvent, askFor, subjectOfTransfer } from '#identity/open-approval.ts';
import type { Services } from './services.ts';
import { moveTransfer } from './transition.ts';

/**
 * Records the vote, and where it completes or ends the approval, moves the transfer on, all in one
 * transaction.
 * @throws FORBIDDEN, NOT_FOUND, INVALID_INPUT, APPROVAL_CLOSED, APPROVAL_NOT_ELIGIBLE,
 *   APPROVAL_DUPLICATE, SCREENING_UNAVAILABLE, and what `signedTransaction` throws
 */
export async function decideApproval(
  services: Services,
  actor: Actor,
  input: DecideApprovalInput,
  signed: SignedAction | null | undefined,
): Promise<ApprovalRow> {
  await requireMayDecide(services, actor, input.approvalId);
  const request = parseDecisionInput(input);
  const inputs = await inputsFor(services, actor, request);
  const action = { operation: 'decideApproval', signed };
  const voted = signedTransaction(services, actor, action, async (tx, consume) => {
    const { organization } = actor;
    const found = await findApproval(tx, organization, request.approval);
    if (found === null) throw new PlatformError('NOT_FOUND', { field: 'approvalId' });
    const statement = await consume((stored) => {
      const { created, expires } = parseApproval(stored);
      return approvalStatement({
        ...request,
        organization,
        intentHash: parseHex(found.intentHash),
        policyHash: found.policyHash,
        approver: actor.user,
        created: parseInstant(created),
        expires: parseInstant(expires),
      });
    });
    const vote = { request, statement };
    if (found.change) return voteOnChange(services, tx, actor, found.change, vote);
    await requirePresentSigner(tx, actor, statement, 'approvals:decide');
    const transfer = found.transfer as TransferId;
    const subject = await lockSubject(tx, organization, transfer);
    await requireMayVote(services, tx, actor, subject);
    await castVote(services, tx, actor, subject.approval, vote);
    const votes = await votesOf(tx, { transfer });
    await conclude(services, tx, actor, { ...subject, votes }, inputs);
    return subject.approval;
  });
  return voted.catch(async (error: unknown) => {
    if (isPlatformError(error, 'APPROVAL_NOT_ELIGIBLE')) {
      await recordIneligible(services, actor, request, error);
    }
    throw error;
  });
}

/** The vote was rolled back; that the person tried to cast it stays. */
async function recordIneligible(
  services: Services,
  { organization, user }: Actor,
  { approval, decision }: DecisionRequest,
  error: PlatformError,
): Promise<void> {
  const attempt = { organization, user, action: 'approval.refused', subject: approval };
  await transaction(services.db, (tx) =>
    appendRefusal(services, tx, { ...attempt, detail: { decision } }, error),
  );
}

/** Asked for before the locks are taken: the sources may be slow. A rejection needs none. */
async function inputsFor(
  services: Services,
  actor: Actor,
  { approval, decision }: DecisionRequest,
): Promise<Inputs> {
  const nothing: Inputs = { prices: { quotes: [] } };
  if (decision === 'REJECT') return nothing;
  const db = reader(services.db);
  const found = await findApproval(db, actor.organization, approval);
  const id = found?.transfer;
  const transfer = id ? await findTransfer(db, actor.organization, id) : null;
  return transfer ? inputsAbout(services, transfer) : nothing;
}

type LockedSubject = Subject & { readonly approval: ApprovalRow };

async function lockSubject(
  tx: Tx,
  organization: Actor['organization'],
  id: TransferId,
): Promise<LockedSubject> {
  const { wallet: walletId } = await tx.findOneOrFail(Transfer, { id });
  const wallet = await lockWallet(tx, organization, walletId);
  const transfer = await lockTransfer(tx, id);
  const approval = await lockApprovalOf(tx, { transfer: id });
  if (wallet === null || approval === null) throw new Error(`the approval of ${id} lost its rows`);
  return { wallet, transfer, approval, votes: await votesOf(tx, { transfer: id }) };
}

/** @throws APPROVAL_NOT_ELIGIBLE, APPROVAL_DUPLICATE, APPROVAL_CLOSED */
async function requireMayVote(
  services: Services,
  tx: Tx,
  actor: Actor,
  { approval, transfer, votes }: LockedSubject,
): Promise<void> {
  const groups = await decidingGroups(services, tx, transfer);
  if (!isEligible(actor.user, approval.requirement, groups, transfer.initiator)) {
    const isOwn = approval.requirement.excludeInitiator && actor.user === transfer.initiator;
    throw new PlatformError('APPROVAL_NOT_ELIGIBLE', {
      reason: isOwn
        ? 'whoever creates a transfer may not approve it'
        : 'you are in none of the groups that must approve it',
    });
  }
  requireOpen(services, actor, approval, votes);
}

/** One rejection ends it. An approval counts once every requirement is met and nothing blocks. */
async function conclude(
  services: Services,
  tx: Tx,
  actor: Actor,
  subject: LockedSubject,
  inputs: Inputs,
): Promise<void> {
  const { approval, transfer, votes } = subject;
  const vote = votes.find(({ user }) => user === actor.user);
  if (vote === undefined) throw new Error(`the vote of ${actor.user} was cast and is not there`);
  const { reason } = vote;
  const evidence = evidenceHash(vote.statement);
  if (vote.decision === 'REJECT') {
    closeApproval(services, approval, 'REJECTED');
    await recordVote(services, tx, actor, approval, { decision: 'REJECT', reason, evidence });
    const message = `An approver rejected it${reason === '' ? '' : `: ${reason}`}`;
    await moveTransfer(services, tx, transfer, {
      event: 'APPROVAL_REJECTED',
      actor: actor.user,
      detail: { approval: approval.id },
      reason: { code: 'APPROVAL_REJECTED', message },
    });
  } else {
    const evaluation = await evaluate(services, tx, subject, inputs);
    if (evaluation.outcome === 'OPEN') askFor(approval, evaluation);
    else
      closeApproval(services, approval, evaluation.outcome === 'CLEAR' ? 'APPROVED' : 'REJECTED');
    await recordVote(services, tx, actor, approval, { decision: 'APPROVE', reason, evidence });
    if (evaluation.outcome !== 'OPEN') await moveOn(services, tx, actor, transfer, evaluation);
  }
  await appendApprovalEvent(
    services,
    tx,
    approval,
    subjectOfTransfer(transfer),
    'approval.updated',
  );
}

async function moveOn(
  services: Services,
  tx: Tx,
  actor: Actor,
  transfer: TransferRow,
  evaluation: Evaluation,
): Promise<void> {
  await adoptDecision(services, tx, transfer, evaluation);
  if (evaluation.outcome !== 'CLEAR') return;
  const detail = { decision: { ...evaluation.record } };
  await moveTransfer(services, tx, transfer, { event: 'APPROVED', actor: actor.user, detail });
}
