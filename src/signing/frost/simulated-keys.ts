/**
 * FROST keys and signatures from the simulator: what tests and benchmarks begin with. Everything
 * depends on the seed, and one process makes a key once.
 */
import type { Bytes } from '#core/bytes.ts';
import {
  type Element,
  ED25519,
  type PrimeGroup,
  SECP256K1,
  type Scalar,
  evaluate,
  randomScalar,
} from '#signing/prime-group.ts';
import type { PartyId } from '#signing/kernel.ts';
import { CONTEXT } from '#signing/simulated-committee.ts';
import { type Faults, type Run, outputsOf, seededRandom, simulate } from '#signing/simulator.ts';
import { frostKeygen } from './create-key.ts';
import type { FrostKeyShare } from './key-share.ts';
import { frostSign } from './sign.ts';
import type { FrostScheme } from './suite.ts';

export type FrostShares = ReadonlyMap<PartyId, FrostKeyShare>;

const keys = new Map<string, FrostShares>();

/** The shares of parties 1..count of one key of this threshold. */
export function simulatedFrostKey(
  seed: string,
  scheme: FrostScheme,
  count: number,
  threshold: number,
): FrostShares {
  const name = `${seed}/${scheme}/${threshold}/${count}`;
  const known = keys.get(name);
  if (known !== undefined) return known;
  const parties = Array.from({ length: count }, (_, at) => at + 1);
  const shares = outputsOf(
    simulate({
      seed: `${name}/keygen`,
      parties,
      start: (me, random) =>
        frostKeygen({ scheme, me, parties, threshold, context: CONTEXT, random }),
    }),
  );
  keys.set(name, shares);
  return shares;
}

/** One signing session of these parties. */
export const simulatedFrostSigning = (p: {
  readonly seed: string;
  readonly shares: FrostShares;
  readonly signers: readonly PartyId[];
  readonly message: Bytes;
  readonly tweak?: bigint;
  readonly merkleRoot?: Bytes;
  readonly faults?: Faults;
}): Run<Bytes> =>
  simulate({
    seed: p.seed,
    parties: p.signers,
    start: (me, random) =>
      frostSign({
        me,
        signers: p.signers,
        share: p.shares.get(me) as FrostKeyShare,
        message: p.message,
        tweak: p.tweak ?? 0n,
        ...(p.merkleRoot === undefined ? {} : { merkleRoot: p.merkleRoot }),
        context: CONTEXT,
        random,
      }),
    ...(p.faults === undefined ? {} : { faults: p.faults }),
  });

/** A key whose secret is published, dealt 2 of 3: for test vectors, which begin with a private key. */
export function sharesOfKnownKey(seed: string, scheme: FrostScheme, secret: Scalar): FrostShares {
  return scheme === 'frost-ed25519'
    ? deal(ED25519, seed, scheme, secret)
    : deal(SECP256K1, seed, scheme, secret);
}

function deal<P extends Element<P>>(
  group: PrimeGroup<P>,
  seed: string,
  scheme: FrostScheme,
  secret: Scalar,
): FrostShares {
  const parties = [1, 2, 3];
  const polynomial = [secret, randomScalar(group, seededRandom(seed))];
  const secrets = parties.map((party) => evaluate(group, polynomial, party));
  const publicKey = group.encodePoint(group.multiplyBase(secret));
  const verifyingShares = new Map(
    parties.map((party, at) => [
      party,
      group.encodePoint(group.multiplyBase(secrets[at] as Scalar)),
    ]),
  );
  return new Map(
    parties.map((party, at) => [
      party,
      {
        scheme,
        party,
        parties,
        threshold: 2,
        secret: secrets[at] as Scalar,
        publicKey,
        verifyingShares,
        chainCode: new Uint8Array(32),
      },
    ]),
  );
}
