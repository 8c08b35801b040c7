import { readFileSync } from 'node:fs';
import { resolve } from 'node:path';
import { expect, test } from 'vitest';
import { compileTestUsdc } from './compile.ts';

test('the committed artefact is what the compiler makes of the source', () => {
  const text = readFileSync(resolve(import.meta.dirname, 'TestUSDC.json'), 'utf8');
  expect(JSON.parse(text)).toEqual(compileTestUsdc());
});
