import { expect, test, vi } from 'vitest';

import { changesBetween, processState } from './process-state.ts';

test.each([
  ['a variable', () => vi.stubEnv('LEFT_BEHIND', '1'), ['LEFT_BEHIND']],
  ['a variable that was there', () => vi.stubEnv('PATH', undefined), ['PATH']],
  ['the clock', () => vi.useFakeTimers({ toFake: ['Date'] }), ['Date']],
  ['a timer', () => vi.useFakeTimers({ toFake: ['setTimeout'] }), ['setTimeout']],
  ['the network', () => vi.stubGlobal('fetch', () => undefined), ['fetch']],
])(
  '%s that a test leaves changed is named, and nothing once it is put back',
  (_, change, names) => {
    const before = processState();
    change();
    const changed = changesBetween(before, processState());
    vi.useRealTimers();
    vi.unstubAllEnvs();
    vi.unstubAllGlobals();
    expect(changed).toEqual(names);
    expect(changesBetween(before, processState())).toEqual([]);
  },
);
