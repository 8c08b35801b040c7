import { expect, test } from 'vitest';
import type { Bytes } from '#core/bytes.ts';
import { type Point, type Scalar, encodePoint, mod, multiplyBase } from '#signing/curve.ts';
import type { KeyShare } from '#signing/key-share.ts';
import type { PartyId, Protocol, Random } from '#signing/kernel.ts';
import { NONCE_ROUND, NOTHING, exchange, openSession } from '#signing/session.ts';
import { simulatedKeys } from '#signing/simulated-committee.ts';
import { type Run, alterField, endOf, outputsOf } from '#signing/simulator.ts';
import {
  type Edit,
  changesOf,
  corruptionsOf,
  displacedMessages,
  editing,
  malformedMessages,
  messagesOf,
  placesOf,
} from '#signing/tampering.ts';
import { points } from '#signing/wire.ts';
import { DEAL_ROUNDS, type Dealing, dealCommitment, dealTogether, drawDealing } from './dealing.ts';
import { SECP256K1, coefficientAtZero } from '#signing/prime-group.ts';
import { refresh } from './refresh.ts';
import { describeKey } from './share.ts';
import { LIFE_CONTEXT, simulatedRefresh, simulatedReshare } from './simulated-life.ts';

const SEED = 'dealing-attacks.test';
const SHARES = simulatedKeys(SEED, 3, 2);
const KEY = SHARES.get(1) as KeyShare;
const CULPRIT: PartyId = 2;
const HONEST = [1, 3] as const;
const SETS = { dealers: [1, 2], receivers: [2, 3], threshold: 2 };
const DEAL = 4;

const { commit, open, echo, deal, confirm } = DEAL_ROUNDS;
const OPEN = open(SECP256K1, 2);
const PLACES = placesOf([NONCE_ROUND, commit, OPEN, echo, deal(SECP256K1), confirm], 0);

type Attacked = (faults: Parameters<typeof simulatedRefresh>[2], seed?: string) => Run<unknown>;

const CEREMONIES: readonly (readonly [string, Attacked])[] = [
  ['a refresh', (faults, seed = SEED) => simulatedRefresh(seed, SHARES, faults)],
  ['a reshare', (faults, seed = SEED) => simulatedReshare(seed, SHARES, SETS, faults)],
];

const dealtBy = (run: Run<unknown>, party: PartyId): boolean =>
  run.sent.some((one) => one.from === party && one.round === DEAL);

function expectEnds(run: Run<unknown>, end: string, name = ''): void {
  for (const party of HONEST) expect(`${name}${endOf(run, party)}`).toBe(`${name}${end}`);
}

/** How the honest parties end when a field of the culprit's message says something else. */
const ENDS: Readonly<Record<string, string>> = {
  '0.nonce': 'inconsistent FOREIGN_SESSION',
  '1.commitment': 'inconsistent ECHO_MISMATCH',
  '2.constant': 'cheat OPENING_MISMATCH 2',
  '2.coefficients': 'cheat OPENING_MISMATCH 2',
  '2.salt': 'cheat OPENING_MISMATCH 2',
  '2.echo': 'inconsistent ECHO_MISMATCH',
  '3.echo': 'inconsistent ECHO_MISMATCH',
  '4.share': 'cheat SHARE_MISMATCH 2',
  '5.confirmation': 'inconsistent CONFIRMATION_MISMATCH',
};

test('the table covers every field of every round', () => {
  expect(PLACES.map(({ name }) => name)).toEqual(Object.keys(ENDS));
});

/** A turned bit of the constant is no point: it is changed to one. */
const otherConstant: Edit = {
  name: 'another point',
  edit: (body) => alterField(OPEN.broadcast, 'constant', body, () => encodePoint(multiplyBase(7n))),
};

test.each(CEREMONIES)('%s ends in its class for a change of any field', (_, attacked) => {
  for (const place of PLACES) {
    const changes = place.name === '2.constant' ? [otherConstant] : changesOf(place);
    for (const { name, edit } of changes) {
      const run = attacked(editing({ ...place, from: CULPRIT, edit }));
      expectEnds(run, ENDS[place.name] as string, `${place.name} ${name}: `);
      if (place.round < DEAL - 1)
        for (const party of HONEST) expect(dealtBy(run, party)).toBe(false);
    }
  }
  outputsOf(attacked({}));
});

test.each(CEREMONIES)('%s refuses what does not decode, and names its sender', (_, attacked) => {
  for (const place of PLACES) {
    for (const { name, edit } of corruptionsOf(place)) {
      const run = attacked(editing({ ...place, from: CULPRIT, edit }));
      expectEnds(run, 'cheat MALFORMED_MESSAGE 2', `${name}: `);
    }
  }
});

test('a message that is none, or from elsewhere, ends a refresh', () => {
  const attacked = (CEREMONIES[0] as (typeof CEREMONIES)[number])[1];
  const [original, elsewhere] = [attacked({}), attacked({}, `${SEED}/elsewhere`)];
  for (const place of messagesOf(PLACES)) {
    const attacks = [
      ...malformedMessages(place, CULPRIT),
      ...displacedMessages(place, CULPRIT, original, elsewhere),
    ];
    for (const { name, faults, end } of attacks) expectEnds(attacked(faults), end, `${name}: `);
  }
});

test.each(CEREMONIES)(
  '%s: two versions of a broadcast are noticed before any share leaves',
  (_, attacked) => {
    for (const place of PLACES.filter(
      ({ channel, round }) => channel === 'broadcast' && round < 3,
    )) {
      const [change] = changesOf(place);
      const { edit } = change as { edit: (body: Bytes) => Bytes };
      const run = attacked(editing({ ...place, from: CULPRIT, to: [1], edit }));
      for (const party of HONEST) {
        expect(run.outcomes.get(party)?.kind).toBe('abort');
        expect(dealtBy(run, party)).toBe(false);
      }
      if (place.name !== '2.constant') expect(endOf(run, 3)).not.toMatch(/cheat/);
    }
  },
);

/** Opens the culprit's session of a refresh as an honest party would. */
const openRefresh = (random: Random) =>
  openSession({
    me: CULPRIT,
    parties: KEY.parties,
    context: LIFE_CONTEXT,
    random,
    protocol: 'refresh',
    purpose: [SECP256K1.name, ...describeKey(KEY)],
  });

const refreshWith = (corrupt: (random: Random) => Protocol<KeyShare>): Run<KeyShare> =>
  simulatedRefresh(SEED, SHARES, {}, new Map([[CULPRIT, (_, random) => corrupt(random)]]));

const LAX: Omit<Dealing<Point>, 'constant' | 'random'> = {
  group: SECP256K1,
  threshold: 2,
  receivers: [1, 2, 3],
  constantOf: () => SECP256K1.identity,
};

test('a refresh with a constant that is not zero would move the key, and is refused', () => {
  const run = refreshWith(function* corrupt(random) {
    const session = yield* openRefresh(random);
    yield* dealTogether(session, { ...LAX, constant: 5n, random });
    throw new Error('the others went on');
  });
  expectEnds(run, 'cheat CONSTANT_MISMATCH 2');
  for (const party of HONEST) expect(dealtBy(run, party)).toBe(false);
});

/** A dealer whose vector of commitments has another length. */
function* dealLength(count: number, random: Random): Protocol<never> {
  const session = yield* openRefresh(random);
  const { opening } = drawDealing(SECP256K1, count + 1, 0n, random);
  const committed = yield* exchange(session, commit, {
    broadcast: { commitment: dealCommitment(session, SECP256K1, CULPRIT, opening) },
    direct: () => NOTHING,
  });
  const broadcast = { ...OPEN.broadcast, coefficients: points(count) };
  yield* exchange(
    session,
    { ...OPEN, broadcast },
    { broadcast: { ...opening, echo: committed.echo }, direct: () => NOTHING },
  );
  throw new Error('the others went on');
}

test.each([0, 2])('a polynomial with %i coefficients beside the constant is refused', (count) => {
  expectEnds(
    refreshWith((random) => dealLength(count, random)),
    'cheat MALFORMED_MESSAGE 2',
  );
});

/** A reshare in which the culprit deals this constant, and takes part as if it were due. */
function reshareWith(constant: Scalar, receivers = SETS.receivers): Run<unknown> {
  const sets = { ...SETS, receivers };
  const weight = (party: PartyId): Scalar => coefficientAtZero(SECP256K1, party, sets.dealers);
  const due = (party: PartyId): Point =>
    multiplyBase(mod(weight(party) * (SHARES.get(party) as KeyShare).secret));
  function* corrupt(_: PartyId, random: Random): Protocol<never> {
    const session = yield* openSession({
      me: CULPRIT,
      parties: [1, 2, 3],
      context: LIFE_CONTEXT,
      random,
      protocol: 'reshare',
      purpose: [SECP256K1.name, ...describeKey(KEY), [...sets.dealers], [...receivers], 2],
    });
    const constantOf = (party: PartyId): Point =>
      sets.dealers.includes(party) ? due(party) : SECP256K1.identity;
    yield* dealTogether(session, {
      group: SECP256K1,
      threshold: 2,
      receivers,
      constant,
      constantOf,
      random,
    });
    throw new Error('the others went on');
  }
  return simulatedReshare(SEED, SHARES, sets, {}, new Map([[CULPRIT, corrupt]]));
}

test('a reshare with a share that is not weighted, or by another set, is refused', () => {
  const { secret } = SHARES.get(CULPRIT) as KeyShare;
  expectEnds(reshareWith(secret), 'cheat CONSTANT_MISMATCH 2');
  const otherSet = coefficientAtZero(SECP256K1, CULPRIT, [1, 2, 3]);
  expectEnds(reshareWith(mod(otherSet * secret)), 'cheat CONSTANT_MISMATCH 2');
  expectEnds(reshareWith(0n), 'cheat CONSTANT_MISMATCH 2');
});

test('a share for a party that is to have none is refused', () => {
  // Party 1 leaves: a share at its index would make it a holder again.
  const session = simulatedReshare(SEED, SHARES, SETS, {
    ...editing({
      from: 3,
      round: DEAL,
      channel: 'direct',
      to: [1],
      edit: (body) => Uint8Array.from([...body.subarray(0, -1), 1]),
    }),
  });
  expect(endOf(session, 1)).toBe('cheat SHARE_MISMATCH 3');
});

test('what the honest parties of a refresh send tells nothing of their shares', () => {
  const run = simulatedRefresh(SEED, SHARES);
  const sent = run.sent.map(({ received }) =>
    Buffer.concat([received.broadcast ?? new Uint8Array(), received.direct ?? new Uint8Array()]),
  );
  for (const { secret } of SHARES.values()) {
    const bytes = Buffer.from(SECP256K1.encodeScalar(secret));
    expect(sent.some((body) => body.includes(bytes))).toBe(false);
  }
});

test('repeated and reordered messages change nothing', () => {
  const repeated = simulatedRefresh(SEED, SHARES, {
    tamper: ({ received }) => [received, received],
  });
  expect(outputsOf(repeated)).toEqual(outputsOf(simulatedRefresh(SEED, SHARES)));
});

const fixed: Random = (size) => new Uint8Array(size).fill(3);

test('a machine whose state was copied deals other polynomials in another session', () => {
  const twice = ['a', 'b'].map((seed) => {
    const copied = new Map([
      [
        CULPRIT,
        () =>
          refresh({
            group: SECP256K1,
            share: SHARES.get(CULPRIT) as KeyShare,
            context: LIFE_CONTEXT,
            random: fixed,
          }),
      ],
    ]);
    const run = simulatedRefresh(seed, SHARES, {}, copied);
    const dealt = run.sent.find(
      ({ from, to, round }) => from === CULPRIT && to === 1 && round === DEAL,
    );
    return Buffer.from(dealt?.received.direct?.subarray(-32) as Bytes).toString('hex');
  });
  expect(twice[0]).not.toBe(twice[1]);
});
