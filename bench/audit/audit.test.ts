import { expect, test } from 'vitest';
import { attack, faultOf } from './attack.ts';
import { type Line, makeLog } from './log.ts';

const LOG: readonly Line[] = makeLog(300, 40);
const SEED = 2026;

test('a log that nobody touched is found to be right', () => {
  const last = LOG.at(-1);
  expect(faultOf(LOG, last?.kind === 'checkpoint' ? [last.note] : [])).toBeUndefined();
});

test(`50 tamperings with a log are found, at the first entry that is wrong (seed ${SEED})`, () => {
  expect(attack(LOG, 50, SEED)).toEqual({ detected: 50, missed: [] });
});

test('without a checkpoint from elsewhere an older tree passes: the nodes must be asked', () => {
  const ends = LOG.flatMap(({ kind }, place) => (kind === 'checkpoint' ? [place] : []));
  expect(faultOf(LOG.slice(0, (ends[3] as number) + 1), [])).toBeUndefined();
});
