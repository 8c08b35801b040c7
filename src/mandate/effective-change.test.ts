/** A change is in effect where a quorum of known nodes has signed a log that it is in, and nowhere else. */
import { ed25519 } from '@noble/curves/ed25519.js';
import { beforeAll, expect, test } from 'vitest';
import { type Member, randomOf, TestAuthority } from '#testing/authority.ts';
import { entryHash } from './authority/chain.ts';
import { contentText } from './authority/entry.ts';
import { headAfter, type SignedChange } from './authority/signed-change.ts';
import { type ChangeProof, requireEffective, type ToldChange } from './effective-change.ts';
import type { Head, NodeKeys, Receipt } from './receipt-text.ts';
import { makeReceipt } from './receipt.ts';

const COMMITTEE = 'c0'.repeat(32);
const random = randomOf('effective change');
const secrets = Array.from({ length: 4 }, () => random(32));
const nodes: NodeKeys = {
  threshold: 2,
  members: 3,
  keys: new Map([1, 2, 3].map((party) => [party, ed25519.getPublicKey(secretOf(party))])),
};

function secretOf(party: number): Uint8Array<ArrayBuffer> {
  return secrets[party - 1] as Uint8Array<ArrayBuffer>;
}

let acme: TestAuthority;
let told: ToldChange;
let proof: ChangeProof;
let heads: readonly Head[];

const receiptOf = (party: number, authority: Head, secret = secretOf(party)): Receipt =>
  makeReceipt(
    { committee: COMMITTEE, party, sign: (message) => ed25519.sign(message, secret) },
    { kind: 'change', organization: acme.state.organization, authority },
  );

/** Two changes follow the one that is asked about; the nodes signed the last. */
beforeAll(async () => {
  acme = await TestAuthority.found('effective change');
  const before = acme.state.head;
  const bob: Member = await acme.join('Bob', 'treasury-manager');
  await acme.deactivate(bob.id);
  const contents = acme.entries.slice(1).map(({ content }) => content as SignedChange);
  heads = contents.reduce<Head[]>(
    (known, content) => [...known, headAfter(known.at(-1) as Head, content)],
    [before],
  );
  const [own, ...following] = contents as [SignedChange, ...SignedChange[]];
  const { statement } = own.change;
  const { operation, subject } = JSON.parse(statement) as ToldChange;
  told = { organization: acme.state.organization, operation, subject, statement };
  proof = {
    sequence: 1,
    previous: before.hash,
    entry: contentText(own),
    links: following.map((content) => entryHash(contentText(content))),
    receipts: [1, 2, 3].map((party) => receiptOf(party, acme.state.head)),
  };
});

const refusalOf = (other: Partial<ChangeProof>, about: Partial<ToldChange> = {}) => {
  try {
    requireEffective({ ...told, ...about }, { ...proof, ...other }, nodes);
  } catch (error) {
    return error;
  }
  return undefined;
};

test('the receipts of a quorum for a later head show a change that leads to it', () => {
  expect(refusalOf({})).toBeUndefined();
  const [, own] = heads as [Head, Head];
  const receipts = [1, 2, 3].map((party) => receiptOf(party, own));
  expect(refusalOf({ links: [], receipts })).toBeUndefined();
});

test.each<[string, () => Partial<ChangeProof>, RegExp]>([
  ['too few receipts', () => ({ receipts: proof.receipts.slice(1) }), /2 of 3 nodes.*3 must/],
  ['none', () => ({ receipts: [] }), /0 of 3 nodes/],
  ['one node three times', () => ({ receipts: [0, 0, 0].map((n) => at(n)) }), /1 of 3 nodes/],
  ['a signature by another key', () => ({ receipts: [at(0), at(1), forged(3)] }), /2 of 3 nodes/],
  ['a node that nobody knows', () => ({ receipts: [at(0), at(1), forged(4)] }), /2 of 3 nodes/],
  ['a receipt that is no text', () => ({ receipts: [at(0), at(1), noText] }), /2 of 3 nodes/],
  [
    'half a signature',
    () => ({ receipts: [at(0), at(1), { ...at(2), signature: 'ab' }] }),
    /2 of 3/,
  ],
  ['a log without the change', () => ({ sequence: 2 }), /0 of 3 nodes/],
  ['links left out', () => ({ links: proof.links.slice(1) }), /0 of 3 nodes/],
  ['another beginning', () => ({ previous: '00'.repeat(32) }), /0 of 3 nodes/],
  ['an entry with a word more', () => ({ entry: `${proof.entry} ` }), /canonical form/],
  ['the entry of another change', () => ({ entry: textOf(3) }), /another change/],
])('%s shows nothing', (_, other, reason) => {
  expect(refusalOf(other())).toMatchObject({
    code: 'EVIDENCE_REJECTED',
    context: { field: 'receipts', reason: expect.stringMatching(reason) },
  });
});

test.each<[string, Partial<ToldChange>]>([
  ['organization', { organization: 'org_01a1fa6a-41d7-736d-ba0f-1c5f3d214722' }],
  ['operation', { operation: 'deactivateUser' }],
  ['subject', { subject: 'usr_01a1fa6a-41d7-736d-ba0f-1c5f3d214722' }],
])('a change that is told with another %s than its statement has is refused', (_, about) => {
  expect(refusalOf({}, about)).toMatchObject({
    context: { reason: 'the statement is of another change' },
  });
});

const noText: Receipt = { statement: '[', signature: '00'.repeat(64) };
const at = (index: number): Receipt => proof.receipts[index] as Receipt;
const forged = (party: number): Receipt => receiptOf(party, acme.state.head, secretOf(4));
const textOf = (sequence: number): string =>
  contentText((acme.entries[sequence] as { content: SignedChange }).content);
