/** What others say of a node that has started, and how far one that lies can hold it up. */
import { expect, test } from 'vitest';
import { idOf } from '#mandate/fixtures.ts';
import type { OwnWord, Receipt } from '#mandate/receipt-text.ts';
import {
  type Logs,
  type Node,
  NOW,
  ORG,
  ask,
  fiveNodes,
  houseOf,
  stand,
  startOf,
} from '#testing/starting-nodes.ts';
import { tellLog } from './operator-authority.ts';
import type { Party } from './party.ts';
import type { OpenRequest } from './proto/open-request.ts';
import { receiptOf } from './receipts.ts';

/** A word about the start of a node, as its party says it, whatever is true. */
function claimFrom(liar: Node, of: Node, heads: readonly object[], newest = 0): Receipt {
  const subject = { kind: 'heard', of: of.me, start: of.starts.own } as const;
  return receiptOf(liar, subject, { newest, heads: heads as never, cosigned: [] });
}

const H = (index: number): string => index.toString(16).padStart(64, '0');
/** Heads 0, 1, 2 of one log. */
const LOG = [H(0), H(1), H(2)];
const headAt = (sequence: number, hash = H(sequence)) => ({ organization: ORG, sequence, hash });

test('who is left out by the operator counts for nothing, whatever it has said, also once the node stands', async () => {
  const { house, one, two, three, four, five } = await fiveNodes();
  const again = startOf(house, 5, five.entries, 'safety', new Map([[ORG, LOG]]));
  const told = [claimFrom(one, again, [headAt(9e15)])];
  await ask(again, { purpose: 'stand', told });
  await stand(again, [two, three, four]);
  again.starts.requireStanding();
  expect(() => again.starts.requireLog(ORG)).toThrow(/party 1 had.*AUTHORITY_BEHIND, NOT_STANDING/);
  expect(again.starts.owed).toEqual([ORG]);
  await again.words.approve({ operation: 'stand', party: 1, start: again.starts.own }, 5);
  await again.starts.excuse();
  again.starts.requireStanding();
  again.starts.requireLog(ORG);
  await ask(again, { purpose: 'stand', told });
  again.starts.requireLog(ORG);
  expect(again.starts.owed).toEqual([]);
});

test('the log of a node that has started must hold what the others had, change for change', async () => {
  const { house, one, two, three, four, five } = await fiveNodes();
  const standsWith = async (log: readonly string[], head: object) => {
    const again = startOf(house, 5, [...five.entries], 'safety', new Map([[ORG, [...log]]]));
    await ask(again, { purpose: 'stand', told: [claimFrom(four, again, [head])] });
    await stand(again, [one, two, three]);
    return again.starts;
  };
  (await standsWith(LOG, headAt(2))).requireLog(ORG);
  (await standsWith(LOG, headAt(1))).requireLog(ORG);
  const behind = await standsWith(LOG.slice(0, 2), headAt(2));
  expect(() => behind.requireLog(ORG)).toThrow(/ends at 1, .* party 4 had .* up to 2 .AUTHORITY_B/);
  const other = await standsWith([H(0), H(7), H(8)], headAt(2));
  expect(() => other.requireLog(ORG)).toThrow(/AUTHORITY_DIFFERS, NOT_STANDING/);
  const longer = await standsWith([H(0), H(7), H(8)], headAt(1));
  expect(() => longer.requireLog(ORG)).toThrow(/AUTHORITY_DIFFERS/);
  // A log of which no genesis is pinned here is nobody's concern.
  (await standsWith([], { ...headAt(9), organization: 'another' })).requireLog(ORG);
  expect(behind.owed).toEqual([ORG]);
});

test('where a change that counts is known to two honest others, the word of one liar holds nobody up', async () => {
  const house = houseOf(2, 5);
  const nodes = [1, 2, 3, 4].map((party) => startOf(house, party));
  const [one, two, three, four] = nodes as [Node, Node, Node, Node];
  const logs: Logs = new Map([[ORG, LOG]]);
  const five = startOf(house, 5, [], 'safety', logs);
  const lie = claimFrom(one, five, [headAt(9e15)], 9e15);
  await ask(five, { purpose: 'stand', told: [lie] });
  await stand(five, [two, three, four]);
  five.starts.requireLog(ORG);
  five.starts.requireNoShareBefore(1);
  const second = claimFrom(two, five, [headAt(3)], 7);
  await ask(five, { purpose: 'stand', told: [second] });
  expect(() => five.starts.requireLog(ORG)).toThrow(/AUTHORITY_BEHIND/);
  expect(() => five.starts.requireNoShareBefore(7)).toThrow();
  five.starts.requireNoShareBefore(8);
  // Whom the operator leaves out may have been one of the two that know: then one is enough.
  await five.words.approve({ operation: 'stand', party: 4, start: five.starts.own }, 5);
  await five.starts.excuse();
  expect(() => five.starts.requireNoShareBefore(8)).toThrow();
});

test('a payment that nobody can have made yet holds up nothing but what may be made until then', async () => {
  const house = houseOf(2, 3);
  const [one, two] = [1, 2].map((party) => startOf(house, party)) as [Node, Node];
  const three = startOf(house, 3);
  await ask(three, { purpose: 'stand', told: [claimFrom(one, three, [], 9e15)] });
  await stand(three, [two]);
  const latest = NOW + 60_000;
  expect(() => three.starts.requireNoShareBefore(latest)).toThrow(/may have left it before/);
  three.starts.requireNoShareBefore(latest + 1);
});

test('a part of a word that no node says leaves the word unsaid', async () => {
  const { house, one, five } = await fiveNodes();
  const again = startOf(house, 5, five.entries);
  const subject = { kind: 'heard', of: 5, start: again.starts.own } as const;
  const whole = { newest: 0, heads: [], cosigned: [] };
  for (const part of [
    { newest: '1' },
    { heads: 'none' },
    { heads: [{ organization: ORG, sequence: -1, hash: H(1) }] },
    { heads: [{ organization: ORG, sequence: 1, hash: 'x' }] },
    { cosigned: [null] },
    { cosigned: [{ origin: 'log', size: -1, root: H(1) }] },
    { journal: { count: 1 } },
  ]) {
    const told = [receiptOf(one, subject, { ...whole, ...part } as OwnWord)];
    await ask(again, { purpose: 'stand', told });
    expect(again.starts.missing).toContain(1);
  }
  await ask(again, { purpose: 'stand', told: [receiptOf(one, subject, whole)] });
  expect(again.starts.missing).not.toContain(1);
});

test('by a log that may be an older one no wallet is registered and no change is signed', async () => {
  const organization = idOf('organization');
  const house = houseOf(2, 3);
  const [one, two] = [1, 2].map((party) => startOf(house, party)) as [Node, Node];
  const three = startOf(house, 3, [], 'safety', new Map([[organization, LOG.slice(0, 2)]]));
  const told = [claimFrom(one, three, [{ ...headAt(2), organization }])];
  await ask(three, { purpose: 'stand', told });
  await stand(three, [two]);
  three.starts.requireStanding();
  const named = { keyId: idOf('key'), wallet: idOf('wallet'), organization };
  const wallet = { purpose: 'registerWallet', ...named, path: 'm' } as const;
  await expect(ask(three, wallet)).rejects.toMatchObject({
    code: 'SIGNERS_UNAVAILABLE',
    context: { reason: expect.stringContaining('AUTHORITY_BEHIND, NOT_STANDING') },
  });
  const head = { sequence: 1, hash: H(1) };
  const asked = { ...three, authority: { take: async () => head } } as Node;
  const open = { purpose: 'authority', organization, head, from: 0, entries: [], receipts: [] };
  const waits = expect.stringContaining('AUTHORITY_BEHIND, NOT_STANDING');
  expect(await ask(asked, open as OpenRequest)).toEqual({ head, waits });
  expect(await ask(three, { purpose: 'starts' })).toMatchObject({ isStanding: false });
});

test('an operator gets no receipt of a log, either, before the node stands', async () => {
  const house = houseOf(2, 3);
  const nodes = [1, 2].map((party) => startOf(house, party)) as [Node, Node];
  const three = startOf(house, 3);
  const organization = idOf('organization');
  const logs = { find: () => ({ head: { sequence: 2, hash: H(2) } }), texts: () => [] };
  const party = { ...three, authority: logs } as unknown as Party;
  expect(() => tellLog(party, { organization })).toThrow(/NOT_STANDING/);
  await stand(three, nodes);
  expect(tellLog(party, { organization })).toMatchObject({ head: { sequence: 2 } });
});
