import { expect, test } from 'vitest';
import { interned } from './interned.ts';

test.each(['a', '7', '__proto__', 'constructor', '', 'wallet "x"', 'ł', '\ud800'])(
  'the kept copy of %j is the same text',
  (text) => {
    expect(interned(text)).toBe(text);
  },
);
