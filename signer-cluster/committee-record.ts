/**
 * A committee's record as a file, and how one is made out of join cards: everybody who makes it from the
 * same cards gets the same bytes. Code of `countersign signer committee`.
 */
import { type Bytes, hex, parseHex } from '#core/bytes.ts';
import { invalidInput } from '#core/errors.ts';
import { type Committee, type Member, committeeFrom, committeeOf } from './committee.ts';
import type { JoinCard } from './join-card.ts';
import type { MemberFields, RecordFields } from './proto/record-fields.ts';

const DOMAIN = 'countersign/committee/v2';

const fieldsOf = ({ party, identity, encryption, reach }: Member): MemberFields => ({
  party,
  identity: hex(identity),
  encryption: hex(encryption),
  ...(reach === undefined ? {} : { reach }),
});

/** One spelling for each record. */
export function recordText(committee: Committee): string {
  const { generation, threshold, members, retired, previous } = committee;
  const fields: RecordFields = {
    domain: DOMAIN,
    generation,
    threshold,
    members: members.map(fieldsOf),
    retired: retired.map(fieldsOf),
    ...(previous === undefined
      ? {}
      : {
          previous: {
            hash: previous.hash,
            threshold: previous.threshold,
            parties: previous.parties,
          },
        }),
  };
  return `${JSON.stringify(fields, null, 2)}\n`;
}

/** @throws INVALID_INPUT for any text that `recordText` does not write */
export function parseRecord(text: string): Committee {
  const committee = reading(text);
  if (recordText(committee) === text) return committee;
  throw unreadable('it is spelled in another way');
}

function reading(text: string): Committee {
  try {
    const { generation, threshold, members, retired, previous } = JSON.parse(text) as RecordFields;
    const parts = {
      generation,
      threshold,
      members: members.map(memberFrom),
      retired: retired.map(memberFrom),
    };
    return committeeFrom(previous === undefined ? parts : { ...parts, previous });
  } catch (cause) {
    throw unreadable(cause instanceof Error ? cause.message : 'it is not JSON');
  }
}

const memberFrom = ({ party, identity, encryption, reach }: MemberFields): Member => ({
  party,
  identity: parseHex(identity, 'identity'),
  encryption: parseHex(encryption, 'encryption'),
  ...(reach === undefined ? {} : { reach }),
});

const unreadable = (why: string) =>
  invalidInput('record', why, 'Give a file that "countersign signer committee" has made.');

const byIdentity = (a: JoinCard, b: JoinCard): number => Buffer.compare(a.identity, b.identity);

const numbered = (cards: readonly JoinCard[], first: number): readonly Member[] =>
  cards.toSorted(byIdentity).map(({ identity, encryption, address, ca }, index) => ({
    party: first + index,
    identity,
    encryption,
    reach: { address, ca },
  }));

/** Numbers go by the identities, so that the order of the cards is no matter. @throws INVALID_INPUT */
export const firstRecord = (threshold: number, cards: readonly JoinCard[]): Committee =>
  telling(() => committeeOf(threshold, numbered(cards, 1)));

export type Change = {
  readonly cards: readonly JoinCard[];
  readonly retire: readonly number[];
  /** The record's own where absent. */
  readonly threshold?: number;
};

/** Those who stay keep their numbers, and no number is given twice. @throws INVALID_INPUT */
export function nextRecord(before: Committee, { cards, retire, threshold }: Change): Committee {
  const stranger = retire.find((party) => !before.members.some((one) => one.party === party));
  if (stranger !== undefined) {
    throw invalidInput('retire', `party ${stranger} is no member`, 'Name members of the record.');
  }
  const left = before.members.filter(({ party }) => retire.includes(party));
  const retired = [...before.retired, ...left].toSorted((a, b) => a.party - b.party);
  const last = Math.max(...[...before.members, ...before.retired].map(({ party }) => party));
  const staying = before.members.filter(({ party }) => !retire.includes(party));
  return telling(() =>
    committeeFrom({
      threshold: threshold ?? before.threshold,
      members: [...staying, ...numbered(cards, last + 1)],
      retired,
      generation: before.generation + 1,
      previous: {
        hash: hex(before.hash),
        threshold: before.threshold,
        parties: before.members.map(({ party }) => party),
      },
    }),
  );
}

function telling(make: () => Committee): Committee {
  try {
    return make();
  } catch (cause) {
    if (!(cause instanceof TypeError)) throw cause;
    throw invalidInput('record', cause.message, 'See "countersign signer committee --help".');
  }
}

/** A record's hash in hex. */
export const hashTextOf = ({ hash }: { readonly hash: Bytes }): string => hex(hash);
