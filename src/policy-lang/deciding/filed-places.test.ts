import { expect, test } from 'vitest';
import type { FieldPath } from '#policy-lang/checking/condition.ts';
import { filedPlaces } from './filed-places.ts';
import type { Filing } from './filing.ts';

const under = (path: FieldPath, key: string): Filing => ({
  field: { path },
  keys: new Set([key]),
  isAddresses: false,
});
const tag = (key: string): Filing => under('wallet.tags', key);
const role = (key: string): Filing => under('initiator.roles', key);

const filedUnder = (choices: readonly (readonly Filing[])[]): readonly (string | undefined)[] =>
  filedPlaces(choices).map((place) => place && [...place.keys.keys()].join());

test('rules go where others are filed already if a request meets no more of them there', () => {
  const tagged = ['t1', 't1', 't2', 't2', 't3', 't3'].map((key) => [tag(key)]);
  const chosen = ['t1', 't2', 't3'].map((key, at) => [role(`r${at}`), tag(key)]);
  const places = filedUnder([...tagged, ...chosen]);
  expect(places).toEqual(['t1', 't1', 't2', 't2', 't3', 't3', 't1', 't2', 't3']);
});

test('rules stay under a fact of their own if a request would meet more elsewhere', () => {
  const tagged = Array.from({ length: 4 }, () => [tag('t1')]);
  const chosen = [1, 2, 3].map((number) => [role(`r${number}`), tag('t1')]);
  expect(filedUnder([...tagged, ...chosen]).slice(4)).toEqual(['r1', 'r2', 'r3']);
});

test('a rule that can be filed in one way only keeps those beside it', () => {
  const tagged = ['t1', 't2', 't3', 't4', 't5'].map((key) => [tag(key)]);
  expect(filedUnder([...tagged, [role('r1')], [role('r2'), tag('t1')], []]).slice(5)).toEqual([
    'r1',
    'r2',
    undefined,
  ]);
});
