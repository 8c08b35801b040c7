import { expect, test } from 'vitest';
import { hex } from '#core/bytes.ts';
import { firstRecord, nextRecord, parseRecord, recordText } from './committee-record.ts';
import {
  type Committee,
  type CommitteeParts,
  committeeFrom,
  requireSuccessor,
} from './committee.ts';
import { newIdentity } from './identity.ts';
import { type JoinCard, cardText, parseCard } from './join-card.ts';

const cards = Array.from({ length: 6 }, (_, index): JoinCard => {
  const reach = { address: `host-${index}:7001`, ca: 'PEM' };
  return parseCard(cardText(newIdentity(), reach), 'card');
});
const [a, b, c, d, e, f] = cards as [JoinCard, JoinCard, JoinCard, JoinCard, JoinCard, JoinCard];
const first = firstRecord(2, [a, b, c]);
const next = nextRecord(first, { cards: [d, e], retire: [1, 3] });

test('a record reads as it was written, and no other spelling of it', () => {
  for (const record of [first, next]) {
    expect(parseRecord(recordText(record))).toEqual(record);
    expect(() => parseRecord(` ${recordText(record)}`)).toThrow(/spelled in another way/);
  }
  expect(() => parseRecord('{}')).toThrow(/INVALID_INPUT|not valid/);
});

test('the order of the cards is no matter', () => {
  expect(firstRecord(2, [c, a, b]).hash).toEqual(first.hash);
  expect(nextRecord(first, { cards: [e, d], retire: [3, 1] }).hash).toEqual(next.hash);
});

test('who stays keeps number and key, and nobody gets a number that somebody had', () => {
  expect(next.members.map(({ party }) => party)).toEqual([2, 4, 5]);
  expect(next.members[0]).toEqual(first.members[1]);
  const third = nextRecord(next, { cards: [f], retire: [5], threshold: 3 });
  expect(third.members.map(({ party }) => party)).toEqual([2, 4, 6]);
  expect(third.retired.map(({ party }) => party)).toEqual([1, 3, 5]);
  requireSuccessor(first, next);
  requireSuccessor(next, third);
});

test.each<[string, () => unknown, RegExp]>([
  ['a threshold above its members', () => firstRecord(4, [a, b, c]), /threshold must be within/],
  ['the same card twice', () => firstRecord(2, [a, b, b]), /hold the same key/],
  ['a node that has left', () => nextRecord(next, { cards: [a, b, c], retire: [] }), /same key/],
  ['the leaving of a stranger', () => nextRecord(first, { cards: [], retire: [7] }), /no member/],
  ['too few who stay', () => nextRecord(first, { cards: [], retire: [1, 2] }), /threshold/],
])('%s makes no record', (_, make, reason) => {
  expect(make).toThrow(reason);
});

const changed = (change: Partial<CommitteeParts>): Committee => {
  const { hash: _, ...parts } = next;
  return committeeFrom({ ...parts, ...change });
};
const previous = { hash: hex(first.hash), threshold: 2, parties: [1, 2, 3] };
const [two, four, five] = next.members as [never, never, never];
const [one, three] = next.retired as [never, never];
const member = (party: number, card: JoinCard) => ({ ...card, party });

test.each<[string, Committee, RegExp]>([
  ['of another record', changed({ previous: { ...previous, hash: 'aa'.repeat(32) } }), /follows/],
  ['with another threshold of before', changed({ previous: { ...previous, threshold: 3 } }), /so/],
  ['that leaves one out', changed({ generation: 4 }), /is not so/],
  [
    'that loses a member',
    changed({ retired: [one], previous: { ...previous, parties: [1, 2] } }),
    /so/,
  ],
  [
    'with another key of a member',
    changed({ members: [member(2, f), four, five] as never }),
    /key/,
  ],
  [
    'with a new node that has left already',
    changed({ members: [two, four, five], retired: [one, three, member(9, f)] as never }),
    /given again, or to somebody who has left/,
  ],
])('no record follows %s', (_, record, reason) => {
  expect(() => requireSuccessor(first, record)).toThrow(reason);
});

test('who has left does not come back', () => {
  const third = nextRecord(next, { cards: [f], retire: [] });
  const { hash: _, ...parts } = third;
  const back = committeeFrom({ ...parts, members: [one, ...third.members], retired: [three] });
  expect(() => requireSuccessor(next, back)).toThrow(/left for good/);
});

test('a card that was changed in any field is refused', () => {
  const text = cardText(newIdentity(), { address: 'host:7001', ca: 'PEM' });
  const fields = JSON.parse(text) as Record<string, string>;
  const other = JSON.parse(cardText(newIdentity(), { address: 'x:1', ca: 'CA' })) as typeof fields;
  for (const name of Object.keys(fields)) {
    const swapped = JSON.stringify({ ...fields, [name]: other[name] });
    expect(() => parseCard(swapped, 'card'), name).toThrow(/not signed by the identity/);
  }
  expect(() => parseCard('{}', 'card')).toThrow(/no join card|not signed/);
});
