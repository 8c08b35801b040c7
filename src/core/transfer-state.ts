/**
 * The life of a transfer, as one pure function. A row changes state only through `nextState`, in the
 * transaction that also writes the audit entry and enqueues the next job.
 */

export const TRANSFER_STATES = [
  'PENDING_POLICY',
  'PENDING_APPROVAL',
  'QUEUED',
  'SIGNING',
  'BROADCAST',
  'CONFIRMED',
  'FAILED',
  'REPLACED',
  'REJECTED',
  'EXPIRED',
  'CANCELLED',
] as const;

export type TransferState = (typeof TRANSFER_STATES)[number];

/** What can happen to a transfer. */
export const TRANSFER_EVENTS = [
  'POLICY_ALLOWED',
  'POLICY_BLOCKED',
  'APPROVAL_REQUIRED',
  'APPROVED',
  'APPROVAL_REJECTED',
  'APPROVAL_EXPIRED',
  'CANCEL_REQUESTED',
  'SIGNING_STARTED',
  'SIGNED',
  'CONFIRMED_ON_CHAIN',
  'REVERTED_ON_CHAIN',
  'REFUSED_FOR_GOOD',
  'REPLACED_ON_CHAIN',
] as const;

export type TransferEvent = (typeof TRANSFER_EVENTS)[number];

const TRANSITIONS: Readonly<Record<TransferState, Partial<Record<TransferEvent, TransferState>>>> =
  {
    PENDING_POLICY: {
      POLICY_ALLOWED: 'QUEUED',
      POLICY_BLOCKED: 'REJECTED',
      APPROVAL_REQUIRED: 'PENDING_APPROVAL',
      CANCEL_REQUESTED: 'CANCELLED',
    },
    PENDING_APPROVAL: {
      APPROVED: 'QUEUED',
      APPROVAL_REJECTED: 'REJECTED',
      APPROVAL_EXPIRED: 'EXPIRED',
      POLICY_BLOCKED: 'REJECTED',
      CANCEL_REQUESTED: 'CANCELLED',
    },
    QUEUED: {
      SIGNING_STARTED: 'SIGNING',
      POLICY_BLOCKED: 'REJECTED',
      APPROVAL_REQUIRED: 'PENDING_APPROVAL',
      REFUSED_FOR_GOOD: 'FAILED',
      CANCEL_REQUESTED: 'CANCELLED',
    },
    SIGNING: { SIGNED: 'BROADCAST', REFUSED_FOR_GOOD: 'FAILED' },
    BROADCAST: {
      CONFIRMED_ON_CHAIN: 'CONFIRMED',
      REVERTED_ON_CHAIN: 'FAILED',
      REPLACED_ON_CHAIN: 'REPLACED',
    },
    CONFIRMED: {},
    FAILED: {},
    REPLACED: {},
    REJECTED: {},
    EXPIRED: {},
    CANCELLED: {},
  };

/** The state after the event, or `undefined` when the event is not legal in that state. */
export const nextState = (state: TransferState, event: TransferEvent): TransferState | undefined =>
  TRANSITIONS[state][event];

/** A final state has no way out. */
export const isFinal = (state: TransferState): boolean =>
  Object.keys(TRANSITIONS[state]).length === 0;

/**
 * Whether the transfer's value still counts against limits. Everything counts but what was refused,
 * withdrawn, or is known not to have moved funds.
 */
export const countsAgainstLimits = (state: TransferState): boolean =>
  !['REJECTED', 'EXPIRED', 'CANCELLED', 'FAILED', 'REPLACED'].includes(state);
