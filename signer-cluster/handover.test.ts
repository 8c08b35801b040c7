/** How nodes go from one record to the next, without their processes: what each hears, tells and refuses. */
import { sha256 } from '@noble/hashes/sha2.js';
import { beforeAll, expect, test } from 'vitest';
import { hex, utf8 } from '#core/bytes.ts';
import { parseInstant } from '#core/time.ts';
import { NOW } from '#mandate/fixtures.ts';
import { PayingCompany } from '#testing/paying-company.ts';
import { Machine, firstOf, follow, machines, spendOf } from '#testing/record-machines.ts';
import { requireAgreed } from './agreed-spend.ts';
import type { Evidence } from './evidence.ts';
import { nextRecord } from './committee-record.ts';
import { serveConfirm } from './confirm-spends.ts';
import type { Conversation, Party } from './party.ts';
import { serveLearn } from './learn-spends.ts';
import type { OpenRequest } from './proto/open-request.ts';
import { serveReserve } from './reserve-spend.ts';
import { serve } from './serve.ts';
import type { Spend } from './spends.ts';
import { serveBury, serveWithdraw } from './withdraw-spend.ts';

let company: PayingCompany;

beforeAll(async () => {
  company = await PayingCompany.open('handover');
});

const told = spendOf(0);
const { digests: _, ...toldFields } = told;
const { organization } = told;

/** A payment of the company, as an honest member has it in writing, and by what log it is judged. */
async function paid(): Promise<Spend> {
  const { mandate, intent } = await company.pay();
  return {
    id: hex(sha256(utf8(mandate.intent))),
    organization: intent.organization,
    key: company.state.wallets.get(intent.wallet)?.key ?? '',
    digests: [],
    created: parseInstant(intent.created),
    expires: parseInstant(intent.expires),
    initiators: [mandate.initiator],
  };
}

/** It has been brought the company's whole log. */
const informed = (machine: Machine): Machine =>
  Object.assign(machine, { state: company.state, now: company.now });

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
  const forged = { ...toldFields, kind: 'committee', record: 'of a liar' };
  await one.handover.take([one.lie(forged), two.lie(forged)]);
  expect(one.entries[0]).toEqual({ kind: 'spend', ...told });
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

test('one member that contradicts a spend which few know holds nobody up, also where all must tell', async () => {
  const spend = await paid();
  const [liar, teller] = firstOf(2, 2) as [Machine, Machine];
  await teller.spends.record(spend);
  const fresh = informed(new Machine());
  fresh.pin(nextRecord(liar.committee, { cards: [fresh.card], retire: [] }));
  for (const node of [liar, teller]) node.pin(fresh.committee);
  await fresh.handover.take([liar.lie({ ...spend, key: 'another' }), teller.page()]);
  expect(fresh.handover.isComplete).toBe(true);
  fresh.handover.requireComplete(spend.organization);
  expect(fresh.spends.all()).toMatchObject([{ id: spend.id, key: spend.key }]);
});

/** Two members of a record, of which one tells alone, and a new one of the next, with all they have told. */
async function heardAlone(spends: readonly object[], heads: readonly object[] = []) {
  const [liar, other] = firstOf(2, 2) as [Machine, Machine];
  const fresh = informed(new Machine());
  fresh.pin(nextRecord(liar.committee, { cards: [fresh.card], retire: [] }));
  for (const node of [liar, other]) node.pin(fresh.committee);
  const own = { total: spends.length, spends, heads } as never;
  await fresh.handover.take([liar.page(0, own), other.lie()]);
  expect(fresh.handover.isComplete).toBe(true);
  return { fresh, liar };
}

test('a spend that one member alone tells of counts if its initiator has signed it, also after a start', async () => {
  const spend = await paid();
  const { fresh } = await heardAlone([spend]);
  for (let starts = 0; starts < 2; starts++) {
    // It counts once somebody asks for the organisation whose log shows it.
    expect(fresh.known).toEqual([]);
    fresh.handover.requireComplete(spend.organization);
    expect(fresh.known).toEqual([spend.id]);
    // As one whose share may have left a node that is not here.
    const withdrawn = new Map([1, 2, 3].map((party) => [party, 'recorded'] as const));
    const bury = fresh.spends.bury(spend.organization, spend.id, withdrawn);
    await expect(bury).rejects.toThrow(/may have left/);
    fresh.pin(fresh.committee);
  }
});

test('one that a member has invented counts nowhere, and holds nobody up', async () => {
  const spend = await paid();
  const unsigned = spend.initiators?.map((one) => ({ ...one, signature: '' }));
  const lies = [
    { ...spend, initiators: unsigned },
    { ...(await paid()), initiators: [] },
    { ...(await paid()), initiators: spend.initiators },
    { ...(await paid()), organization },
  ];
  const { fresh } = await heardAlone(lies);
  fresh.handover.requireComplete(spend.organization);
  fresh.handover.requireComplete(organization);
  // The last one is told of another organisation, and its intent says of which it is.
  expect(fresh.known).toEqual([lies[3]?.id]);
});

test('while the log is too short to show it, nothing is said for that organisation', async () => {
  const spend = await paid();
  const { sequence } = company.state.head;
  const heads = [{ organization: spend.organization, sequence }];
  const { fresh } = await heardAlone([spend], heads);
  fresh.state = undefined;
  const ask = () => fresh.handover.requireComplete(spend.organization);
  expect(ask).toThrow(/HANDOVER_UNSHOWN/);
  fresh.handover.requireComplete(organization);
  fresh.state = company.state;
  ask();
  expect(fresh.known).toEqual([spend.id]);
});

test('whom the operator leaves out holds nobody up by naming a longer log, and what it told stays a claim', async () => {
  const spend = await paid();
  const { sequence } = company.state.head;
  const heads = [{ organization: spend.organization, sequence }];
  const { fresh, liar } = await heardAlone([spend], heads);
  fresh.state = undefined;
  const ask = () => fresh.handover.requireComplete(spend.organization);
  expect(ask).toThrow(/HANDOVER_UNSHOWN.*signer stand/);
  fresh.leftOut.add(liar.me);
  ask();
  expect(fresh.known).toEqual([]);
  fresh.state = company.state;
  ask();
  expect(fresh.known).toEqual([spend.id]);
});

test('what was heard of one alone is told on to the next record, judged or not', async () => {
  const [first, second] = [await paid(), await paid()];
  for (const isJudged of [true, false]) {
    const { fresh } = await heardAlone([first, second]);
    if (isJudged) fresh.handover.requireComplete(first.organization);
    const next = new Machine();
    next.pin(nextRecord(fresh.committee, { cards: [next.card], retire: [] }));
    fresh.pin(next.committee);
    const page = fresh.page(0, fresh.handover.tell(0));
    const { own } = JSON.parse(page.statement) as { own: { spends: { id: string }[] } };
    expect(own.spends.map(({ id }) => id)).toEqual([first.id, second.id]);
  }
});

test('a node signs nothing for an intent that it heard of in a handover, also at once', async () => {
  const spend = await paid();
  const other = { intent: spend.id, key: spend.key, digests: ['other'], expires: spend.expires };
  const [one, two] = firstOf(2, 2) as [Machine, Machine];
  for (const node of [one, two]) await node.spends.record(spend);
  const fresh = informed(new Machine());
  follow([one, two], [], [fresh]);
  await hear(fresh, [one, two]);
  const { fresh: claimant } = await heardAlone([spend]);
  for (const node of [fresh, claimant]) {
    for (let starts = 0; starts < 2; starts++) {
      node.handover.requireComplete(spend.organization);
      expect(node.known).toEqual([spend.id]);
      expect(() => node.guard.bind(other)).toThrow(/another transaction/);
      node.pin(node.committee);
    }
  }
});

test('what one member has invented is not believed at the record after the next, either', async () => {
  const spend = await paid();
  const unsigned = spend.initiators?.map((one) => ({ ...one, signature: '' }));
  const [liar, other] = firstOf(2, 2) as [Machine, Machine];
  const fresh = new Machine();
  follow([liar, other], [], [fresh]);
  const lie = liar.lie({ ...spend, initiators: unsigned });
  for (const node of [other, fresh]) await node.handover.take([lie, other.page()]);
  const last = informed(new Machine());
  follow([liar, other, fresh], [], [last]);
  await last.handover.take([liar.lie(), other.page(), fresh.page()]);
  expect(last.handover.isComplete).toBe(true);
  last.handover.requireComplete(spend.organization);
  expect(last.known).toEqual([]);
});

test('who cannot show what it has in writing tells nothing', async () => {
  const [one, two] = firstOf(2, 2) as [Machine, Machine];
  const { initiators: __, ...bare } = told;
  await one.spends.record(bare);
  follow([one, two]);
  expect(() => one.handover.tell(0)).toThrow(/cannot show/);
});

test('of a spend that was signed the facts of an honest member count, whoever lies first', async () => {
  const all = firstOf(3, 5);
  const [liar, ...honest] = all as [Machine, ...Machine[]];
  for (const one of honest.slice(0, 3)) await one.spends.record(told);
  follow(all);
  const last = all[4] as Machine;
  const lie = { ...toldFields, key: 'another' };
  await last.handover.take([liar.lie(lie, lie, lie, lie), ...honest.map((one) => one.page())]);
  expect(last.spends.all()).toMatchObject([{ id: told.id, key: told.key }]);
});

test('through three records what was spent under the first counts, and is known to those who were never in it', async () => {
  const [a, b, c] = firstOf(2, 3) as [Machine, Machine, Machine];
  for (const one of [a, b, c]) await one.spends.record(told);
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
    await one.spends.record(told);
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

/** Where each page of all that it tells begins. */
function* pageStarts(teller: Machine): Iterable<number> {
  for (let from = 0; ;) {
    const { total, spends: page } = teller.handover.tell(from) as {
      readonly total: number;
      readonly spends: readonly unknown[];
    };
    yield from;
    from += page.length;
    if (from >= total) return;
  }
}

test('what does not go into one page comes in the next ones, and none of them may be left out', async () => {
  const [one, two] = await spenders(3_000);
  const fresh = new Machine();
  follow([one, two], [], []);
  one.pin(nextRecord(one.committee, { cards: [fresh.card], retire: [] }));
  for (const node of [two, fresh]) node.pin(one.committee);
  const { handover } = fresh;
  for (const teller of [one, two]) {
    const [second, third] = [...pageStarts(teller)].slice(1) as [number, number];
    const [last] = [...pageStarts(teller)].slice(-1) as [number];
    expect(third).toBeLessThanOrEqual(last);
    await handover.take([
      teller.page(second),
      teller.page(last),
      teller.page(0),
      teller.page(last),
    ]);
    expect(handover.isComplete).toBe(false);
    // A page that came late, or a second time, is no continuation of what was heard.
    await handover.take([teller.page(second), teller.page(second)]);
    expect(handover.isComplete).toBe(false);
    for (const from of [...pageStarts(teller)].slice(2)) await handover.take([teller.page(from)]);
  }
  expect(handover.isComplete).toBe(true);
  expect(fresh.known).toHaveLength(3_000);
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
    setBacks: { given: () => [], told: () => new Map() },
    now: () => NOW,
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
    'knowledge of a payment that a worker brings',
    (one) => serveLearn(one, { purpose: 'learn', keyId: 'key', mandates: [] }),
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
])('no %s leaves or enters a node before its handover is complete', async (_, ask) => {
  const all = firstOf(2, 2) as [Machine, Machine];
  follow(all);
  await expect(ask(conversationOf(all[0]))).rejects.toMatchObject({
    code: 'SIGNERS_UNAVAILABLE',
    context: { reason: expect.stringContaining('HANDOVER_DUE') },
  });
});

test('a spend that ends between two pages is told all the same', async () => {
  const [one, two] = await spenders(1_000);
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
  const [, second = 0] = pageStarts(one);
  await one.handover.take([one.page(second), two.page(second)]);
  expect(one.handover.isComplete).toBe(true);
  // Also then: a share of it may have left a node that nobody asks any more.
  await expect(serveBury(conversationOf(one), bury)).rejects.toThrow(/may have left/);
  expect(one.known).toHaveLength(1_000);
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
