/**
 * Every way to change one message: for tests that walk through all fields of all rounds. A `change`
 * yields a well-formed body that says something else, a `corruption` one that must not decode.
 */
import { type Bytes, concat } from '#core/bytes.ts';
import { SCALAR_BYTES } from './curve.ts';
import type { PartyId, Received } from './kernel.ts';
import { spellingOf } from './misspellings.ts';
import type { Round } from './session.ts';
import { type Envelope, type Faults, type Run, alterField, flipBit } from './simulator.ts';
import { type Field, HEADER_BYTES, type Layout } from './wire.ts';

export type Edit = { readonly name: string; readonly edit: (body: Bytes) => Bytes };
export type Channel = 'broadcast' | 'direct';

/** One field of one round, where a session of the simulator carries it. */
export type Place = {
  readonly name: string;
  readonly round: number;
  readonly channel: Channel;
  readonly layout: Layout;
  readonly field: string;
};

const at = (bytes: Bytes, element: number, size: number, edit: (one: Bytes) => Bytes): Bytes =>
  concat(
    bytes.subarray(0, element * size),
    edit(bytes.slice(element * size, (element + 1) * size)),
    bytes.subarray((element + 1) * size),
  );

const elementSize = (field: Field<unknown>): number =>
  ({
    bytes: field.size,
    point: spellingOf(field.curve).pointBytes,
    scalar: SCALAR_BYTES,
  })[field.element];

function changeElement(field: Field<unknown>, element: number): (bytes: Bytes) => Bytes {
  const size = elementSize(field);
  const { otherPoint, otherScalar } = spellingOf(field.curve);
  const change = field.element === 'point' ? otherPoint : otherScalar;
  return (bytes) => at(bytes, element, size, change);
}

/** Well-formed changes of a field: of its first and of its last bit or element. */
export function changesOf(place: Place): readonly Edit[] {
  const field = place.layout[place.field] as Field<unknown>;
  const alter = (edit: (bytes: Bytes) => Bytes) => (body: Bytes) =>
    alterField(place.layout, place.field, body, edit);
  if (field.element === 'bytes') {
    return [
      { name: 'first bit', edit: alter((bytes) => flipBit(bytes)) },
      { name: 'last bit', edit: alter((bytes) => flipBit(bytes, 8 * field.size - 1)) },
    ];
  }
  const count = field.size / elementSize(field);
  const elements = count === 1 ? [0] : [0, count - 1];
  return elements.map((element) => ({
    name: `element ${element}`,
    edit: alter(changeElement(field, element)),
  }));
}

/** Spellings that a field must refuse, in its last element. Bytes have none. */
export function corruptionsOf(place: Place): readonly Edit[] {
  const field = place.layout[place.field] as Field<unknown>;
  const size = elementSize(field);
  const { pointCorruptions, scalarCorruptions } = spellingOf(field.curve);
  const corruptions = { bytes: [], point: pointCorruptions, scalar: scalarCorruptions };
  return corruptions[field.element].map(({ name, edit }) => ({
    name,
    edit: (body) =>
      alterField(place.layout, place.field, body, (bytes) =>
        at(bytes, field.size / size - 1, size, edit),
      ),
  }));
}

const setByte = (index: number, change: (byte: number) => number) => (body: Bytes) => {
  const copy = Uint8Array.from(body);
  copy[index] = change(copy[index] as number);
  return copy;
};

/** Changes that make any body malformed: its length, and each part of the header but the scope. */
export const MALFORMATIONS: readonly Edit[] = [
  { name: 'no bytes', edit: () => new Uint8Array(0) },
  { name: 'only a header', edit: (body) => body.subarray(0, HEADER_BYTES) },
  { name: 'one byte less', edit: (body) => body.subarray(0, -1) },
  { name: 'a trailing byte', edit: (body) => concat(body, Uint8Array.of(0)) },
  { name: 'twice', edit: (body) => concat(body, body) },
  { name: 'another protocol', edit: setByte(0, (byte) => byte + 1) },
  { name: 'another round', edit: setByte(1, (byte) => byte + 1) },
  { name: 'another sender', edit: setByte(3, (byte) => byte + 1) },
  { name: 'another recipient', edit: setByte(5, (byte) => byte + 1) },
];

/** A body of another session: its scope differs in one bit. */
export const otherScope = (body: Bytes): Bytes => setByte(6, (byte) => byte ^ 1)(body);

/** All fields of a protocol's rounds; `first` is the simulator's number of the first of them. */
export function placesOf(rounds: readonly Round<Layout, Layout>[], first: number): Place[] {
  return rounds.flatMap((round, index) =>
    (['broadcast', 'direct'] as const).flatMap((channel) =>
      Object.keys(round[channel]).map((field) => ({
        name: `${first + index}.${field}`,
        round: first + index,
        channel,
        layout: round[channel],
        field,
      })),
    ),
  );
}

/** Faults that edit one channel of one sender in one round, towards some recipients or all. */
export const editing = (p: {
  readonly from: PartyId;
  readonly round: number;
  readonly channel: Channel;
  readonly edit: (body: Bytes, envelope: Envelope) => Bytes;
  readonly to?: readonly PartyId[];
}): Faults => ({
  tamper(envelope): readonly Received[] {
    const body = envelope.received[p.channel];
    const meant = envelope.from === p.from && envelope.round === p.round;
    if (!meant || p.to?.includes(envelope.to) === false || body === undefined) {
      return [envelope.received];
    }
    return [{ ...envelope.received, [p.channel]: p.edit(body, envelope) }];
  },
});

/** A fault, and how every honest party ends that has heard the culprit's message. */
export type Attack = { readonly name: string; readonly faults: Faults; readonly end: string };

/** One place of each round that has messages: where whole messages are attacked. */
export const messagesOf = (places: readonly Place[]): readonly Place[] =>
  places.filter((place, index) => {
    const first = places.findIndex(
      (other) => other.round === place.round && other.channel === place.channel,
    );
    return first === index;
  });

/** Replaces what the culprit sends in a round, towards everybody. */
const replacing = (
  culprit: PartyId,
  round: number,
  replace: (envelope: Envelope) => Received,
): Faults => ({
  tamper: (envelope) =>
    envelope.from === culprit && envelope.round === round
      ? [replace(envelope)]
      : [envelope.received],
});

/** Malformed messages, absent ones, and ones that stand where they should not. */
export function malformedMessages(place: Place, culprit: PartyId): readonly Attack[] {
  const end = `cheat MALFORMED_MESSAGE ${culprit}`;
  const { round, channel } = place;
  const edits = MALFORMATIONS.map(({ name, edit }) => ({
    name,
    faults: editing({ from: culprit, round, channel, edit }),
    end,
  }));
  const other = channel === 'broadcast' ? 'direct' : 'broadcast';
  const without = ({ received }: Envelope): Received => {
    const { [channel]: _, ...rest } = received;
    return rest;
  };
  const misplaced = ({ received }: Envelope): Received => {
    const body = received[channel];
    return body === undefined ? received : { ...received, [other]: body };
  };
  return [
    ...edits,
    { name: 'no message', faults: replacing(culprit, round, without), end },
    { name: 'on the other channel too', faults: replacing(culprit, round, misplaced), end },
    {
      name: 'another scope',
      faults: editing({ from: culprit, round, channel, edit: otherScope }),
      end: 'inconsistent FOREIGN_SESSION',
    },
  ];
}

const sentBy = (run: Run<unknown>, from: PartyId, to: PartyId, round: number): Received =>
  run.sent.find((one) => one.from === from && one.to === to && one.round === round)?.received ?? {};

/**
 * Genuine messages in the wrong place: of an earlier round, of another session, of another sender, for
 * another recipient, and the recipient's own one sent back.
 */
export function displacedMessages(
  place: Place,
  culprit: PartyId,
  original: Run<unknown>,
  elsewhere: Run<unknown>,
): readonly Attack[] {
  const { round } = place;
  const parties = [...original.outcomes.keys()];
  const bystander = (to: PartyId): PartyId | undefined =>
    parties.find((party) => party !== to && party !== culprit);
  const malformed = `cheat MALFORMED_MESSAGE ${culprit}`;
  const put = (name: string, end: string, pick: (to: PartyId) => Received): Attack => ({
    name,
    faults: replacing(culprit, round, ({ to }) => pick(to)),
    end,
  });
  const attacks = [put('reflected', malformed, (to) => sentBy(original, to, culprit, round))];
  if (round > 0) {
    attacks.push(
      put('of the round before', malformed, (to) => sentBy(original, culprit, to, round - 1)),
      put('of another session', 'inconsistent FOREIGN_SESSION', (to) =>
        sentBy(elsewhere, culprit, to, round),
      ),
    );
  }
  if (parties.length > 2) {
    attacks.push(
      put('of another sender', malformed, (to) =>
        sentBy(original, bystander(to) as PartyId, to, round),
      ),
    );
  }
  if (parties.length > 2 && place.channel === 'direct') {
    attacks.push(
      put('for another recipient', malformed, (to) =>
        sentBy(original, culprit, bystander(to) as PartyId, round),
      ),
    );
  }
  return attacks;
}
