/**
 * The life of a change of authority, as one pure function. A row changes state only through
 * `nextChangeState`, in the transaction that also appends to the authority log or writes the audit entry.
 */

export const CHANGE_STATES = [
  'PENDING_APPROVAL',
  'APPLIED',
  'EFFECTIVE',
  'REJECTED',
  'EXPIRED',
  'WITHDRAWN',
] as const;

export type ChangeState = (typeof CHANGE_STATES)[number];

/** What can happen to a change that is on record. */
export const CHANGE_EVENTS = [
  'APPROVED',
  'REFUSED',
  'TIMED_OUT',
  'TAKEN_BACK',
  'RECEIPTED',
] as const;

export type ChangeEvent = (typeof CHANGE_EVENTS)[number];

const TRANSITIONS: Readonly<Record<ChangeState, Partial<Record<ChangeEvent, ChangeState>>>> = {
  PENDING_APPROVAL: {
    APPROVED: 'APPLIED',
    REFUSED: 'REJECTED',
    TIMED_OUT: 'EXPIRED',
    TAKEN_BACK: 'WITHDRAWN',
  },
  APPLIED: { RECEIPTED: 'EFFECTIVE' },
  EFFECTIVE: {},
  REJECTED: {},
  EXPIRED: {},
  WITHDRAWN: {},
};

/** The state after the event, or `undefined` when the event is not legal in that state. */
export const nextChangeState = (state: ChangeState, event: ChangeEvent): ChangeState | undefined =>
  TRANSITIONS[state][event];
