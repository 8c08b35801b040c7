/** How nodes go from one record to the next, without their processes: what each hears, tells and refuses. */
import { expect, test } from 'vitest';
import { hex } from '#core/bytes.ts';
import { instant } from '#core/time.ts';
import type { OwnWord, Receipt, Subject } from '#mandate/receipt-text.ts';
import { makeReceipt } from '#mandate/receipt.ts';
import { requireAgreed } from './agreed-spend.ts';
import type { Evidence } from './evidence.ts';
import { firstRecord, nextRecord } from './committee-record.ts';
import type { Committee, Member } from './committee.ts';
import { serveConfirm } from './confirm-spends.ts';
import { type Handover, handover } from './handover.ts';
import { newIdentity, signWith } from './identity.ts';
import type { JoinCard } from './join-card.ts';
import type { JournalEntry } from './journal.ts';
import type { Conversation, Party } from './party.ts';
import type { OpenRequest } from './proto/open-request.ts';
import { serveReserve } from './reserve-spend.ts';
import { serve } from './serve.ts';
import { type Spends, spends } from './spends.ts';
import { serveBury, serveWithdraw } from './withdraw-spend.ts';

const now = () => instant(1);
const organization = 'org';
const told = { id: 'ab'.repeat(32), organization, key: 'key', created: 1, expires: 2 };
const spendOf = (index: number) => ({
  ...told,
  id: index.toString(16).padStart(64, '0'),
  digests: [],
});

/** One machine: an identity and a journal, and what stands on them under each record that it pins. */
class Machine {
  readonly identity = newIdentity();
  readonly entries: JournalEntry[] = [];
  committee!: Committee;
  me!: number;
  handover!: Handover;
  spends!: Spends;
  log = 0;

  get card(): JoinCard {
    const { signing, encryption } = this.identity;
    const keys = { identity: signing.publicKey, encryption: encryption.publicKey };
    return { ...keys, address: 'host:1', ca: 'PEM' };
  }

  /** As after a start: everything is read from the journal. */
  pin(committee: Committee): void {
    const own = hex(this.card.identity);
    const isOwn = ({ identity }: Member) => hex(identity) === own;
    this.committee = committee;
    this.me = [...committee.members, ...committee.retired].find(isOwn)?.party ?? 0;
    const journal = { append: async (entry: JournalEntry) => void this.entries.push(entry) };
    const entries = [...this.entries];
    const { threshold, members } = committee;
    this.spends = spends(journal, entries, { threshold, members: members.length });
    const find = () => ({ head: { sequence: this.log, hash: '' } });
    const authority = { find, pins: () => new Map([[organization, '']]) } as never;
    const { me, spends: counted } = this;
    this.handover = handover({ me, committee, entries, journal, spends: counted, authority, now });
  }

  say(subject: Subject, own: OwnWord): Receipt {
    const sign = (message: Uint8Array) => signWith(this.identity.signing, message);
    return makeReceipt({ committee: hex(this.committee.hash), party: this.me, sign }, subject, own);
  }

  /** What it tells from this spend on, or whatever a liar says in its place. */
  page(from = 0, own: OwnWord = this.handover.tell(from)): Receipt {
    return this.say({ kind: 'handover', previous: this.previous, from }, own);
  }

  lie(...lies: readonly object[]): Receipt {
    return this.page(0, { total: lies.length, spends: lies as never, heads: [] });
  }

  get previous(): string {
    return this.committee.previous?.hash ?? '';
  }

  get known(): readonly string[] {
    return this.spends.all().map(({ id }) => id);
  }
}

const machines = (count: number): Machine[] => Array.from({ length: count }, () => new Machine());
const cardsOf = (all: readonly Machine[]) => all.map(({ card }) => card);
const pinAll = (committee: Committee, all: readonly Machine[]): void => {
  for (const one of all) one.pin(committee);
};

/** A committee with this threshold; each machine stands under its first record, in the order of its party. */
function firstOf(threshold: number, count: number): Machine[] {
  const all = machines(count);
  pinAll(firstRecord(threshold, cardsOf(all)), all);
  return all.toSorted((a, b) => a.me - b.me);
}

/** The record that follows the one of the first machine, pinned by all of them. */
function follow(
  all: readonly Machine[],
  retired: readonly Machine[] = [],
  fresh: readonly Machine[] = [],
): void {
  const before = (all[0] as Machine).committee;
  const retire = retired.map(({ me }) => me);
  pinAll(nextRecord(before, { cards: cardsOf(fresh), retire }), [...all, ...fresh]);
}

/** Whole testimonies of a few spends, one page each. */
async function hear(listener: Machine, tellers: readonly Machine[]): Promise<void> {
  for (const teller of tellers) {
    expect(teller.handover.canTell).toBe(true);
    await listener.handover.take([teller.page()]);
  }
}

test('a teller makes no other entry of a spend that it tells', async () => {
  const [one, two] = firstOf(2, 2) as [Machine, Machine];
  follow([one, two]);
  const forged = { ...told, kind: 'committee', record: 'of a liar' };
  await one.handover.take([one.page(), two.lie(forged)]);
  expect(one.entries[0]).toEqual({ kind: 'spend', ...told, digests: [] });
  expect(one.entries.map(({ kind }) => kind)).toEqual(['spend', 'handed-over']);
});

test('a page of garbage is refused with a code, and takes nothing from the others', async () => {
  const [one, two] = firstOf(2, 2) as [Machine, Machine];
  follow([one, two]);
  const { signature } = two.page();
  for (const statement of ['no JSON', '', 'null', '7', '{"from":"x"}']) {
    const pages = [{ statement, signature }];
    await expect(one.handover.take(pages)).rejects.toMatchObject({ code: 'EVIDENCE_REJECTED' });
  }
  await hear(one, [one, two]);
  expect(one.handover.isComplete).toBe(true);
});

test('one member that contradicts a spend which few know holds nobody up', async () => {
  const all = firstOf(3, 5) as [Machine, Machine, Machine, Machine, Machine];
  const [liar, teller, third, fourth, last] = all;
  await teller.spends.record({ ...told, digests: [] });
  follow(all);
  const { handover } = last;
  await handover.take([liar.lie({ ...told, key: 'another' }), teller.page(), third.page()]);
  await expect(handover.take([fourth.page()])).rejects.toThrow(/HANDOVER_DIFFERS/);
  expect(handover.isComplete).toBe(false);
  await handover.take([last.page()]);
  expect(handover.isComplete).toBe(true);
});

test('of a spend that was signed the facts of an honest member count, whoever lies first', async () => {
  const all = firstOf(3, 5);
  const [liar, ...honest] = all as [Machine, ...Machine[]];
  for (const one of honest.slice(0, 3)) await one.spends.record({ ...told, digests: [] });
  follow(all);
  const last = all[4] as Machine;
  const lie = { ...told, key: 'another' };
  await last.handover.take([liar.lie(lie, lie, lie, lie), ...honest.map((one) => one.page())]);
  expect(last.spends.all()).toMatchObject([{ id: told.id, key: told.key }]);
});

test('through three records what was spent under the first counts, and is known to those who were never in it', async () => {
  const [a, b, c] = firstOf(2, 3) as [Machine, Machine, Machine];
  for (const one of [a, b, c]) await one.spends.record({ ...told, digests: [] });
  const [d, e] = machines(2) as [Machine, Machine];
  follow([a, b, c], [a], [d]);
  for (const one of [b, c, d]) await hear(one, [a, b, c]);
  follow([b, c, d, a], [b, c], [e]);
  const f = new Machine();
  // Who has left before tells nothing of the record that it was not in.
  expect(a.handover.canTell).toBe(false);
  for (const one of [d, e]) await hear(one, [b, c, d]);
  follow([d, e, a, b, c], [], [f]);
  await hear(f, [d, e]);
  expect(f.committee.generation).toBe(4);
  expect(f.known).toEqual([told.id]);
});

test('who missed what was before tells nothing, and still does when it has started again', async () => {
  const [a, b, c] = firstOf(2, 3) as [Machine, Machine, Machine];
  const d = new Machine();
  follow([a, b, c], [a], [d]);
  for (const one of [b, d]) await hear(one, [a, b, c]);
  // The operator of c says that the others have gone on without it.
  follow([b, c, d, a], []);
  expect([b, c, d].map((one) => one.handover.canTell)).toEqual([true, false, true]);
  c.pin(c.committee);
  b.pin(b.committee);
  expect([b, c].map((one) => one.handover.canTell)).toEqual([true, false]);
});

test('a committee of new members alone hears all from those who have left', async () => {
  const before = firstOf(2, 3);
  const fresh = machines(3);
  for (const one of before) {
    await one.spends.record({ ...told, digests: [] });
    one.log = 4;
  }
  follow(before, before, fresh);
  expect(before.every(({ committee, me }) => committee.retired.some((r) => r.party === me))).toBe(
    true,
  );
  for (const one of fresh) {
    expect(one.handover.canTell).toBe(false);
    await hear(one, before.slice(0, 2));
    expect(one.handover.isComplete).toBe(false);
    await hear(one, before.slice(2));
    expect(one.known).toEqual([told.id]);
    const behind = /log of authority ends at 0, and went to 4/;
    expect(() => one.handover.requireComplete(organization)).toThrow(behind);
    one.log = 4;
    one.handover.requireComplete(organization);
  }
});

/** Two machines that have so many spends in writing, under the record that follows. */
async function spenders(count: number): Promise<[Machine, Machine]> {
  const pair = firstOf(2, 2) as [Machine, Machine];
  for (const one of pair) {
    for (let index = 0; index < count; index++) await one.spends.record(spendOf(index));
  }
  follow(pair);
  return pair;
}

test('what does not go into one page comes in the next ones, and none of them may be left out', async () => {
  const [one, two] = await spenders(1_100);
  const fresh = new Machine();
  follow([one, two], [], []);
  one.pin(nextRecord(one.committee, { cards: [fresh.card], retire: [] }));
  for (const node of [two, fresh]) node.pin(one.committee);
  const { handover } = fresh;
  for (const teller of [one, two]) {
    await handover.take([teller.page(512), teller.page(1024), teller.page(0), teller.page(1024)]);
    expect(handover.isComplete).toBe(false);
    // A page that came late, or a second time, is no continuation of what was heard.
    await handover.take([teller.page(512), teller.page(512)]);
    expect(handover.isComplete).toBe(false);
    await handover.take([teller.page(1024)]);
  }
  expect(handover.isComplete).toBe(true);
  expect(fresh.known).toHaveLength(1_100);
});

/** What a session of the machine needs to be served, and nothing else: whatever comes later is missing. */
function conversationOf(machine: Machine, isRetired = false): Conversation {
  const key = { committed: true, record: { keyId: 'key', organization } };
  const state = { organization, head: { sequence: 0, hash: '' } };
  const { me, committee, handover: own, spends: counted } = machine;
  const party = {
    me,
    committee,
    isRetired,
    handover: own,
    spends: counted,
    now,
    mode: 'safety',
    store: { identity: machine.identity, keys: { get: () => key } },
    exported: { requireHere: () => undefined },
    starts: { current: (receipts: unknown) => receipts, requireStanding: () => undefined },
    standing: { overhear: () => undefined },
    authority: { find: () => state, pins: () => new Map(), isFrozen: () => false },
  } as unknown as Party;
  const stream = { send: () => undefined } as unknown as Conversation['stream'];
  return { party, stream, about: {} };
}

const evidence = { isSetUp: false } as unknown as Evidence;
const mandate = {} as never;

test.each<[string, (conversation: Conversation) => Promise<unknown>]>([
  [
    'receipt',
    (one) => serveReserve(one, { purpose: 'reserve', keyId: 'key', mandate, authority: 0 }),
  ],
  [
    'confirmation',
    (one) =>
      serveConfirm(one, {
        purpose: 'confirm',
        keyId: 'key',
        intent: told.id,
        digests: [],
        receipts: [],
        untils: [],
      }),
  ],
  [
    'share',
    ({ party }) => {
      const key = { keyId: 'key', organization } as never;
      return requireAgreed(party, key, evidence, { receipts: [], confirmations: [] });
    },
  ],
  [
    'word that it does nothing more for a payment',
    (one) =>
      serveWithdraw(one, {
        purpose: 'withdraw',
        keyId: 'key',
        intent: '',
        initiator: {} as never,
      }),
  ],
  [
    'end of a payment',
    (one) => serveBury(one, { purpose: 'bury', keyId: 'key', intent: told.id, withdrawals: [] }),
  ],
])('no %s leaves a node before its handover is complete', async (_, ask) => {
  const all = firstOf(2, 2) as [Machine, Machine];
  follow(all);
  await expect(ask(conversationOf(all[0]))).rejects.toMatchObject({
    code: 'SIGNERS_UNAVAILABLE',
    context: { reason: expect.stringContaining('HANDOVER_DUE') },
  });
});

test('a spend that ends between two pages is told all the same', async () => {
  const [one, two] = await spenders(600);
  const fresh = new Machine();
  one.pin(nextRecord(one.committee, { cards: [fresh.card], retire: [] }));
  for (const node of [two, fresh]) node.pin(one.committee);
  const first = [one, two].map((teller) => teller.page());
  const { id: intent } = spendOf(3);
  const withdrawal = { kind: 'withdrawal', organization, intent } as const;
  const withdrawals = [one, two, fresh].map((node) => node.say(withdrawal, { stage: 'recorded' }));
  const bury = { purpose: 'bury', keyId: 'key', intent, withdrawals } as const;
  await expect(serveBury(conversationOf(one), bury)).rejects.toThrow(/HANDOVER_DUE/);
  await one.handover.take(first);
  await one.handover.take([one.page(512), two.page(512)]);
  expect(one.handover.isComplete).toBe(true);
  // Also then: a share of it may have left a node that nobody asks any more.
  await expect(serveBury(conversationOf(one), bury)).rejects.toThrow(/may have left/);
  expect(one.known).toHaveLength(600);
});

const RETIRED_DO = [
  'reshareKey',
  'describeKey',
  'authority',
  'handover',
  'starts',
  'start',
  'takeStarts',
  'stand',
];
const PURPOSES =
  'createKey refreshKey reshareKey importKey exportKey describeKey registerWallet authority reserve ' +
  'confirm learn withdraw bury handover takeHandover starts start takeStarts stand ' +
  'sign presign';

test.each(PURPOSES.split(' '))(
  'asked for %s, who has left does it or says that it has left',
  async (purpose) => {
    const { party } = conversationOf(firstOf(2, 2)[0] as Machine, true);
    const open = { type: 'open', content: { purpose } as OpenRequest };
    const stream = { inbox: { next: async () => open }, send: () => undefined };
    const refusal = await serve({ party, stream, about: {} } as never).catch(
      (error: unknown) => error,
    );
    const isAbsent = (refusal as { code?: string }).code === 'KEY_LOCKED';
    expect(isAbsent).toBe(!RETIRED_DO.includes(purpose));
  },
);
