import { expect, test } from 'vitest';
import { utf8 } from '#core/bytes.ts';
import type { PartyId, Protocol } from '#signing/kernel.ts';
import { endOf, outputsOf, simulate } from '#signing/simulator.ts';
import { among } from './among.ts';
import { coveringSets } from './test-signatures.ts';

test.each([
  [
    [1, 2, 3],
    2,
    [
      [1, 2],
      [2, 3],
    ],
  ],
  [[1, 2], 2, [[1, 2]]],
  [
    [1, 2, 4, 7, 9],
    3,
    [
      [1, 2, 4],
      [4, 7, 9],
    ],
  ],
  [
    [1, 2, 3, 4],
    2,
    [
      [1, 2],
      [3, 4],
    ],
  ],
])('every one of %j is in a set of %i', (parties, size, sets) => {
  expect(coveringSets(parties, size)).toEqual(sets);
});

const text = (bytes: Uint8Array | undefined): string => new TextDecoder().decode(bytes);

/** Two rounds between the members; it returns what it heard. */
function* talk(me: PartyId): Protocol<string> {
  const first = yield { broadcast: utf8(`${me}`) };
  const other = [...first.keys()].find((party) => party !== me) as PartyId;
  const second = yield { direct: new Map([[other, utf8(`${me} to ${other}`)]]) };
  return `${text(first.get(other)?.broadcast)}, ${text(second.get(other)?.direct)}`;
}

const MEMBERS = [1, 3];
const session = (start: (me: PartyId) => Protocol<string | undefined>) =>
  simulate({ seed: 'test-signatures.test', parties: [1, 2, 3], start });

test('members talk among themselves in a session of more, and all end together', () => {
  const run = session((me) => among(MEMBERS, me, MEMBERS.includes(me) ? talk(me) : undefined));
  expect([...outputsOf(run)]).toEqual([
    [1, '3, 3 to 1'],
    [2, undefined],
    [3, '1, 1 to 3'],
  ]);
});

function* endless(): Protocol<string> {
  for (;;) yield { broadcast: utf8('more') };
}

test('a member that never ends does not keep the others for ever', () => {
  const run = session((me) =>
    among(MEMBERS, me, me === 2 ? undefined : me === 3 ? endless() : talk(me)),
  );
  for (const party of [1, 2, 3]) expect(endOf(run, party)).toBe('benign TOO_MANY_ROUNDS');
});
