import { existsSync, readdirSync } from 'node:fs';
import path from 'node:path';
import { expect, test } from 'vitest';
import { CHECKOUT, requireApplies } from './checkout-copy.ts';
import { PLANTED_BUGS } from './planted-bugs.ts';

/** `npm run planted` plants them and runs their catchers; here each only has to fit. */
test.each(PLANTED_BUGS)('$name: its patch applies, and its catcher exists', ({ name, catcher }) => {
  expect(() => requireApplies(name)).not.toThrow();
  expect(existsSync(path.join(CHECKOUT, catcher))).toBe(true);
});

test('every patch of the folder is planted by the command', () => {
  const patches = readdirSync(import.meta.dirname).filter((file) => file.endsWith('.patch'));
  const names = PLANTED_BUGS.map(({ name }) => `${name}.patch`);
  expect(patches.toSorted((a, b) => a.localeCompare(b))).toEqual(
    names.toSorted((a, b) => a.localeCompare(b)),
  );
});
