/** A transfer as clients see it. */
import type { TransferId } from '#core/ids.ts';
import { symbolOf } from '#core/money.ts';
import { isFinal, TRANSFER_STATES, type TransferState } from '#core/transfer-state.ts';
import type { AuditEntryRow } from '#persistence/audit.ts';
import type { EventRow } from '#persistence/event.ts';
import type { FeeRaiseRow, Payment, Version } from '#persistence/fee-raise.ts';
import type { EndReason, TransferRow, Waiting } from '#persistence/transfer.ts';
import {
  type TimelineEntry,
  type Transaction,
  type TransactionVersion,
  type Transfer,
  TransferKind,
} from '#schema/transfer.ts';
import { type DecisionView, decisionView } from './decision-view.ts';
import { activityOfTransfer } from '#workflow/transfer.ts';
import { type AssetView, displayAmount } from './registry-resolver.ts';
import { waitingView } from './waiting-view.ts';

type Linked =
  | 'display'
  | 'wallet'
  | 'network'
  | 'asset'
  | 'initiator'
  | 'approvals'
  | 'decision'
  | 'decisions'
  | 'transaction'
  | 'timeline';
export type TransferView = Omit<Transfer, Linked> & {
  readonly id: TransferId;
  readonly row: TransferRow;
  readonly decision: DecisionView | null;
};

/** As people are shown it: an allowance is never shown as a payment. */
export function displayOf(row: TransferRow, asset: AssetView): string {
  const amount = displayAmount(asset, row.units);
  return {
    transfer: amount,
    allowance: `allowance of ${amount}`,
    'unlimited-allowance': `unlimited allowance of ${symbolOf(row.asset)}`,
  }[activityOfTransfer(row)];
}

function kindOf(row: TransferRow) {
  const activity = activityOfTransfer(row);
  const kind = activity === 'transfer' ? TransferKind.TRANSFER : TransferKind.ALLOWANCE;
  return { kind, unlimited: activity === 'unlimited-allowance' };
}

export const transferView = (row: TransferRow): TransferView => ({
  row,
  id: row.id,
  externalId: row.externalId,
  state: row.state,
  amount: row.units,
  ...kindOf(row),
  to: row.recipient,
  ...(row.memo === '' ? {} : { memo: row.memo }),
  maxFee: row.feeMax,
  intent: row.intent,
  intentHash: row.intentHash,
  decision: row.decision ? decisionView(row.decision) : null,
  waiting: row.waiting ? waitingView(row.waiting) : null,
  reason: row.reason,
  createdAt: row.createdAt,
  updatedAt: row.updatedAt,
  expiresAt: row.expiresAt,
  version: row.version,
});

/** What an event of a transfer says; the workflow writes it with every change. */
type ChangePayload = {
  readonly state: TransferRow['state'];
  readonly version: number;
  readonly waiting: Waiting | null;
  readonly reason: EndReason | null;
};

const payloadOf = (event: EventRow): ChangePayload => event.payload as unknown as ChangePayload;

export const versionOf = (event: EventRow): number => payloadOf(event).version;

/** The transfer as it was after this change: a later change has its own event. */
export function transferAfter(row: TransferRow, event: EventRow): TransferView {
  const { state, version, waiting, reason } = payloadOf(event);
  return { ...transferView({ ...row, state, version, waiting, reason, updatedAt: event.at }), row };
}

export function transactionView(state: TransferState, payment: Payment): Transaction {
  const { first, raises, versions } = payment;
  const { minedHash } = first;
  const signed = versions.filter(({ hash }) => typeof hash === 'string');
  const shown = signed.find(({ hash }) => hash === minedHash) ?? signed.at(-1) ?? versions[0];
  const refusals = new Map(raises.map(({ ordinal, refusal }) => [ordinal, refusal]));
  return {
    nonce: first.nonce.toString(),
    maxFee: shown.feeMax,
    hash: shown.hash,
    blockNumber: first.block?.toString(),
    blockHash: first.blockHash,
    feePaid: first.feePaid,
    signedAt: shown.signedAt,
    confirmedAt: first.confirmedAt,
    versions: versions.map((version) => {
      const { hash, feeMax: maxFee, createdAt, signedAt } = version;
      const refusal = refusals.get(version.ordinal);
      const ended = { isOver: isFinal(state), minedHash };
      return {
        state: versionState(version, refusal, ended),
        hash,
        maxFee,
        refusal,
        createdAt,
        signedAt,
      };
    }),
  };
}

function versionState(
  { hash }: Version,
  refusal: FeeRaiseRow['refusal'] | undefined,
  {
    isOver,
    minedHash,
  }: { readonly isOver: boolean; readonly minedHash?: string | null | undefined },
): TransactionVersion['state'] {
  if (typeof hash === 'string' && hash === minedHash) return 'MINED';
  if (refusal) return 'REFUSED';
  if (isOver) return 'DEAD';
  return typeof hash === 'string' ? 'SENT' : 'SIGNING';
}

export type TimelineView = Omit<TimelineEntry, 'actor'> & {
  readonly actorId: AuditEntryRow['actor'];
};

/** `transfer.pending_approval` -> the state PENDING_APPROVAL. */
export function timelineView(entry: AuditEntryRow): TimelineView {
  const name = entry.action.slice('transfer.'.length).toUpperCase();
  const state = TRANSFER_STATES.find((known) => known === name);
  return { action: entry.action, at: entry.at, actorId: entry.actor, ...(state && { state }) };
}
