/** The platform as people meet it: real processes, a real chain, and what happens to them. */
import { afterAll, beforeAll, describe } from 'vitest';
import { killMatrix } from './kill-matrix.ts';
import { openSystem, type System } from './system.ts';

let system: System;
beforeAll(async () => {
  system = await openSystem();
});
afterAll(() => system?.close());

const theSystem = (): System => system;

describe('kill -9', () => killMatrix(theSystem));
