import { expect, test } from 'vitest';
import { chooseSigners, subsetsOf } from './choice.ts';

function allSets(p: { size: number; turn: number; suspects: readonly number[] }): string[] {
  const tried = new Set<string>();
  for (;;) {
    const signers = chooseSigners({
      parties: [1, 2, 3],
      size: p.size,
      turn: p.turn,
      blame: (party) => (p.suspects.includes(party) ? 1 : 0),
      tried,
    });
    if (signers === undefined) return [...tried];
    tried.add(signers.join());
  }
}

test('every set is tried once, in ascending order of its parties', () => {
  expect(allSets({ size: 2, turn: 0, suspects: [] })).toEqual(['1,2', '1,3', '2,3']);
  expect([...subsetsOf([1, 2, 3, 4, 5], 3)]).toHaveLength(10);
});

test('sets with a suspect come last', () => {
  expect(allSets({ size: 2, turn: 0, suspects: [1] })[0]).toBe('2,3');
  expect(allSets({ size: 2, turn: 0, suspects: [1, 2] }).at(-1)).toBe('1,2');
});

test('the load moves around with each turn', () => {
  const first = [0, 1, 2].map((turn) => allSets({ size: 2, turn, suspects: [] })[0]);
  expect(new Set(first).size).toBe(3);
});

test('there is no set when there are too few nodes', () => {
  expect(allSets({ size: 4, turn: 0, suspects: [] })).toEqual([]);
});
