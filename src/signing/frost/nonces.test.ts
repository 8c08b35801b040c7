/** A nonce that is used twice gives the share away. These are the ways in which it could happen. */
import { expect, test } from 'vitest';
import { type Bytes, hex, utf8 } from '#core/bytes.ts';
import type { Outgoing, PartyId, Random } from '#signing/kernel.ts';
import { ED25519 } from '#signing/prime-group.ts';
import { CONTEXT } from '#signing/simulated-committee.ts';
import { type Run, outputsOf, seededRandom, simulate } from '#signing/simulator.ts';
import type { FrostKeyShare } from './key-share.ts';
import { frostSign, signRounds } from './sign.ts';
import { simulatedFrostKey } from './simulated-keys.ts';
import { placeOf } from '#signing/wire.ts';

const SEED = 'frost/nonces.test';
const MESSAGE = utf8('pay the invoice');
const SHARES = simulatedFrostKey(SEED, 'frost-ed25519', 3, 2);
const { commit } = signRounds(ED25519);

const protocolOf = (me: PartyId, signers: readonly PartyId[], message: Bytes, random: Random) =>
  frostSign({
    me,
    signers,
    share: SHARES.get(me) as FrostKeyShare,
    message,
    tweak: 0n,
    context: CONTEXT,
    random,
  });

/** A session in which some parties draw from streams of their own. */
const session = (p: {
  readonly seed?: string;
  readonly message?: Bytes;
  readonly streams?: ReadonlyMap<PartyId, () => Random>;
}): Run<Bytes> =>
  simulate({
    seed: p.seed ?? SEED,
    parties: [1, 2],
    start: (me, random) =>
      protocolOf(me, [1, 2], p.message ?? MESSAGE, p.streams?.get(me)?.() ?? random),
  });

/** D and E of a party, as it sent them. */
function commitmentsOf(run: Run<Bytes>, party: PartyId): readonly string[] {
  const body = run.sent.find((one) => one.from === party && one.round === 1)?.received.broadcast;
  return ['hiding', 'binding'].map((field) => {
    const { start, end } = placeOf(commit.broadcast, field);
    return hex((body as Bytes).subarray(start, end));
  });
}

const allDifferent = (...lists: readonly (readonly string[])[]): void => {
  const all = lists.flat();
  expect(new Set(all).size).toBe(all.length);
};

const snapshot = () => seededRandom(`${SEED}/snapshot`);
const broken: () => Random = () => (size) => new Uint8Array(size);

test('a machine restored from a snapshot draws other nonces as soon as its peer is another', () => {
  const streams = new Map([[1, snapshot]]);
  const runs = ['first', 'second'].map((seed) => session({ seed, streams }));
  allDifferent(...runs.map((run) => commitmentsOf(run, 1)));
});

test('the same machines in the same state draw other nonces for another message', () => {
  const streams = new Map([
    [1, snapshot],
    [2, snapshot],
  ]);
  const runs = [MESSAGE, utf8('pay another')].map((message) => session({ message, streams }));
  allDifferent(...runs.map((run) => commitmentsOf(run, 1)));
});

test('two signers with one generator state do not share a nonce', () => {
  const run = session({
    streams: new Map([
      [1, snapshot],
      [2, snapshot],
    ]),
  });
  allDifferent(commitmentsOf(run, 1), commitmentsOf(run, 2));
});

test('a generator that always says zero still gives two nonces, and others in each session', () => {
  const streams = new Map([[1, broken]]);
  const runs = ['first', 'second'].map((seed) => session({ seed, streams }));
  allDifferent(...runs.map((run) => commitmentsOf(run, 1)));
});

test('two sessions of the same signers for the same message have nothing in common', () => {
  const [first, second] = [session({ seed: 'a' }), session({ seed: 'b' })];
  allDifferent(commitmentsOf(first, 1), commitmentsOf(second, 1));
  const signatures = [first, second].map((run) => hex([...outputsOf(run).values()][0] as Bytes));
  allDifferent(signatures);
});

test('a session that has answered answers nobody again', () => {
  const run = session({});
  const heard = (round: number) => {
    const from2 = run.sent.find((one) => one.from === 2 && one.round === round);
    return new Map([[2, from2?.received ?? {}]]);
  };
  const party = protocolOf(1, [1, 2], MESSAGE, seededRandom(`${SEED}/party/1`));
  party.next();
  party.next(heard(0));
  const responded = party.next(heard(1));
  expect((responded.value as Outgoing).broadcast).toBeDefined();
  // The list of commitments once more, where the responses belong: the session ends.
  expect(() => party.next(heard(1))).toThrow(/MALFORMED_MESSAGE/);
  expect(party.next(heard(1))).toEqual({ value: undefined, done: true });
});
