/** From a number to one mutation: which message of which protocol, what changes in it, who hears it. */
import { type Bytes, concat } from '#core/bytes.ts';
import type { PartyId, Random } from '#signing/kernel.ts';
import { type Envelope, type Faults, type Run, seededRandom } from '#signing/simulator.ts';
import {
  type Place,
  displacedMessages,
  editing,
  malformedMessages,
  messagesOf,
} from '#signing/tampering.ts';
import { type Field, HEADER_BYTES, placeOf } from '#signing/wire.ts';
import type { Subject } from './subject.ts';

export type Case = {
  /** What is done, in words. */
  readonly name: string;
  readonly subject: Subject;
  readonly culprit: PartyId;
  readonly faults: Faults;
  /** Who is told something wrong, and how it must end. # is the culprit. */
  readonly ends: ReadonlyMap<PartyId, string>;
};

/** Where a case aims: one field, or one message as a whole. */
export type Target = { readonly subject: Subject; readonly place: Place; readonly whole: boolean };

export const targetsOf = (subjects: readonly Subject[]): readonly Target[] =>
  subjects.flatMap((subject) => [
    ...subject.places.map((place) => ({ subject, place, whole: false })),
    ...messagesOf(subject.places).map((place) => ({ subject, place, whole: true })),
  ]);

const MALFORMED = 'cheat MALFORMED_MESSAGE #';

const below = (random: Random, bound: number): number =>
  new DataView(random(4).buffer).getUint32(0) % bound;

const pick = <T>(random: Random, list: readonly T[]): T => list[below(random, list.length)] as T;

const flip: Mutator = (random, field) => {
  const bit = below(random, 8 * field.length);
  return field.map((byte, at) => (at === bit >> 3 ? byte ^ (1 << (bit & 7)) : byte));
};

/** What becomes of a field; `others` are the same field in messages that say something else. */
type Mutator = (random: Random, field: Bytes, others: readonly Bytes[]) => Bytes;

const MUTATORS: Readonly<Record<string, Mutator>> = {
  'one bit': flip,
  'one byte': (random, field) => {
    const index = below(random, field.length);
    const change = 1 + below(random, 255);
    return field.map((byte, at) => (at === index ? byte ^ change : byte));
  },
  zeros: (_, field) => new Uint8Array(field.length),
  ones: (_, field) => new Uint8Array(field.length).fill(0xff),
  'random bytes': (random, field) => random(field.length),
  rotated: (_, field) => concat(field.subarray(1), field.subarray(0, 1)),
  "another message's": (random, field, others) =>
    others.length === 0 ? field : pick(random, others),
};

const bodiesIn = (run: Run<unknown>, place: Place): readonly Bytes[] =>
  run.sent
    .filter((one) => one.round === place.round)
    .map((one) => one.received[place.channel] as Bytes);

const sameBytes = (left: Bytes, right: Bytes): boolean => Buffer.compare(left, right) === 0;

/** One field that says something else; the same change for everybody who hears it. */
function fieldCase({ subject, place }: Target, random: Random): Case {
  const culprit = pick(random, subject.parties);
  const peers = subject.parties.filter((party) => party !== culprit);
  const victims = below(random, 4) === 0 ? [pick(random, peers)] : peers;
  const [name, mutate] = pick(random, Object.entries(MUTATORS));
  const { start, end: stop } = placeOf(place.layout, place.field);
  const others = [subject.original, subject.elsewhere].flatMap((run) =>
    bodiesIn(run, place).map((body) => body.subarray(start, stop)),
  );
  const sent = (to: PartyId): Bytes => {
    const envelope = subject.original.sent.find(
      (one) => one.from === culprit && one.to === to && one.round === place.round,
    );
    return envelope?.received[place.channel] as Bytes;
  };
  const altered = new Map<PartyId, Bytes>();
  for (const victim of victims) {
    const field = sent(victim).slice(start, stop);
    const candidate = mutate(random, field, others);
    // What changes nothing is no mutation: one bit is turned instead.
    altered.set(victim, sameBytes(candidate, field) ? flip(random, field, []) : candidate);
  }
  // A broadcast that all of them hear is one message.
  const first = altered.get(victims[0] as PartyId) as Bytes;
  const said = (to: PartyId): Bytes =>
    place.channel === 'broadcast' ? first : (altered.get(to) as Bytes);
  const codec = place.layout[place.field] as Field<unknown>;
  const decodes = (victim: PartyId): boolean => codec.read(said(victim)) !== undefined;
  const end = subject.ends[place.name] as string;
  const edit = (body: Bytes, { to }: Envelope): Bytes =>
    concat(body.subarray(0, start), said(to), body.subarray(stop));
  return {
    name: `${subject.name}: ${place.name} of party ${culprit} to ${victims.join(', ')}: ${name}`,
    subject,
    culprit,
    faults: editing({ ...place, from: culprit, to: victims, edit }),
    ends: new Map(victims.map((victim) => [victim, decodes(victim) ? end : MALFORMED])),
  };
}

const ADDRESS_BYTES = HEADER_BYTES - 32;

/** A message that is none of this round, or none at all. */
function messageCase({ subject, place }: Target, random: Random): Case {
  const culprit = pick(random, subject.parties);
  const victims = subject.parties.filter((party) => party !== culprit);
  const { round, channel } = place;
  const edited = (name: string, end: string, edit: (body: Bytes) => Bytes) => ({
    name,
    end,
    faults: editing({ from: culprit, round, channel, edit }),
  });
  const [header, scope] = [below(random, ADDRESS_BYTES), below(random, 32)];
  const change = 1 + below(random, 255);
  const setByte = (index: number) => (body: Bytes) =>
    body.map((byte, at) => (at === index ? byte ^ change : byte));
  const attacks = [
    ...malformedMessages(place, culprit),
    ...displacedMessages(place, culprit, subject.original, subject.elsewhere),
    edited('a byte of its header', MALFORMED, setByte(header)),
    edited('a byte of its scope', 'inconsistent FOREIGN_SESSION', setByte(ADDRESS_BYTES + scope)),
    edited('cut', MALFORMED, (body) => body.subarray(0, below(random, body.length))),
    edited('longer', MALFORMED, (body) => concat(body, random(1 + below(random, 64)))),
  ];
  const { name, faults, end } = pick(random, attacks);
  const what = `round ${round}, ${channel} of party ${culprit}`;
  const ends = new Map(victims.map((victim) => [victim, end]));
  return { name: `${subject.name}: ${what}: ${name}`, subject, culprit, faults, ends };
}

/** Case number `index`: the same for the same seed, and every target in turn. */
export function caseOf(seed: string, targets: readonly Target[], index: number): Case {
  const random = seededRandom(`${seed}/${index}`);
  const target = targets[index % targets.length] as Target;
  return target.whole ? messageCase(target, random) : fieldCase(target, random);
}
