import { expect, test } from 'vitest';
import type { PartyId } from '#signing/kernel.ts';
import { seededRandom } from '#signing/simulator.ts';
import { Choice, type Failure, chooseSigners, subsetsOf } from './choice.ts';

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

const partiesOf = (n: number): readonly PartyId[] => Array.from({ length: n }, (_, at) => at + 1);

const random = seededRandom('choice.test');
const NOBODY: Failure = { refusing: [], silent: [] };

/** How a set ends that has these liars and these honest nodes. */
const LIES: Readonly<
  Record<string, (liars: readonly PartyId[], honest: readonly PartyId[]) => Failure>
> = {
  'they say nothing': (silent) => ({ refusing: [], silent }),
  'they refuse': (refusing) => ({ refusing, silent: [] }),
  'the others refuse': (_, refusing) => ({ refusing, silent: [] }),
  'nobody gives a reason': () => NOBODY,
  'one of them or of the others refuses, by chance': (liars, honest) => {
    const all = [...liars, ...honest];
    return { refusing: [all[(random(1)[0] ?? 0) % all.length] ?? 0], silent: [] };
  },
};

/** The attempts up to the one whose set has no liar, and whether there was one. */
function attemptsAgainst(
  liars: readonly PartyId[],
  lie: (liars: readonly PartyId[], honest: readonly PartyId[]) => Failure,
  {
    n,
    t,
    isSuspect = () => false,
  }: { n: number; t: number; isSuspect?: (one: PartyId) => boolean },
): { readonly attempts: number; readonly isFound: boolean } {
  const parties = partiesOf(n);
  const choice = new Choice(liars[0] ?? 0, isSuspect);
  for (let attempts = 0; ; attempts++) {
    const signers = choice.next(parties, t);
    if (signers === undefined) return { attempts, isFound: false };
    const spoiling = signers.filter((party) => liars.includes(party));
    if (spoiling.length === 0) return { attempts: attempts + 1, isFound: true };
    const honest = signers.filter((party) => !liars.includes(party));
    choice.failed(signers, lie(spoiling, honest));
  }
}

const setsOf = (n: number, t: number): number => [...subsetsOf(partiesOf(n), t)].length;

const committees = [2, 3, 4, 5, 6, 7].flatMap((n) =>
  Array.from({ length: n - 1 }, (_, at) => ({ n, t: at + 2 })),
);

test.each(Object.entries(LIES))(
  'with at most n - t liars, wherever they are, a set without one is tried: %s',
  (_, lie) => {
    const missed: string[] = [];
    for (const { n, t } of committees) {
      for (let count = 0; count <= n - t; count++) {
        for (const liars of subsetsOf(partiesOf(n), count)) {
          const { attempts, isFound } = attemptsAgainst(liars, lie, { n, t });
          if (!isFound || attempts > setsOf(n, t)) missed.push(`${t}-of-${n}: ${liars.join()}`);
        }
      }
    }
    expect(missed).toEqual([]);
  },
);

test('liars who have honest nodes suspected keep no set from being tried', () => {
  for (const liars of subsetsOf(partiesOf(7), 3)) {
    const isSuspect = (party: PartyId) => !liars.includes(party);
    expect(attemptsAgainst(liars, () => NOBODY, { n: 7, t: 4, isSuspect }).isFound).toBe(true);
  }
});

const silence = (liars: readonly PartyId[]): Failure => ({ refusing: [], silent: liars });

test('nodes that say nothing cost one attempt each', () => {
  for (const liars of subsetsOf(partiesOf(9), 4)) {
    const { attempts, isFound } = attemptsAgainst(liars, silence, { n: 9, t: 5 });
    expect(isFound).toBe(true);
    expect(attempts).toBeLessThanOrEqual(1 + liars.length);
  }
});

test('where too many say nothing, no time is lost with all their sets', () => {
  const end = attemptsAgainst([2, 3, 4, 5, 6], silence, { n: 9, t: 5 });
  expect(end).toEqual({ attempts: 10, isFound: false });
});
