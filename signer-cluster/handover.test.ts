/** What a member of the record before may write into a node's journal by what it tells. */
import { expect, test } from 'vitest';
import { hex } from '#core/bytes.ts';
import { instant } from '#core/time.ts';
import { makeReceipt } from '#mandate/receipt.ts';
import { committeeFrom, committeeOf } from './committee.ts';
import { handover } from './handover.ts';
import { newIdentity, signWith } from './identity.ts';
import type { JournalEntry } from './journal.ts';
import { spends } from './spends.ts';

const now = () => instant(1);

test('a teller makes no other entry of a spend that it tells', async () => {
  const identities = [1, 2].map(() => newIdentity());
  const members = identities.map(({ signing, encryption }, index) => ({
    party: index + 1,
    identity: signing.publicKey,
    encryption: encryption.publicKey,
  }));
  const first = committeeOf(2, members);
  const previous = { hash: hex(first.hash), threshold: 2, parties: [1, 2] };
  const committee = committeeFrom({ ...first, generation: 2, previous });
  const entries: JournalEntry[] = [];
  const journal = { append: async (entry: JournalEntry) => void entries.push(entry) };
  const own = spends(journal, [], { threshold: 2, members: 2 });
  const authority = { find: () => undefined, pins: () => new Map() };
  const parts = { me: 1, committee, entries: [], journal, spends: own, authority, now };
  const node = handover(parts);
  const told = { id: 'ab'.repeat(32), organization: 'org', key: 'key', created: 1, expires: 2 };
  const forged = { ...told, kind: 'committee', record: 'of a liar' };
  const pages = identities.map(({ signing }, index) => {
    const sign = (message: Uint8Array) => signWith(signing, message);
    const teller = { committee: hex(committee.hash), party: index + 1, sign };
    const subject = { kind: 'handover', previous: previous.hash, from: 0 } as const;
    const said = index === 0 ? [] : [forged];
    return makeReceipt(teller, subject, { total: said.length, spends: said, heads: [] });
  });
  await node.take(pages);
  expect(entries[0]).toEqual({ kind: 'spend', ...told, digests: [] });
  expect(entries.map(({ kind }) => kind)).toEqual(['spend', 'handed-over']);
});
