/** Transfers: creating, cancelling and reading them. What happens afterwards is in the jobs. */
import { PlatformError } from '#core/errors.ts';
import type { TransferState } from '#core/transfer-state.ts';
import type { Actor } from '#identity/actor.ts';
import type { AuditEntryRow } from '#persistence/audit.ts';
import type { Page, PageRequest } from '#persistence/page.ts';
import type { ChainTransactionRow } from '#persistence/transaction.ts';
import type { DecisionRecord, TransferRow } from '#persistence/transfer.ts';
import type { CreateTransferInput, PublishPolicyInput } from './inputs.ts';
import type { Services } from './services.ts';
import type { SignedAction } from './user-action.ts';

/**
 * Decides and records a transfer in one transaction. A transfer that the policy blocks is a transfer
 * in state REJECTED with the reasons in its decision. The same externalId and input return the first
 * transfer, with the same challenge or a fresh one.
 * @throws FORBIDDEN, INVALID_INPUT, NOT_FOUND, IDEMPOTENCY_CONFLICT, CHALLENGE_USED,
 *   CHALLENGE_EXPIRED, USER_ACTION_MISMATCH, WEBAUTHN_REFUSED, CREDENTIAL_CLONED
 */
export async function createTransfer(
  _services: Services,
  _actor: Actor,
  _input: CreateTransferInput,
  _signed: SignedAction,
): Promise<TransferRow> {
  throw new PlatformError('NOT_CONFIGURED');
}

/**
 * Withdraws a transfer that is not yet being signed. Cancelling twice returns the cancelled transfer.
 * @throws FORBIDDEN, NOT_FOUND, VERSION_CONFLICT when it is too late
 */
export async function cancelTransfer(
  _services: Services,
  _actor: Actor,
  _id: string,
): Promise<TransferRow> {
  throw new PlatformError('NOT_CONFIGURED');
}

/** What the policy in force, or a draft of one, would decide now. Nothing is stored. */
export async function simulateTransfer(
  _services: Services,
  _actor: Actor,
  _input: Omit<CreateTransferInput, 'externalId'>,
  _draftPolicy?: PublishPolicyInput,
): Promise<DecisionRecord> {
  throw new PlatformError('NOT_CONFIGURED');
}

export type TransferFilter = {
  readonly walletId?: string | null;
  readonly states?: readonly TransferState[] | null;
};

/** Newest first. @throws FORBIDDEN, INVALID_INPUT */
export async function listTransfers(
  _services: Services,
  _actor: Actor,
  _filter: TransferFilter,
  _page: PageRequest,
): Promise<Page<TransferRow>> {
  throw new PlatformError('NOT_CONFIGURED');
}

/** @throws FORBIDDEN, NOT_FOUND, INVALID_INPUT */
export async function readTransfer(
  _services: Services,
  _actor: Actor,
  _id: string,
): Promise<TransferRow> {
  throw new PlatformError('NOT_CONFIGURED');
}

/** What the chain knows of it; undefined before its draft. */
export async function readTransaction(
  _services: Services,
  _actor: Actor,
  _transfer: TransferRow,
): Promise<ChainTransactionRow | undefined> {
  throw new PlatformError('NOT_CONFIGURED');
}

/** Its audit entries, oldest first: one for each step. */
export async function readTimeline(
  _services: Services,
  _actor: Actor,
  _transfer: TransferRow,
): Promise<readonly AuditEntryRow[]> {
  throw new PlatformError('NOT_CONFIGURED');
}
