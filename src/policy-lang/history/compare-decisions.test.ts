import { expect, test } from 'vitest';
import { directionOf } from './compare-decisions.ts';
import type { ApprovalRequirement, Decision } from '#policy-lang/decision.ts';

const decision = (outcome: Decision['outcome'], required?: ApprovalRequirement): Decision => ({
  outcome,
  reasons: [],
  requirements: required === undefined ? [] : [required],
  flags: [],
  matched: [],
  policy: { hash: '', version: 1 },
});

const pending = (groups: Record<string, number>, more: Partial<ApprovalRequirement> = {}) =>
  decision('PENDING', {
    quorums: Object.entries(groups).map(([group, count]) => ({ group, count })),
    excludeInitiator: true,
    ...more,
  });

const ALLOW = decision('ALLOW');
const BLOCK = decision('BLOCK');

test.each([
  ['allow is no block', ALLOW, BLOCK, 'tightened'],
  ['block is no allow', BLOCK, ALLOW, 'loosened'],
  ['an approval is less than a block', BLOCK, pending({ a: 1 }), 'loosened'],
  ['an approval is more than nothing', ALLOW, pending({ a: 1 }), 'tightened'],
  ['two blocks are the same', BLOCK, BLOCK, 'same'],
  ['equal approvals are the same', pending({ a: 1 }), pending({ a: 1 }), 'same'],
  ['a higher quorum asks for more', pending({ a: 1 }), pending({ a: 2 }), 'tightened'],
  ['a group less asks for less', pending({ a: 1, b: 1 }), pending({ b: 1 }), 'loosened'],
  ['another group asks other people', pending({ a: 1 }), pending({ b: 1 }), 'changed'],
  [
    'an initiator who may approve loosens',
    pending({ a: 1 }),
    pending({ a: 1 }, { excludeInitiator: false }),
    'loosened',
  ],
  ['an expiry tightens', pending({ a: 1 }), pending({ a: 1 }, { expiresAfterMs: 5 }), 'tightened'],
  [
    'more people and more time is neither',
    pending({ a: 1 }, { expiresAfterMs: 5 }),
    pending({ a: 2 }, { expiresAfterMs: 9 }),
    'changed',
  ],
])('%s', (_, before, after, direction) => {
  expect(directionOf(before, after)).toBe(direction);
});
