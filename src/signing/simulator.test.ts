import { expect, test } from 'vitest';
import { hex } from '#core/bytes.ts';
import { type PartyId, type Protocol, ProtocolAbort, type Random } from './kernel.ts';
import { type Round, exchange, hedgedRandom, of, openSession } from './session.ts';
import { CONTEXT } from './simulated-committee.ts';
import { type Faults, endOf, outputsOf, replay, seededRandom, simulate } from './simulator.ts';
import { type Layout, bytes } from './wire.ts';

const PARTIES = [1, 2, 3] as const;
const ROUND = {
  number: 1,
  broadcast: { word: bytes(1) },
  direct: { word: bytes(1) },
} as const satisfies Round<Layout, Layout>;

/** A protocol that adds up what everybody drew. */
function* adding(me: PartyId, random: Random): Protocol<number> {
  const session = yield* openSession({
    protocol: 'keygen',
    me,
    parties: PARTIES,
    context: CONTEXT,
    purpose: [],
    random,
  });
  const word = random(1);
  const heard = yield* exchange(session, ROUND, {
    broadcast: { word },
    direct: () => ({ word }),
  });
  return session.peers.reduce(
    (sum, peer) => sum + (of(heard.broadcast, peer).word[0] as number),
    word[0] as number,
  );
}

const run = (seed: string, faults: Faults = {}) =>
  simulate({ seed, parties: PARTIES, start: adding, faults });

test('the same seed gives the same run, another seed another one', () => {
  expect(run('a')).toEqual(run('a'));
  expect(run('a').sent).not.toEqual(run('b').sent);
  const sums = [...outputsOf(run('a')).values()];
  expect(new Set(sums).size).toBe(1);
});

test('no order of delivery changes the outputs', () => {
  const expected = outputsOf(run('a'));
  for (let i = 0; i < 20; i++) {
    const shuffled = simulate({
      seed: `order ${i}`,
      parties: PARTIES,
      start: (me) => adding(me, seededRandom(`a/party/${me}`)),
    });
    expect(outputsOf(shuffled)).toEqual(expected);
  }
});

test('a repeated envelope counts once, and the first copy counts', () => {
  const repeated = run('a', { tamper: ({ received }) => [received, received, received] });
  expect(outputsOf(repeated)).toEqual(outputsOf(run('a')));
});

test('a dropped envelope ends in a benign abort that names its sender', () => {
  const dropped = run('a', {
    tamper: ({ from, to, received }) => (from === 2 && to === 3 ? [] : [received]),
  });
  expect(endOf(dropped, 3)).toBe('benign PEER_MISSING 2');
  expect(() => outputsOf(dropped)).toThrow(/seed a: .*PEER_MISSING/);
});

test('a party that crashes sends nothing any more', () => {
  const crashed = run('a', { crash: (party, round) => party === 1 && round === 1 });
  expect([1, 2, 3].map((party) => endOf(crashed, party))).toEqual([
    'crashed',
    'benign PEER_MISSING 1',
    'benign PEER_MISSING 1',
  ]);
  expect(() => outputsOf(crashed)).toThrow(/1: crashed/);
});

test('a replayed party says again what it said', () => {
  const original = run('a');
  const again = simulate<number>({
    seed: 'a',
    parties: PARTIES,
    start: (me, random) => (me === 2 ? replay(original, 2) : adding(me, random)),
  });
  expect(endOf(again, 2)).toBe('benign STOPPED');
  expect(again.outcomes.get(1)).toEqual(original.outcomes.get(1));
});

// oxlint-disable-next-line require-yield -- it fails before its first message
function* broken(): Protocol<number> {
  throw new TypeError('a bug');
}

const withBroken = (me: PartyId, random: Random) => (me === 2 ? broken() : adding(me, random));

test('a failure that is no abort names the seed', () => {
  expect(() => simulate({ seed: 'a', parties: PARTIES, start: withBroken })).toThrow(
    /without an abort: party 2, round -1, seed a/,
  );
});

test('one fresh nonce makes the session id fresh', () => {
  const ids = [0, 1, 2, 3].map((fresh) => {
    const seen: string[] = [];
    simulate({
      seed: 'ids',
      parties: PARTIES,
      *start(me): Protocol<void> {
        const random = seededRandom(me === fresh ? 'fresh' : 'stale');
        const parameters = { me, parties: PARTIES, context: CONTEXT, purpose: [], random };
        const session = yield* openSession({ ...parameters, protocol: 'pairs' });
        seen.push(session.id.join());
      },
    });
    expect(new Set(seen).size).toBe(1);
    return seen[0];
  });
  expect(new Set(ids).size).toBe(4);
});

const stuck: Random = (size) => new Uint8Array(size);

test('hedged randomness repeats nothing, even where its generator only repeats', () => {
  const session = { protocol: 'presign', me: 1, parties: [1, 2], peers: [2] } as const;
  const here = { ...session, id: Uint8Array.of(1) };
  const there = { ...session, id: Uint8Array.of(2) };
  const secret = Uint8Array.of(3);
  const words = [
    hedgedRandom(here, secret, stuck),
    hedgedRandom(there, secret, stuck),
    hedgedRandom({ ...here, me: 2 }, secret, stuck),
    hedgedRandom(here, Uint8Array.of(4), stuck),
    hedgedRandom(here, secret, seededRandom('another')),
  ].flatMap((random) => {
    const long = random(68);
    expect(long).toHaveLength(68);
    return [long.subarray(0, 32), long.subarray(32, 64), random(32), random(16)];
  });
  expect(new Set(words.map((word) => hex(word.subarray(0, 16)))).size).toBe(words.length);
});

test('a round without the messages of every peer is an abort, not a bug', () => {
  const protocol = adding(1, seededRandom('a'));
  protocol.next();
  expect(() => protocol.next(new Map())).toThrow(
    new ProtocolAbort('benign', 'PEER_MISSING', [2, 3]),
  );
});
