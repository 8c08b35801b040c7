import { describe, expect, test } from 'vitest';
import type { Bytes } from '#core/bytes.ts';
import { type Point, type Scalar, invertPublic, mod, multiplyBase } from '#signing/curve.ts';
import type { KeyShare } from '#signing/key-share.ts';
import { type PartyId, type Protocol, ProtocolAbort, type Random } from '#signing/kernel.ts';
import { SECP256K1, coefficientAtZero } from '#signing/prime-group.ts';
import { openSession } from '#signing/session.ts';
import { simulatedKeys } from '#signing/simulated-committee.ts';
import { type Run, endOf } from '#signing/simulator.ts';
import { dealTogether } from './dealing.ts';
import { describeKey } from './share.ts';
import { LIFE_CONTEXT, interpolate, simulatedRefresh, simulatedReshare } from './simulated-life.ts';

/**
 * A dealer that knew every secret in time could bring a holder's new share to zero. Nobody can know
 * them in time; here the dealer has seen the very same run before.
 */
const SEED = 'identity-share.test';
const SHARES = simulatedKeys(SEED, 3, 2);
const KEY = SHARES.get(1) as KeyShare;
const CULPRIT: PartyId = 2;
const HONEST = [1, 3] as const;
const VICTIM: PartyId = 3;
const DEAL = 4;

/** The coefficient of x that the party dealt: its polynomial's value at 3, less its constant. */
function slopeOf(run: Run<unknown>, party: PartyId, constant: Scalar): Scalar {
  const to = party === VICTIM ? CULPRIT : VICTIM;
  const dealt = run.sent.find((one) => one.from === party && one.to === to && one.round === DEAL);
  const share = SECP256K1.scalarOf(dealt?.received.direct?.slice(-32) as Bytes);
  return mod((share - constant) * invertPublic(BigInt(to)));
}

/** The 64 bytes that `randomScalar` takes for this one, and then what comes. */
function beginningWith(scalar: Scalar, random: Random): Random {
  let isFirst = true;
  return (size) => {
    if (!isFirst) return random(size);
    isFirst = false;
    const bytes = new Uint8Array(size);
    bytes.set(SECP256K1.encodeScalar(scalar), size - 32);
    return bytes;
  };
}

type Ceremony = {
  readonly protocol: 'refresh' | 'reshare';
  readonly purpose: Parameters<typeof openSession>[0]['purpose'];
  readonly receivers: readonly PartyId[];
  /** What each party deals at 0. */
  readonly constant: (party: PartyId) => Scalar;
  /** What the victim has before, as its new share counts it. */
  readonly before: Scalar;
  readonly run: (
    corrupt: ReadonlyMap<PartyId, (me: PartyId, random: Random) => Protocol<never>>,
  ) => Run<unknown>;
};

function* deal(ceremony: Ceremony, random: Random, slope: Scalar): Protocol<never> {
  const { protocol, purpose, receivers, constant } = ceremony;
  const session = yield* openSession({
    me: CULPRIT,
    parties: KEY.parties,
    context: LIFE_CONTEXT,
    random,
    protocol,
    purpose,
  });
  yield* dealTogether(session, {
    group: SECP256K1,
    threshold: 2,
    receivers,
    constant: constant(CULPRIT),
    constantOf: (party): Point =>
      constant(party) === 0n ? SECP256K1.identity : multiplyBase(constant(party)),
    random: beginningWith(slope, random),
  });
  throw new ProtocolAbort('benign', 'SILENT');
}

const key = interpolate(SECP256K1, [...SHARES.values()].slice(0, 2));
const receivers = [2, 3];
const dealers = [1, 2];
const weighted = (party: PartyId): Scalar =>
  dealers.includes(party)
    ? mod(coefficientAtZero(SECP256K1, party, dealers) * (SHARES.get(party) as KeyShare).secret)
    : 0n;

const CEREMONIES: readonly Ceremony[] = [
  {
    protocol: 'refresh',
    purpose: [SECP256K1.name, ...describeKey(KEY)],
    receivers: KEY.parties,
    constant: () => 0n,
    before: (SHARES.get(VICTIM) as KeyShare).secret,
    run: (corrupt) => simulatedRefresh(SEED, SHARES, {}, corrupt),
  },
  {
    protocol: 'reshare',
    purpose: [SECP256K1.name, ...describeKey(KEY), dealers, receivers, 2],
    receivers,
    constant: weighted,
    before: key,
    run: (corrupt) =>
      simulatedReshare(SEED, SHARES, { dealers, receivers, threshold: 2 }, {}, corrupt),
  },
];

describe.each(CEREMONIES)('a $protocol', (ceremony) => {
  const { constant, before, run } = ceremony;
  const dealing = (slope: Scalar): Run<unknown> =>
    run(new Map([[CULPRIT, (_, random) => deal(ceremony, random, slope)]]));

  test('in which a share would become zero is given up by everybody', () => {
    const seen = dealing(5n);
    const others = HONEST.map((party) => slopeOf(seen, party, constant(party)));
    const sum = others.reduce((total, slope) => mod(total + slope), 0n);
    const slope = mod(-before * invertPublic(BigInt(VICTIM)) - sum);
    const rigged = dealing(slope);
    for (const party of HONEST) expect(endOf(rigged, party)).toBe('inconsistent IDENTITY_SHARE');
    // One more or less is no such share, and the others go on: the culprit is silent then.
    for (const party of HONEST) {
      expect(endOf(dealing(mod(slope + 1n)), party)).toBe('benign PEER_MISSING 2');
    }
  });
});

test.each([
  ['is absent', undefined],
  ['is no point', new Uint8Array(33)],
])('a record in which a verifying share %s begins nothing', (_, bytes) => {
  const verifyingShares = new Map(KEY.verifyingShares);
  verifyingShares.set(VICTIM, bytes ?? new Uint8Array());
  const damaged = new Map(
    [...SHARES].map(([party, share]) => [party, { ...share, verifyingShares }]),
  );
  const runs = [
    simulatedRefresh(SEED, damaged),
    simulatedReshare(SEED, damaged, { dealers, receivers, threshold: 2 }),
  ];
  for (const one of runs) {
    for (const party of KEY.parties) {
      expect(endOf(one, party)).toBe('inconsistent VERIFYING_SHARE');
    }
    expect(one.sent.some(({ round }) => round > 0)).toBe(false);
  }
});
