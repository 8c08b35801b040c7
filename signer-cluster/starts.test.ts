/** A node that is put back, and what its peers have heard: over the parts that decide, with journals in memory. */
import { expect, test } from 'vitest';
import { hex } from '#core/bytes.ts';
import { idOf } from '#mandate/fixtures.ts';
import { END } from '#mandate/known-spends.ts';
import type { Receipt } from '#mandate/receipt-text.ts';
import {
  A,
  B,
  type Node,
  ORG,
  ask,
  checked,
  fiveNodes,
  hearOf,
  houseOf,
  receiptFrom,
  spendSubject,
  stand,
  standAll,
  startOf,
} from '#testing/starting-nodes.ts';
import type { Member } from './committee.ts';
import type { OpenRequest } from './proto/open-request.ts';
import { placesIn, receiptOf } from './receipts.ts';

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
    const open = { purpose, keyId: idOf('key') } as unknown as OpenRequest;
    await expect(ask(restored, open)).rejects.toMatchObject({ code: 'KEY_LOCKED' });
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
  await again.words.approve({ operation: 'stand', party: 3, start: again.starts.own }, 5);
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

test("the operator's word is for one start, is used once, and is used up before it has its effect", async () => {
  const { house, one, two, three, five } = await fiveNodes();
  const again = startOf(house, 5, five.entries);
  await stand(again, [one, two, three]);
  const word = { operation: 'stand', party: 4, start: again.starts.own } as const;
  await again.words.approve(word, 60);
  // It was not used, and the disk is put back to that: the word is there, and serves no other start.
  const later = startOf(house, 5, [...again.entries]);
  await stand(later, [one, two, three]);
  await later.starts.excuse();
  expect(later.starts.missing).toEqual([4]);
  await again.starts.excuse();
  again.starts.requireStanding();
  expect(again.entries.at(-1)?.kind).toBe('approval-used');
  expect(again.words.find(word)).toBeUndefined();
});

test('a node that cannot write down that a word is used does not go on by it', async () => {
  const { house, one, two, three, five } = await fiveNodes();
  const again = startOf(house, 5, five.entries);
  await stand(again, [one, two, three]);
  await again.words.approve({ operation: 'stand', party: 4, start: again.starts.own }, 60);
  const { push } = again.entries;
  again.entries.push = () => {
    throw new Error('the disk is full');
  };
  await expect(again.starts.excuse()).rejects.toThrow('the disk is full');
  again.entries.push = push;
  expect(() => again.starts.requireStanding()).toThrow(/NOT_STANDING/);
});

test('also one that has left is left out, so that a handover need not wait for it for good', async () => {
  const house = houseOf(2, 3);
  const [gone, ...stay] = house.committee.members as [Member, Member, Member];
  const committee = { ...house.committee, members: stay, retired: [gone] };
  const [two, three] = [2, 3].map((party) => startOf({ ...house, committee }, party));
  await stand(three as Node, [two as Node]);
  const { starts: own, words } = three as Node;
  own.requireStanding();
  expect(() => own.requireToldBy([1, 2, 3])).toThrow(/not heard from 1 .*NOT_STANDING/);
  await words.approve({ operation: 'stand', party: 1, start: own.own }, 5);
  await own.excuse();
  own.requireToldBy([1, 2, 3]);
});

test('before it stands a node registers no wallet, cosigns no log and signs no change, and answers about starts', async () => {
  const { house, five } = await fiveNodes();
  const again = startOf(house, 5, five.entries);
  const wallet = { purpose: 'registerWallet', keyId: idOf('key') };
  await expect(ask(again, wallet as OpenRequest)).rejects.toMatchObject({
    code: 'SIGNERS_UNAVAILABLE',
    context: { reason: expect.stringContaining('NOT_STANDING') },
  });
  const head = { sequence: 2, hash: '02'.repeat(32) };
  const authority = { take: async () => head };
  const change = { purpose: 'authority', organization: idOf('organization'), receipts: [] };
  const open = { ...change, head, from: 0, entries: [] } as unknown as OpenRequest;
  const asked = { ...again, authority } as unknown as Node;
  expect(await ask(asked, open)).toEqual({ head, waits: expect.stringContaining('NOT_STANDING') });
  expect(await ask(again, { purpose: 'starts' })).toMatchObject({ start: again.starts.own });
});

test('for availability as many as sign with it are enough', async () => {
  const house = houseOf(2, 3);
  const [one, two] = [1, 2].map((party) => startOf(house, party, [], 'availability'));
  await stand(one as Node, [two as Node]);
  (one as Node).starts.requireStanding();
  expect(hex(house.committee.hash)).toHaveLength(64);
});

async function spendsTwice(threshold: number, members: number): Promise<boolean> {
  const house = houseOf(threshold, members);
  const liars = Array.from({ length: threshold - 1 }, (_, index) => startOf(house, index + 1));
  const honest = Array.from({ length: members - threshold }, (_, index) =>
    startOf(house, threshold + index),
  );
  const victim = startOf(house, members);
  await stand(victim, [...liars, ...honest]);
  const backup = [...victim.entries];
  const receipt = checked(await receiptFrom(victim, A), spendSubject(A), victim);
  for (const one of honest) await one.standing.overhear(placesIn([receipt]));
  const restored = startOf(house, members, backup);
  // The corrupted ones sign what they like: that they have heard nothing.
  const forgetful = liars.map(({ me }) => startOf(house, me));
  await stand(restored, [...forgetful, ...honest]).catch(() => undefined);
  return restored.starts.isStanding;
}

test('where every node signs and all others are corrupted, a node that is put back is told nothing: stated, not claimed', async () => {
  expect(await spendsTwice(2, 2)).toBe(true);
  expect(await spendsTwice(3, 3)).toBe(true);
  expect(await spendsTwice(2, 3)).toBe(false);
  expect(await spendsTwice(3, 4)).toBe(false);
});
