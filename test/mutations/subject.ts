/** One protocol under mutation: its messages field by field, and how a session must end for each. */
import type { PartyId, Protocol, Random } from '#signing/kernel.ts';
import { type Faults, type Run, outputsOf, replay, simulate } from '#signing/simulator.ts';
import type { Round } from '#signing/session.ts';
import { type Place, placesOf } from '#signing/tampering.ts';
import type { Layout } from '#signing/wire.ts';

/** For each field, `round.name`: how an honest party ends that was told something else. # is the culprit. */
export type Ends = Readonly<Record<string, string>>;

export type Subject = {
  readonly name: string;
  readonly parties: readonly PartyId[];
  readonly places: readonly Place[];
  readonly ends: Ends;
  /** The session that is mutated, and another one of the same parties. */
  readonly original: Run<unknown>;
  readonly elsewhere: Run<unknown>;
  /** What each party must end with, if it ends with anything. */
  readonly outputs: ReadonlyMap<PartyId, unknown>;
  /** The original session, in which one party repeats itself whatever happens to the others. */
  attack(culprit: PartyId, faults: Faults): Run<unknown>;
};

/** @throws Error when the table does not name exactly the fields of the rounds */
export function subject<T>(p: {
  readonly name: string;
  readonly parties: readonly PartyId[];
  /** All of them, round 0 included. */
  readonly rounds: readonly Round<Layout, Layout>[];
  readonly ends: Ends;
  readonly start: (me: PartyId, random: Random) => Protocol<T>;
}): Subject {
  const { name, parties, ends, start } = p;
  const seed = `mutations/${name}`;
  const places = placesOf(p.rounds, 0);
  const fields = places.map((place) => place.name).join();
  if (fields !== Object.keys(ends).join()) throw new Error(`${name} has the fields ${fields}`);
  const original = simulate({ seed, parties, start });
  return {
    name,
    parties,
    places,
    ends,
    original,
    elsewhere: simulate({ seed: `${seed}/elsewhere`, parties, start }),
    outputs: outputsOf(original),
    attack: (culprit, faults) =>
      simulate<T>({
        seed,
        parties,
        start: (me, random) => (me === culprit ? replay(original, me) : start(me, random)),
        faults,
      }),
  };
}
