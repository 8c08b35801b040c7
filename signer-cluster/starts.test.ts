/** A node that is put back, and what its peers have heard: over the parts that decide, with journals in memory. */
import { expect, test } from 'vitest';
import { hex } from '#core/bytes.ts';
import { END } from '#mandate/known-spends.ts';
import type { Mode } from '#mandate/quorum.ts';
import { type CheckedReceipt, type Receipt, type Subject } from '#mandate/receipt-text.ts';
import { checkReceipt } from '#mandate/receipt.ts';
import { approvals } from './approvals.ts';
import { type Committee, committeeOf } from './committee.ts';
import { newIdentity, type NodeIdentity } from './identity.ts';
import type { JournalEntry, Position } from './journal.ts';
import type { Conversation, Party } from './party.ts';
import type { OpenRequest } from './proto/open-request.ts';
import { everybody, placesIn, receiptOf } from './receipts.ts';
import { serve } from './serve.ts';
import { type Spends, spends } from './spends.ts';
import { setBacks } from './set-backs.ts';
import { standing } from './standing.ts';
import { starts } from './starts.ts';

const ORG = 'org';
const spendOf = (id: string, created: number) => ({
  id: id.repeat(32),
  organization: ORG,
  key: 'key_1',
  digests: [id.repeat(32)],
  created,
  expires: 99,
});
const A = spendOf('aa', 1);
const B = spendOf('bb', 2);

type Node = Pick<Party, 'me' | 'committee' | 'starts' | 'standing' | 'setBacks' | 'store'> & {
  readonly entries: JournalEntry[];
  readonly spends: Spends;
  readonly words: ReturnType<typeof approvals>;
};

type House = { readonly committee: Committee; readonly identities: readonly NodeIdentity[] };

function houseOf(threshold: number, count: number): House {
  const identities = Array.from({ length: count }, () => newIdentity());
  const members = identities.map(({ signing, encryption }, index) => ({
    party: index + 1,
    identity: signing.publicKey,
    encryption: encryption.publicKey,
  }));
  return { committee: committeeOf(threshold, members), identities };
}

let named = 0;

/** One start of a node, on this disk; its MACs name the entries up to each place. */
function startOf(
  { committee, identities }: House,
  me: number,
  entries: JournalEntry[] = [],
  mode: Mode = 'safety',
): Node {
  const headAt = (count: number): string =>
    Buffer.from(JSON.stringify(entries.slice(0, count)))
      .toString('hex')
      .slice(-64)
      .padStart(64, '0');
  const journal = {
    append: async (entry: JournalEntry): Promise<void> => void entries.push(entry),
    appendNow: (entry: JournalEntry): void => void entries.push(entry),
    get durable(): Position {
      return { count: entries.length, head: headAt(entries.length) };
    },
    headAt: async (count: number) => (count <= entries.length ? headAt(count) : undefined),
    writable: true,
    close: async () => undefined,
  };
  const past = [...entries];
  const words = approvals(
    journal,
    past,
    () => 0 as never,
    () => `${(named += 1)}`,
  );
  const shape = { threshold: committee.threshold, members: committee.members.length, mode };
  const own = spends(journal, past, shape);
  const store = { identity: identities[me - 1] } as unknown as Party['store'];
  const start = (named += 1).toString(16).padStart(32, '0');
  const authority = { find: () => undefined, pins: () => new Map() };
  const lost = setBacks({ committee: hex(committee.hash), journal, entries: past, authority });
  const stand = standing({ me, journal, entries: past, approvals: words, setBacks: lost });
  const parts = { own: start, me, committee, mode, journal, entries: past, standing: stand };
  const all = starts({ ...parts, approvals: words, spends: own, authority });
  return {
    me,
    committee,
    entries,
    spends: own,
    words,
    standing: stand,
    store,
    setBacks: lost,
    starts: all,
  };
}

/** What the node answers when it is asked alone. @throws what it refuses with */
async function ask(node: Node, open: OpenRequest): Promise<unknown> {
  let text = 'null';
  const party = { ...node, committee: { ...node.committee, retired: [] } } as unknown as Party;
  const stream = {
    inbox: { next: async () => ({ type: 'open', content: open }) },
    send: (frame: { type: string; content: { text: string } }) => {
      if (frame.type === 'document') ({ text } = frame.content);
    },
  };
  await serve({ party, stream, about: {} } as unknown as Conversation);
  return JSON.parse(text);
}

/** How `told` hears of the start of `node`: what it signs. */
async function hearOf(node: Node, told: Node): Promise<readonly Receipt[]> {
  const known = told.starts.heard().find(({ party }) => party === node.me)?.start ?? '';
  const replaces = [{ party: told.me, start: known }];
  const start = (await ask(node, { purpose: 'start', replaces })) as Receipt;
  const answer = await ask(told, { purpose: 'takeStarts', starts: [start] });
  return (answer as { told: readonly Receipt[] }).told;
}

async function stand(node: Node, others: readonly Node[]): Promise<void> {
  const told = (await Promise.all(others.map((one) => hearOf(node, one)))).flat();
  await ask(node, { purpose: 'stand', told });
}

async function standAll(nodes: readonly Node[]): Promise<void> {
  for (const node of nodes)
    await stand(
      node,
      nodes.filter((one) => one !== node),
    );
}

const spendSubject = ({ id, digests }: typeof A) =>
  ({ kind: 'spend', organization: ORG, key: 'key_1', intent: id, digests }) as const;

/** Its receipt, once it has the spend in writing; as `told` counts it. */
async function receiptFrom(node: Node, spend: typeof A): Promise<Receipt> {
  node.starts.requireStanding();
  await node.spends.record(spend);
  return receiptOf(node, spendSubject(spend), {});
}

const checked = (receipt: Receipt, subject: Subject, at: Node): CheckedReceipt =>
  checkReceipt(receipt, subject, everybody(at));

/** 3 of 5; the parties 1 and 2 are corrupted, and say what they like. */
async function fiveNodes() {
  const house = houseOf(3, 5);
  const nodes = [1, 2, 3, 4, 5].map((party) => startOf(house, party));
  await standAll(nodes);
  const [one, two, three, four, five] = nodes as [Node, Node, Node, Node, Node];
  return { house, one, two, three, four, five, nodes };
}

test('control: a node with its whole journal stands after a start, and counts what it counted', async () => {
  const { house, one, two, three, four, five } = await fiveNodes();
  await three.standing.overhear(
    placesIn([checked(await receiptFrom(five, A), spendSubject(A), three)]),
  );
  const again = startOf(house, 5, five.entries);
  expect(() => again.starts.requireStanding()).toThrow(/NOT_STANDING/);
  await stand(again, [one, two, three, four]);
  again.starts.requireStanding();
  expect(again.spends.of(ORG).tell([END]).ids).toEqual([[A.id]]);
});

test('a limit is spent once, also when a node outside the signing set was put back to an older disk', async () => {
  const { house, one, two, three, four, five } = await fiveNodes();
  const backup = [...five.entries];
  // Party 3 confirms A: it is shown the receipt of party 5.
  const receipt = await receiptFrom(five, A);
  await three.standing.overhear(placesIn([checked(receipt, spendSubject(A), three)]));
  const restored = startOf(house, 5, backup);
  await expect(stand(restored, [one, two, three, four])).rejects.toMatchObject({
    code: 'KEY_LOCKED',
    context: { reason: expect.stringContaining('JOURNAL_WENT_BACK') },
  });
  for (const purpose of ['reserve', 'confirm', 'withdraw', 'bury', 'sign', 'exportKey'] as const) {
    const open = { purpose, keyId: 'key_01jb5000000000000000000000' } as unknown as OpenRequest;
    await expect(ask(restored, open)).rejects.toMatchObject({ code: expect.anything() });
  }
  await expect(receiptFrom(restored, B)).rejects.toMatchObject({ code: 'KEY_LOCKED' });
  // Its operator knows what is lost with that; here the peer's operator says so.
  await three.words.approve({ operation: 'accept', party: 5 }, 5);
  await stand(restored, [one, two, three, four]);
  restored.starts.requireStanding();
});

test('q-1 others are not enough: whoever has heard of more may be the one that was not asked', async () => {
  const { house, one, two, four, five } = await fiveNodes();
  const again = startOf(house, 5, five.entries);
  await stand(again, [one, two, four]);
  expect(again.starts.missing).toEqual([3]);
  expect(() => again.starts.requireStanding()).toThrow(/not heard from 3.*NOT_STANDING/);
  await again.words.approve({ operation: 'stand', party: 3 }, 5);
  await stand(again, []);
  again.starts.requireStanding();
  expect(again.entries.map(({ kind }) => kind)).toContain('approval-used');
});

test('what was held back counts no more once its node has stood again', async () => {
  const { house, three, four, five, nodes } = await fiveNodes();
  const confirmation = {
    kind: 'confirmation',
    organization: ORG,
    intent: A.id,
    receipts: '',
  } as const;
  const withdrawal = { kind: 'withdrawal', organization: ORG, intent: A.id } as const;
  const held = [confirmation, withdrawal, spendSubject(A)].map(
    (subject) => [subject, receiptOf(five, subject, {})] as const,
  );
  const count = () =>
    held.filter(([subject, one]) => four.starts.isCurrent(checked(one, subject, four))).length;
  expect(count()).toBe(3);
  const restored = startOf(house, 5, [...five.entries]);
  await stand(restored, nodes.slice(0, 4));
  restored.starts.requireStanding();
  expect(count()).toBe(0);
  const anew = receiptOf(restored, withdrawal, {});
  expect(three.starts.isCurrent(checked(anew, withdrawal, three))).toBe(true);
  // A peer that starts again remembers.
  const later = startOf(house, 4, four.entries);
  expect(later.starts.isCurrent(checked(held[0]?.[1] as Receipt, confirmation, four))).toBe(false);
});

test('an older start is not brought after a newer one', async () => {
  const { house, four, five } = await fiveNodes();
  const second = startOf(house, 5, [...five.entries]);
  const known = four.starts.heard().find(({ party }) => party === 5)?.start ?? '';
  const held = await ask(second, { purpose: 'start', replaces: [{ party: 4, start: known }] });
  const third = startOf(house, 5, [...five.entries]);
  expect(await hearOf(third, four)).toHaveLength(1);
  const answer = await ask(four, { purpose: 'takeStarts', starts: [held as Receipt] });
  expect(answer).toEqual({ told: [] });
  expect(four.starts.heard()).toContainEqual({ party: 5, start: third.starts.own });
});

test('a start that is malformed is not heard of, and takes nothing from those beside it', async () => {
  const { house, four, five } = await fiveNodes();
  const heard = four.starts.heard();
  const lying = heard.find(({ party }) => party === 1)?.start ?? '';
  const replaces = [{ party: 4, start: lying }];
  const own = { journal: { count: 1, head: '00'.repeat(32) }, replaces };
  const liar = startOf(house, 1);
  const named = ['a'.repeat(600), 'line\nline', '', 'AB'.repeat(16)].map((start) =>
    receiptOf(liar, { kind: 'start', start }, own),
  );
  const garbage = [
    'not json',
    'null',
    '7',
    '"x"',
    '[]',
    '{"start":{}}',
    `{"start":"${'a'.repeat(32)}"}`,
  ];
  const again = startOf(house, 5, five.entries);
  const known = heard.find(({ party }) => party === 5)?.start ?? '';
  const ask5 = { purpose: 'start', replaces: [{ party: 4, start: known }] } as const;
  const good = (await ask(again, ask5)) as Receipt;
  const before = four.entries.length;
  for (const bad of [...named, ...garbage.map((statement) => ({ statement, signature: '00' }))]) {
    expect(await ask(four, { purpose: 'takeStarts', starts: [bad] })).toEqual({ told: [] });
  }
  expect(four.starts.heard()).toEqual(heard);
  expect(four.entries).toHaveLength(before);
  const statement = 'not json';
  const both = [{ statement, signature: '00' }, named[0] as Receipt, good];
  const { told } = (await ask(four, { purpose: 'takeStarts', starts: both })) as {
    told: unknown[];
  };
  expect(told).toHaveLength(1);
  expect(four.starts.heard()).toContainEqual({ party: 5, start: again.starts.own });
});

test('a word for another start, of another committee or under another key lets nobody stand', async () => {
  const { house, one, two, three, four, five } = await fiveNodes();
  const before = (
    await Promise.all([one, two, three, four].map((told) => hearOf(five, told)))
  ).flat();
  const again = startOf(house, 5, five.entries);
  const own = { newest: 0, heads: [] };
  const subject = { kind: 'heard', of: 5, start: again.starts.own } as const;
  const other = startOf(houseOf(3, 5), 4);
  const asFour = { ...three, me: 4 };
  const forged = [receiptOf(other, subject, own), receiptOf(asFour, subject, own)];
  const ofOther = receiptOf(four, { ...subject, of: 3 }, own);
  await ask(again, { purpose: 'stand', told: [...before, ...forged] });
  await ask(again, {
    purpose: 'stand',
    told: [ofOther, { statement: '{}', signature: '00'.repeat(64) }],
  });
  expect(again.starts.missing).toEqual([1, 2, 3, 4]);
});

test('a share may have left before a start: of what was in writing then, a node withdraws from nothing', async () => {
  const house = houseOf(2, 3);
  const nodes = [1, 2, 3].map((party) => startOf(house, party));
  await standAll(nodes);
  const [one, two, three] = nodes as [Node, Node, Node];
  // Parties 1 and 2 sign A; party 3 has it in writing, and nothing of what they did after that.
  for (const node of [two, three]) await node.spends.record(A);
  const restored = startOf(house, 2, []);
  await stand(restored, [one, three]);
  restored.starts.requireStanding();
  expect(() => restored.starts.requireNoShareBefore(A.created)).toThrow(/may have left it before/);
  restored.starts.requireNoShareBefore(B.created);
});

test('who is left out by the operator counts for nothing, whatever it has said', async () => {
  const { house, one, two, three, four, five } = await fiveNodes();
  const again = startOf(house, 5, five.entries);
  const far = { newest: 9e15, heads: [{ organization: ORG, sequence: 9e15 }] };
  const subject = { kind: 'heard', of: 5, start: again.starts.own } as const;
  const told = [receiptOf(one, subject, far)];
  await ask(again, { purpose: 'stand', told });
  await stand(again, [two, three, four]);
  again.starts.requireStanding();
  expect(() => again.starts.requireLog(ORG)).toThrow(/AUTHORITY_BEHIND/);
  expect(() => again.starts.requireNoShareBefore(2)).toThrow();
  await again.words.approve({ operation: 'stand', party: 1 }, 5);
  await ask(again, { purpose: 'stand', told });
  again.starts.requireStanding();
  again.starts.requireLog(ORG);
  again.starts.requireNoShareBefore(2);
});

test('for availability as many as sign with it are enough', async () => {
  const house = houseOf(2, 3);
  const [one, two] = [1, 2].map((party) => startOf(house, party, [], 'availability'));
  await stand(one as Node, [two as Node]);
  (one as Node).starts.requireStanding();
  expect(hex(house.committee.hash)).toHaveLength(64);
});
