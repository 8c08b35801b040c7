/** Approvals: deciding and reading them. */
import { PlatformError } from '#core/errors.ts';
import type { UserId } from '#core/ids.ts';
import type { Actor } from '#identity/actor.ts';
import type { ApprovalRow, ApprovalState, VoteRow } from '#persistence/approval.ts';
import type { Page, PageRequest } from '#persistence/page.ts';
import type { TransferRow } from '#persistence/transfer.ts';
import type { DecideApprovalInput } from './inputs.ts';
import type { Services } from './services.ts';
import type { SignedAction } from './user-action.ts';

/**
 * Records one person's vote, and where it completes or ends the approval, moves the transfer on, all
 * in one transaction.
 * @throws FORBIDDEN, NOT_FOUND, APPROVAL_CLOSED, APPROVAL_NOT_ELIGIBLE, APPROVAL_DUPLICATE,
 *   CHALLENGE_USED, CHALLENGE_EXPIRED, USER_ACTION_MISMATCH, WEBAUTHN_REFUSED, CREDENTIAL_CLONED
 */
export async function decideApproval(
  _services: Services,
  _actor: Actor,
  _input: DecideApprovalInput,
  _signed: SignedAction,
): Promise<ApprovalRow> {
  throw new PlatformError('NOT_CONFIGURED');
}

export type ApprovalFilter = { readonly states?: readonly ApprovalState[] | null };

/** Newest first. @throws FORBIDDEN, INVALID_INPUT */
export async function listApprovals(
  _services: Services,
  _actor: Actor,
  _filter: ApprovalFilter,
  _page: PageRequest,
): Promise<Page<ApprovalRow>> {
  throw new PlatformError('NOT_CONFIGURED');
}

/** @throws FORBIDDEN, NOT_FOUND, INVALID_INPUT */
export async function readApproval(
  _services: Services,
  _actor: Actor,
  _id: string,
): Promise<ApprovalRow> {
  throw new PlatformError('NOT_CONFIGURED');
}

/** The approval that a transfer waits for or waited for; undefined where none was needed. */
export async function readApprovalOf(
  _services: Services,
  _actor: Actor,
  _transfer: TransferRow,
): Promise<ApprovalRow | undefined> {
  throw new PlatformError('NOT_CONFIGURED');
}

export type ApprovalDetail = {
  readonly transfer: TransferRow;
  /** Oldest first. */
  readonly votes: readonly VoteRow[];
  /** Who may still decide. */
  readonly eligible: readonly UserId[];
  /** Whether the actor may decide now. */
  readonly mayDecide: boolean;
};

/** What a person needs to see before deciding. */
export async function readApprovalDetail(
  _services: Services,
  _actor: Actor,
  _approval: ApprovalRow,
): Promise<ApprovalDetail> {
  throw new PlatformError('NOT_CONFIGURED');
}
