import { expect, test } from 'vitest';
import {
  TRANSFER_EVENTS,
  TRANSFER_STATES,
  countsAgainstLimits,
  isFinal,
  nextState,
} from './transfer-state.ts';

test('the walkthrough runs from policy to confirmation', () => {
  const path = ['APPROVAL_REQUIRED', 'APPROVED', 'SIGNING_STARTED', 'SIGNED', 'CONFIRMED_ON_CHAIN'];
  let state: (typeof TRANSFER_STATES)[number] | undefined = 'PENDING_POLICY';
  const seen = path.map((event) => (state = nextState(state!, event as never)));
  expect(seen).toEqual(['PENDING_APPROVAL', 'QUEUED', 'SIGNING', 'BROADCAST', 'CONFIRMED']);
});

test('a final state has no way out, and nothing cancels once signing began', () => {
  const final = TRANSFER_STATES.filter(isFinal);
  expect(final).toEqual(['CONFIRMED', 'FAILED', 'REPLACED', 'REJECTED', 'EXPIRED', 'CANCELLED']);
  for (const state of final) {
    for (const event of TRANSFER_EVENTS) expect(nextState(state, event)).toBeUndefined();
  }
  expect(nextState('SIGNING', 'CANCEL_REQUESTED')).toBeUndefined();
  expect(nextState('BROADCAST', 'CANCEL_REQUESTED')).toBeUndefined();
});

test('what was refused or did not move funds does not count against limits', () => {
  const counting = TRANSFER_STATES.filter(countsAgainstLimits);
  expect(counting).toEqual([
    'PENDING_POLICY',
    'PENDING_APPROVAL',
    'QUEUED',
    'SIGNING',
    'BROADCAST',
    'CONFIRMED',
  ]);
});
