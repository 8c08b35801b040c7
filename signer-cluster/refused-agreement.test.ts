/** What a node keeps of a payment that it does not sign yet. */
import { expect, test } from 'vitest';
import { mandateFields } from '#cluster-client/request.ts';
import { hex, utf8 } from '#core/bytes.ts';
import { instant } from '#core/time.ts';
import { PAYMENT, idOf } from '#mandate/fixtures.ts';
import { END } from '#mandate/known-spends.ts';
import { transferIntent } from '#mandate/intent.ts';
import type { OwnWord } from '#mandate/receipt-text.ts';
import { makeReceipt } from '#mandate/receipt.ts';
import { paymentIntent, requestFor } from '#testing/signing-request.ts';
import { requireAgreed } from './agreed-spend.ts';
import { committeeOf } from './committee.ts';
import type { Evidence } from './evidence.ts';
import { newIdentity, signWith } from './identity.ts';
import type { JournalEntry } from './journal.ts';
import { requireKeyOrdered, requireOrdered, requireWalletOrdered } from './key-order.ts';
import { decideAlone } from './own-decision.ts';
import type { Conversation, Party } from './party.ts';
import { servePresign } from './presign.ts';
import type { PresignRequest } from './proto/open-request.ts';
import { witnessesOf } from './receipts.ts';
import { spendOf, subjectOf } from './reserve-spend.ts';
import { spends } from './spends.ts';
import type { KeyRecord } from './store.ts';

const NOW = instant(Date.now());
const { organization } = PAYMENT;
const key = { keyId: idOf('key'), organization, scheme: 'ecdsa-secp256k1' } as KeyRecord;
const head = { sequence: 3, hash: 'aa'.repeat(32) };

/** Party 1 of four, two of which sign: a quorum is three, so that payments are confirmed. */
function nodeOfFour(found: unknown, pins = new Map([[organization, 'genesis']])) {
  const identities = [1, 2, 3, 4].map(() => newIdentity());
  const members = identities.map(({ signing, encryption }, index) => ({
    party: index + 1,
    identity: signing.publicKey,
    encryption: encryption.publicKey,
  }));
  const committee = committeeOf(2, members);
  const journal: JournalEntry[] = [];
  const append = async (entry: JournalEntry): Promise<void> => void journal.push(entry);
  const party = {
    committee,
    mode: 'safety',
    now: () => NOW,
    authority: {
      find: () => found,
      pins: () => pins,
      isFrozen: () => false,
    },
    handover: { requireComplete: () => undefined },
    setBacks: { given: () => [], told: () => new Map() },
    standing: { doubled: new Set() },
    starts: { requireLog: () => undefined, isCurrent: () => true, current: (all: unknown) => all },
    spends: spends({ append }, [], { threshold: 2, members: 4 }),
  } as unknown as Party;
  const receiptsOf = (evidence: Evidence, own: OwnWord) =>
    identities.slice(1).map(({ signing }, index) => {
      const sign = (message: Uint8Array) => signWith(signing, message);
      const node = { committee: hex(committee.hash), party: index + 2, sign };
      return makeReceipt(node, subjectOf(spendOf(key, evidence)), { at: NOW, ...own });
    });
  return { party, journal, receiptsOf };
}

const evidence = {
  intent: transferIntent(paymentIntent()),
  intentHash: 'cc'.repeat(32),
  isSetUp: false,
  payloads: [{ digest: utf8('digest') }],
} as unknown as Evidence;

test('what a node says that it knows is in its journal, also where it does not sign', async () => {
  const { party, journal, receiptsOf } = nodeOfFour({ head });
  const receipts = receiptsOf(evidence, { authority: head });
  await expect(
    requireAgreed(party, key, evidence, { receipts, confirmations: [] }),
  ).rejects.toThrow(/0 confirmations, and 3 of 4/);
  expect(party.spends.of(organization).tell([END]).ids).toEqual([[evidence.intentHash]]);
  expect(journal.map(({ kind }) => kind)).toEqual(['spend']);
});

test('a receipt of a node that decided without the log counts for nothing', async () => {
  const { party, journal, receiptsOf } = nodeOfFour({ head });
  const receipts = receiptsOf(evidence, {});
  await expect(
    requireAgreed(party, key, evidence, { receipts, confirmations: [] }),
  ).rejects.toThrow(/AUTHORITY_BEHIND/);
  expect(journal).toEqual([]);
});

test('whoever withholds the log of a pinned organisation has nothing signed or made', async () => {
  const { party } = nodeOfFour(undefined);
  const mandate = mandateFields(requestFor(paymentIntent()));
  const missing = /not been brought/;
  expect(() => decideAlone(party, mandate, key, new Map())).toThrow(missing);
  await expect(
    requireAgreed(party, key, evidence, { receipts: [], confirmations: [] }),
  ).rejects.toThrow(missing);
  expect(() => requireKeyOrdered(party, key)).toThrow(missing);
});

test('a checkpoint takes the cosignatures of a quorum, for availability of those who sign', () => {
  const { party } = nodeOfFour({ head });
  expect(witnessesOf({ ...party, mode: 'safety' }).quorum).toBe(3);
  expect(witnessesOf({ ...party, mode: 'availability' }).quorum).toBe(2);
});

test('for an organisation whose genesis nobody has pinned, nothing is signed, made or registered', async () => {
  const { party } = nodeOfFour(undefined, new Map());
  const mandate = mandateFields(requestFor(paymentIntent()));
  const untrusted = expect.objectContaining({
    code: 'EVIDENCE_REJECTED',
    context: expect.objectContaining({
      field: 'organization',
      reason: expect.stringContaining('organisation not trusted'),
    }),
  });
  expect(() => decideAlone(party, mandate, key, new Map())).toThrow(untrusted);
  await expect(
    requireAgreed(party, key, evidence, { receipts: [], confirmations: [] }),
  ).rejects.toEqual(untrusted);
  expect(() => requireKeyOrdered(party, key)).toThrow(untrusted);
  const wallet = { organization, wallet: PAYMENT.wallet, key: key.keyId, path: 'm' };
  expect(() => requireWalletOrdered(party, wallet)).toThrow(untrusted);
  const { keyId } = key;
  for (const operation of ['importKey', 'exportKey', 'refreshKey', 'reshareKey'] as const) {
    expect(() => requireOrdered(party, key, operation, { keyId })).toThrow(untrusted);
  }
  const open = { purpose: 'presign', keyId } as unknown as PresignRequest;
  const store = { keys: { get: () => ({ committed: true, record: key }) } };
  const exported = { requireHere: () => undefined };
  const conversation = { party: { ...party, store, exported } } as unknown as Conversation;
  await expect(servePresign(conversation, open)).rejects.toEqual(untrusted);
});
