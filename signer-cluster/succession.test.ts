import { expect, test } from 'vitest';
import type { PartyId } from '#signing/kernel.ts';
import type { Held, Hello } from './hello.ts';
import type { Session } from './session.ts';
import { type Part, leaderOf, settle, takeOver } from './succession.ts';

const [OLD, NEW, OTHER] = ['aa', 'bb', 'cc'].map((byte) => byte.repeat(32)) as [
  string,
  string,
  string,
];
const old: Held = { state: 'COMMITTED', epoch: 1, sid: OLD };
const oldWithNext: Held = { ...old, next: NEW };
const fresh: Held = { state: 'COMMITTED', epoch: 2, sid: NEW };

const held = (...all: readonly Held[]): ReadonlyMap<PartyId, Held> =>
  new Map(all.map((one, at) => [at + 1, one]));

test.each<[string, readonly Held[], string]>([
  ['all are at the same', [old, old, old], OLD],
  ['some wait for a commit that nobody made', [old, oldWithNext, old], OLD],
  ['one has committed what the others prepared', [fresh, oldWithNext, oldWithNext], NEW],
  ['one is behind', [fresh, oldWithNext, fresh], NEW],
])('when %s, that is the newest epoch', (_, all, sid) => {
  expect(leaderOf('key', held(...all), [1, 2, 3])?.sid).toBe(sid);
});

test.each<[string, readonly Held[], string]>([
  ['has nothing', [fresh, { state: 'NONE' }, fresh], 'SIGNERS_UNAVAILABLE'],
  ['has not activated it', [old, { ...old, state: 'PREPARED' }, old], 'SIGNERS_UNAVAILABLE'],
  ['lacks what another committed', [fresh, old, oldWithNext], 'KEY_LOCKED'],
  ['prepared another one', [fresh, { ...old, next: OTHER }, fresh], 'KEY_LOCKED'],
  ['is two epochs behind', [{ ...fresh, epoch: 3, sid: OTHER }, oldWithNext, fresh], 'KEY_LOCKED'],
  ['committed another one', [fresh, { ...fresh, sid: OTHER }, fresh], 'KEY_LOCKED'],
])('a node that %s ends the ceremony', (_, all, code) => {
  expect(() => leaderOf('key', held(...all), [1, 2, 3])).toThrow(expect.objectContaining({ code }));
});

/** Party 1 with these hellos; it notes what it does, and its peers say what it says. */
function nodeWith(
  key: readonly Held[],
  ready: readonly string[],
  peersSay?: string,
  pairs?: readonly Held[],
) {
  const done: string[] = [];
  const nothing = new Uint8Array(32);
  const hellos = new Map(
    [...held(...key)].map(([party, one]): [PartyId, Hello] => [
      party,
      {
        committee: nothing,
        nonce: nothing,
        ephemeral: nothing,
        pairs: pairs?.[party - 1] ?? one,
        key: one,
        mode: 'safety',
      },
    ]),
  );
  const session: Session = {
    sid: NEW,
    hellos,
    context: () => nothing,
    sharedWith: () => nothing,
    run: () => Promise.reject(new Error('no protocol is due')),
    async exchange({ broadcast }) {
      const statement = JSON.parse(new TextDecoder().decode(broadcast)) as { stage: string };
      done.push(statement.stage);
      const words = peersSay === undefined ? broadcast : new TextEncoder().encode(peersSay);
      return new Map(
        [2, 3].map((party) => [party, words === undefined ? {} : { broadcast: words }]),
      );
    },
  };
  const part: Part = {
    stage: 'key',
    name: 'k',
    replaced: () => void done.push('BURN'),
    shelf: {
      commit: async (_, words = []) => void done.push(['COMMIT', ...words].join(' ')),
      retire: async () => void done.push('RETIRE'),
    },
  };
  const readiness = {
    has: (sid: string) => ready.includes(sid),
    record: async () => void done.push('NOTE'),
  };
  const ofPairs: Part = {
    ...part,
    stage: 'pairs',
    shelf: {
      ...part.shelf,
      commit: async (_, words = []) => void done.push(['PAIRS', ...words].join(' ')),
    },
  };
  const parts = pairs === undefined ? [part] : [ofPairs, part];
  const ceremony = { me: 1, parts, required: [1, 2, 3], readiness, words: () => [] };
  return { done, session, parts, readiness, ceremony };
}

test('who is behind commits what all have said again, and all erase the old only after that', async () => {
  const node = nodeWith([oldWithNext, fresh, fresh], [NEW]);
  expect(await settle(node.session, node.ceremony)).toBe(true);
  expect(node.done).toEqual(['settling', 'COMMIT', 'BURN', 'settled', 'RETIRE']);
});

test('a commit that this node was never ready for is a lie: it says nothing, so nobody follows', async () => {
  const node = nodeWith([oldWithNext, fresh, fresh], []);
  await expect(settle(node.session, node.ceremony)).rejects.toMatchObject({
    code: 'KEY_LOCKED',
  });
  expect(node.done).toEqual([]);
});

const joining: Held = { state: 'PREPARED', epoch: 2, sid: NEW };

test('who joins holds nothing before, or waits for the commit of what the others committed', async () => {
  expect(leaderOf('key', held({ state: 'NONE' }, old, old), [2, 3])?.sid).toBe(OLD);
  expect(leaderOf('key', held({ ...old, sid: OTHER, epoch: 0 }, old, old), [2, 3])?.sid).toBe(OLD);
  const node = nodeWith([joining, fresh, fresh], [NEW]);
  expect(await settle(node.session, { ...node.ceremony, required: [2, 3] })).toBe(true);
  expect(node.done).toEqual(['settling', 'COMMIT', 'BURN', 'settled', 'RETIRE']);
});

test('pairs that somebody has committed take their key along, by the words that were given for it', async () => {
  const keys = [oldWithNext, oldWithNext, oldWithNext];
  const node = nodeWith(keys, [NEW], undefined, [oldWithNext, fresh, oldWithNext]);
  expect(await settle(node.session, { ...node.ceremony, words: () => ['w'] })).toBe(true);
  const commits = ['PAIRS w', 'BURN', 'COMMIT', 'BURN'];
  expect(node.done).toEqual(['settling', ...commits, 'settled', 'RETIRE', 'RETIRE']);
});

test('pairs of another key’s ceremony take over, and this ceremony has not happened', async () => {
  const pairs = [oldWithNext, fresh, oldWithNext];
  const node = nodeWith([old, old, old], [NEW], undefined, pairs);
  await expect(
    settle(node.session, { ...node.ceremony, words: () => expect.unreachable() }),
  ).rejects.toMatchObject({ code: 'SIGNERS_UNAVAILABLE' });
  expect(node.done).toEqual(['settling', 'PAIRS', 'BURN', 'settled', 'RETIRE', 'RETIRE']);
});

test('a kept hello commits nothing: the peers must say it in this session', async () => {
  const node = nodeWith([oldWithNext, fresh, fresh], [NEW], 'something else');
  await expect(settle(node.session, node.ceremony)).rejects.toThrow('CONFIRMATION_MISMATCH');
  expect(node.done).toEqual(['settling']);
});

test('with all at the same nothing is committed, and leftovers are erased', async () => {
  const node = nodeWith([old, oldWithNext, old], []);
  expect(await settle(node.session, node.ceremony)).toBe(false);
  expect(node.done).toEqual(['settling', 'RETIRE']);
});

test('a node notes that it is ready before it says so, and erases after all have committed', async () => {
  const node = nodeWith([old, old, old], []);
  await takeOver(node.session, node.parts, node.readiness, () => ['w']);
  expect(node.done).toEqual(['NOTE', 'ready', 'COMMIT w', 'BURN', 'committed', 'RETIRE']);
});

test('a peer that is not ready leaves the old epoch in place', async () => {
  const node = nodeWith([old, old, old], [], 'not ready');
  await expect(takeOver(node.session, node.parts, node.readiness, () => [])).rejects.toThrow(
    'CONFIRMATION_MISMATCH',
  );
  expect(node.done).toEqual(['NOTE', 'ready']);
});
