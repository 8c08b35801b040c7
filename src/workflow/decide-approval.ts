/** One person's vote on an approval, and what it brings about. */
import { parseHex } from '#core/bytes.ts';
import { isPlatformError, PlatformError } from '#core/errors.ts';
import { requireAction } from '#identity/action.ts';
import type { Actor } from '#identity/actor.ts';
import { appendRefusal } from '#identity/refused-action.ts';
import { requirePresentSigner } from '#identity/authority.ts';
import { freshId, record } from '#identity/services.ts';
import { type SignedAction, signedTransaction } from '#identity/user-action.ts';
import type { SignedStatement } from '#mandate/assertion.ts';
import { evidenceHash } from '#mandate/log-proof.ts';
import { approvalStatement, parseApproval } from '#mandate/approval.ts';
import { parseInstant } from '#core/time.ts';
import {
  type ApprovalRow,
  findApproval,
  lockApprovalOf,
  Vote,
  votesOf,
} from '#persistence/approval.ts';
import { reader, transaction, type Tx } from '#persistence/database.ts';
import { findTransfer, lockTransfer, Transfer, type TransferRow } from '#persistence/transfer.ts';
import { lockWallet } from '#persistence/wallet.ts';
import { adoptDecision } from './adopt-decision.ts';
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
import { appendApprovalEvent, askFor } from './open-approval.ts';
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
  await requireAction(services, actor, 'decideApproval');
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
    await requirePresentSigner(tx, actor, statement, 'approvals:decide');
    const subject = await lockSubject(tx, organization, found);
    await requireMayVote(services, tx, actor, subject);
    await castVote(services, tx, actor, subject, { request, statement });
    await conclude(
      services,
      tx,
      actor,
      { ...subject, votes: await votesOf(tx, found.transfer) },
      inputs,
    );
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
  const transfer = found && (await findTransfer(db, actor.organization, found.transfer));
  return transfer ? inputsAbout(services, transfer) : nothing;
}

type LockedSubject = Subject & { readonly approval: ApprovalRow };

async function lockSubject(
  tx: Tx,
  organization: Actor['organization'],
  found: ApprovalRow,
): Promise<LockedSubject> {
  const { wallet: walletId } = await tx.findOneOrFail(Transfer, { id: found.transfer });
  const wallet = await lockWallet(tx, organization, walletId);
  const transfer = await lockTransfer(tx, found.transfer);
  const approval = await lockApprovalOf(tx, found.transfer);
  if (wallet === null || approval === null) throw new Error(`approval ${found.id} lost its rows`);
  return { wallet, transfer, approval, votes: await votesOf(tx, found.transfer) };
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
  if (votes.some(({ user }) => user === actor.user)) throw new PlatformError('APPROVAL_DUPLICATE');
  const isOver = approval.expiresAt <= services.clock.now();
  if (approval.state !== 'OPEN' || isOver) {
    const state = approval.state === 'OPEN' ? 'EXPIRED' : approval.state;
    throw new PlatformError('APPROVAL_CLOSED', { reason: `it is ${state.toLowerCase()}` });
  }
}

async function castVote(
  services: Services,
  tx: Tx,
  actor: Actor,
  { approval }: LockedSubject,
  vote: { readonly request: DecisionRequest; readonly statement: SignedStatement },
): Promise<void> {
  const { decision, reason } = vote.request;
  tx.create(Vote, {
    id: freshId(services, 'vote'),
    organization: approval.organization,
    approval: approval.id,
    user: actor.user,
    decision,
    reason,
    statement: vote.statement,
    createdAt: services.clock.now(),
  });
  await tx.flush();
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
    close(services, approval, 'REJECTED');
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
    else close(services, approval, evaluation.outcome === 'CLEAR' ? 'APPROVED' : 'REJECTED');
    await recordVote(services, tx, actor, approval, { decision: 'APPROVE', reason, evidence });
    if (evaluation.outcome !== 'OPEN') await moveOn(services, tx, actor, transfer, evaluation);
  }
  await appendApprovalEvent(services, tx, approval, transfer, 'approval.updated');
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

function close(services: Services, approval: ApprovalRow, state: 'APPROVED' | 'REJECTED'): void {
  approval.state = state;
  approval.closedAt = services.clock.now();
}

const recordVote = (
  services: Services,
  tx: Tx,
  actor: Actor,
  approval: ApprovalRow,
  detail: { readonly decision: string; readonly reason: string; readonly evidence: string },
): Promise<void> =>
  record(services, tx, {
    organization: approval.organization,
    actor: actor.user,
    action: 'approval.voted',
    subject: approval.id,
    detail: { ...detail, transfer: approval.transfer, state: approval.state },
  });
