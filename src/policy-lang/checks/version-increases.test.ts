import { expect, test } from 'vitest';
import { compile, HEADER, WORLD } from '#testing/policy-fixtures.ts';

const found = (version: number, previousVersion?: number) =>
  compile(HEADER.replace('version 1', `version ${version}`), {
    ...WORLD,
    ...(previousVersion !== undefined && { previousVersion }),
  })
    .diagnostics.filter(({ code }) => code === 'BAD_VERSION')
    .map(({ message, hint }) => `${message} ${hint}`);

test.each([
  [1, undefined],
  [4, 3],
  [100, 3],
])('version %i may follow %s', (version, previous) => {
  expect(found(version, previous)).toEqual([]);
});

test.each([
  [3, 3],
  [2, 3],
])('version %i may not follow %i', (version, previous) => {
  expect(found(version, previous)).toEqual([
    `Version 3 is in force already, so ${version} cannot follow it. Write version 4.`,
  ]);
});
