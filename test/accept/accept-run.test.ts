import { expect, test } from 'vitest';
import {
  type AcceptRun,
  exitCodeOf,
  judge,
  type Outcome,
  type Setting,
  summaryOf,
} from './accept-run.ts';
import { drawFrom, shuffled } from './drawn.ts';

const SETTING: Setting = {
  profile: 'quick',
  seed: '1',
  tell: () => undefined,
  sample: () => undefined,
  earlier: () => [],
  mayGoOn: async () => undefined,
};

const run = (play: AcceptRun['play']): AcceptRun => ({ id: 'F-00', claim: 'nothing', play });

test.each<[string, AcceptRun['play'], RegExp]>([
  [
    'without breaks has passed',
    async () => ({ figures: { kills: 3 }, breaks: [] }),
    /^PASS F-00 kills=3 seconds=\d+\.\d$/,
  ],
  [
    'with a break has failed, and tells which',
    async () => ({ figures: {}, breaks: ['2 were lost'] }),
    /^FAIL F-00 seconds=[\d.]+\n {5}2 were lost$/,
  ],
  [
    'that throws has failed',
    () => Promise.reject(new Error('no database')),
    /^FAIL F-00 did not come to its end: Error: no database/,
  ],
  [
    'that cannot be played is never passed',
    { notRun: 'there is none yet' },
    /^NOT RUN F-00 there is none yet$/,
  ],
])('a run %s', async (_, play, line) => {
  expect((await judge(run(play), SETTING)).line).toMatch(line);
});

const outcomes = (...verdicts: Outcome['verdict'][]): readonly Outcome[] =>
  verdicts.map((verdict) => ({ id: 'F-00', verdict, line: '' }));

test.each([
  [0, outcomes('PASS', 'PASS')],
  [1, outcomes('PASS', 'FAIL', 'NOT RUN')],
  [2, outcomes('PASS', 'NOT RUN')],
  [2, outcomes('NOT RUN')],
])('the command ends with %i', (code, given) => {
  expect(exitCodeOf(given)).toBe(code);
});

test('the summary counts each verdict', () => {
  const given = outcomes('PASS', 'FAIL', 'NOT RUN', 'PASS');
  expect(summaryOf(given)).toBe('2 passed, 1 failed, 1 not run');
});

test('a draw depends on its seed and its name, and on nothing that was drawn before', () => {
  const draw = drawFrom('7');
  const first = draw('pause 3', 1_000);
  draw('pause 4', 1_000);
  expect([draw('pause 3', 1_000), drawFrom('8')('pause 3', 1_000)]).not.toEqual([first, first]);
  expect(draw('pause 3', 1_000)).toBe(first);
  const items = [1, 2, 3, 4, 5];
  expect(shuffled(draw, 'order', items).toSorted((a, b) => a - b)).toEqual(items);
});
