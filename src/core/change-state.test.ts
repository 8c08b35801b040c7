/** The life of a change: what may follow on what. */
import { expect, test } from 'vitest';
import { CHANGE_EVENTS, CHANGE_STATES, nextChangeState } from './change-state.ts';

test('what has ended stays so, and only a change in the log can come into effect', () => {
  const moves = CHANGE_STATES.flatMap((state) =>
    CHANGE_EVENTS.flatMap((event) => {
      const next = nextChangeState(state, event);
      return next === undefined ? [] : [`${state} ${event} ${next}`];
    }),
  );
  expect(moves).toEqual([
    'PENDING_APPROVAL APPROVED APPLIED',
    'PENDING_APPROVAL REFUSED REJECTED',
    'PENDING_APPROVAL TIMED_OUT EXPIRED',
    'PENDING_APPROVAL TAKEN_BACK WITHDRAWN',
    'APPLIED RECEIPTED EFFECTIVE',
  ]);
});
