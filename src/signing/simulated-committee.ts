/**
 * A committee that has run its real set-ups in the simulator: what tests and benchmarks of signatures
 * begin with. Everything depends on the seed, and one process sets a committee up once.
 */
import { type Bytes, utf8 } from '#core/bytes.ts';
import { keygen } from './dkls/keygen.ts';
import { setUpPairs } from './dkls/pairs.ts';
import { sign } from './dkls/sign.ts';
import type { EcdsaSignature } from './ecdsa.ts';
import type { KeyShare } from './key-share.ts';
import type { PartyId } from './kernel.ts';
import type { PairSecrets } from './pair-secrets.ts';
import { type Faults, type Run, outputsOf, simulate } from './simulator.ts';

export type Committee = {
  readonly parties: readonly PartyId[];
  readonly shares: ReadonlyMap<PartyId, KeyShare>;
  readonly pairs: ReadonlyMap<PartyId, ReadonlyMap<PartyId, PairSecrets>>;
};

export const CONTEXT = utf8('a simulated committee');
/** What a party mixes into what it draws; its number is mixed in too. */
export const HEDGE = utf8('a secret of a simulated party');

const committees = new Map<string, Committee>();

export function simulatedKeys(seed: string, count: number, threshold: number) {
  const parties = Array.from({ length: count }, (_, at) => at + 1);
  return outputsOf(
    simulate({
      seed: `${seed}/keygen`,
      parties,
      start: (me, random) => keygen({ me, parties, threshold, context: CONTEXT, random }),
    }),
  );
}

/** Parties 1..count, set up with each other, with one key of this threshold. */
export function simulatedCommittee(seed: string, count: number, threshold: number): Committee {
  const name = `${seed}/${threshold}/${count}`;
  const known = committees.get(name);
  if (known !== undefined) return known;
  const shares = simulatedKeys(seed, count, threshold);
  const parties = [...shares.keys()];
  const pairs = outputsOf(
    simulate({
      seed: `${seed}/pairs`,
      parties,
      start: (me, random) => setUpPairs({ me, parties, context: CONTEXT, hedge: HEDGE, random }),
    }),
  );
  const committee = { parties, shares, pairs };
  committees.set(name, committee);
  return committee;
}

/** What one member of the committee knows when it is asked to sign with these others, no child key. */
export function memberOf(committee: Committee, me: PartyId, signers: readonly PartyId[]) {
  return {
    me,
    signers,
    share: committee.shares.get(me) as KeyShare,
    pairs: committee.pairs.get(me) as ReadonlyMap<PartyId, PairSecrets>,
    context: CONTEXT,
    tweak: 0n,
  };
}

/** One signing session of these members, with the key itself or with the child that lies `tweak` off. */
export const simulatedSigning = (p: {
  readonly seed: string;
  readonly committee: Committee;
  readonly signers: readonly PartyId[];
  readonly digest: Bytes;
  readonly tweak?: bigint;
  readonly faults?: Faults;
}): Run<EcdsaSignature> =>
  simulate({
    seed: p.seed,
    parties: p.signers,
    start: (me, random) =>
      sign({
        ...memberOf(p.committee, me, p.signers),
        digest: p.digest,
        tweak: p.tweak ?? 0n,
        random,
      }),
    ...(p.faults === undefined ? {} : { faults: p.faults }),
  });
