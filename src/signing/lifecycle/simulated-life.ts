/** Keys and ceremonies in the simulator, and interpolation: what the tests of this folder begin with. */
import { utf8 } from '#core/bytes.ts';
import type { Point, Scalar } from '#signing/curve.ts';
import type { KeyShare } from '#signing/key-share.ts';
import type { PartyId, Protocol, Random } from '#signing/kernel.ts';
import { type Faults, type Run, simulate } from '#signing/simulator.ts';
import {
  type Element,
  type PrimeGroup,
  SECP256K1,
  coefficientAtZero,
  reduce,
} from '#signing/prime-group.ts';
import { refresh } from './refresh.ts';
import { type ReshareParameters, reshare } from './reshare.ts';
import type { Share } from './share.ts';

export const LIFE_CONTEXT = utf8('a simulated life');

/** f(0) from the secrets of exactly these shares. */
export function interpolate<P extends Element<P>>(
  group: PrimeGroup<P>,
  shares: readonly Pick<Share, 'party' | 'secret'>[],
): Scalar {
  const set = shares.map(({ party }) => party);
  return shares.reduce(
    (sum, { party, secret }) => reduce(group, sum + coefficientAtZero(group, party, set) * secret),
    0n,
  );
}

type Start<T> = (me: PartyId, random: Random) => Protocol<T>;

/** A refresh of these shares; `corrupt` takes the place of one party. */
export function simulatedRefresh(
  seed: string,
  shares: ReadonlyMap<PartyId, KeyShare>,
  faults: Faults = {},
  corrupt: ReadonlyMap<PartyId, Start<KeyShare>> = new Map(),
): Run<KeyShare> {
  const honest: Start<KeyShare> = (me, random) => {
    const share = shares.get(me) as KeyShare;
    return refresh({ group: SECP256K1, share, context: LIFE_CONTEXT, random });
  };
  return simulate({
    seed,
    parties: [...shares.keys()],
    start: (me, random) => (corrupt.get(me) ?? honest)(me, random),
    faults,
  });
}

export type ReshareSets = Pick<ReshareParameters<Point>, 'dealers' | 'receivers' | 'threshold'>;

/** What one party of a reshare is asked, as it should be. */
export function reshareOf(
  shares: ReadonlyMap<PartyId, KeyShare>,
  sets: ReshareSets,
  me: PartyId,
  random: Random,
): ReshareParameters<Point> {
  const { party: _, secret: __, ...from } = [...shares.values()][0] as KeyShare;
  const own = sets.dealers.includes(me) ? shares.get(me)?.secret : undefined;
  return {
    group: SECP256K1,
    me,
    from,
    ...(own === undefined ? {} : { secret: own }),
    ...sets,
    context: LIFE_CONTEXT,
    random,
  };
}

/** A reshare of these shares; `corrupt` takes the place of one party. */
export function simulatedReshare(
  seed: string,
  shares: ReadonlyMap<PartyId, KeyShare>,
  sets: ReshareSets,
  faults: Faults = {},
  corrupt: ReadonlyMap<PartyId, Start<Share | undefined>> = new Map(),
): Run<Share | undefined> {
  const parties = [...new Set([...sets.dealers, ...sets.receivers])].toSorted((a, b) => a - b);
  const honest: Start<Share | undefined> = (me, random) =>
    reshare(reshareOf(shares, sets, me, random));
  return simulate({
    seed,
    parties,
    start: (me, random) => (corrupt.get(me) ?? honest)(me, random),
    faults,
  });
}
