import { expect, test } from 'vitest';

import { describeMode } from './signers.ts';

const nodes = (...modes: readonly ('safety' | 'availability' | undefined)[]) =>
  modes.map((mode) => ({ threshold: 2, ...(mode === undefined ? {} : { mode }) }));

test('who starts nodes that sign without a quorum is told what that costs', () => {
  expect(describeMode(nodes('availability', 'availability', 'availability'))).toMatch(
    /any 2 nodes sign: a limit can be spent, and an intent signed, up to 2 times/,
  );
  expect(describeMode(nodes(undefined, 'safety', undefined))).toBeUndefined();
});
