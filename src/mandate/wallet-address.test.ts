/** The address of a wallet counts with the words of all nodes that hold its key, and with nothing less. */
import { ed25519 } from '@noble/curves/ed25519.js';
import { expect, test } from 'vitest';
import type { Bytes } from '#core/bytes.ts';
import { randomOf } from '#testing/authority.ts';
import { idOf } from './fixtures.ts';
import type { NodeKeys, Receipt, WalletSubject } from './receipt-text.ts';
import { makeReceipt } from './receipt.ts';
import { requireAttested } from './wallet-address.ts';

const random = randomOf('wallet address');
const secrets = Array.from({ length: 6 }, () => random(32));

function secretOf(party: number): Uint8Array<ArrayBuffer> {
  return secrets[party - 1] as Uint8Array<ArrayBuffer>;
}

/** 3 of 5: two of them may lie. */
const ALL = [1, 2, 3, 4, 5];
const nodes: NodeKeys = {
  threshold: 3,
  members: 5,
  keys: new Map(ALL.map((party) => [party, ed25519.getPublicKey(secretOf(party))])),
};
const told = {
  organization: idOf('organization'),
  wallet: idOf('wallet'),
  key: idOf('key'),
  path: 'm/44/60/0/0/0',
  network: 'local-evm',
  address: '0x1',
};
const SUBJECT: WalletSubject = {
  kind: 'wallet',
  ...told,
  scheme: 'ecdsa-secp256k1',
  publicKey: '02ab',
  holders: ALL,
};

type Word = Partial<WalletSubject> & { readonly secret?: Uint8Array<ArrayBuffer> };

const word = (party: number, { secret = secretOf(party), ...other }: Word = {}): Receipt => {
  const sign = (message: Bytes) => ed25519.sign(Uint8Array.from(message), secret);
  return makeReceipt({ committee: 'c0'.repeat(32), party, sign }, { ...SUBJECT, ...other });
};
const words = (parties: readonly number[], other: Word = {}) =>
  parties.map((party) => word(party, other));

const refusal = (reason: RegExp) => ({
  code: 'EVIDENCE_REJECTED',
  context: { field: 'attestations', reason: expect.stringMatching(reason) },
});
const caught = (act: () => void): unknown => {
  try {
    act();
    return undefined;
  } catch (error) {
    return error;
  }
};

test('it counts once every holder of the key has signed it, in whatever order', () => {
  requireAttested(told, words(ALL), nodes);
  requireAttested(told, words(ALL).toReversed(), nodes);
  requireAttested(told, words([1, 2, 4], { holders: [1, 2, 4] }), nodes);
});

test.each<[string, readonly Receipt[], RegExp]>([
  ['no word', [], /no node has/],
  ['n-1 words', words([1, 2, 3, 5]), /node 4 has not/],
  ['a node twice', words([1, 2, 3, 5, 5]), /node 4 has not/],
  ['a word by another key', [...words([1, 2, 3, 4]), word(5, { secret: secretOf(6) })], /node 5/],
  ['a node that nobody knows', words([1, 2, 3, 4, 6], { holders: [1, 2, 3, 4, 6] }), /node 6/],
  ['one other address', [...words([1, 2, 3, 4]), word(5, { address: '0x2' })], /node 5 has not/],
  ['one other public key', [word(1, { publicKey: '03' }), ...words([2, 3, 4, 5])], /: node 1 has/],
  ['liars who call themselves all', words([1, 2], { holders: [1, 2] }), /2 nodes have.*3 must/],
  ['a liar named five times', words([1], { holders: [1, 1, 1, 1, 1] }), /1 nodes have/],
  ['no holders', words(ALL, { holders: [] }), /no node has/],
  ['a text that is none', [{ statement: '[', signature: '00' }], /no node has/],
  [
    'one in the place of a word',
    [{ statement: '[', signature: '00' }, ...words(ALL)],
    /node 5 has/,
  ],
])('%s is not enough', (_, attestations, reason) => {
  expect(caught(() => requireAttested(told, attestations, nodes))).toMatchObject(refusal(reason));
});

test.each<[keyof typeof told, string]>([
  ['organization', idOf('organization', 2)],
  ['wallet', idOf('wallet', 2)],
  ['key', idOf('key', 2)],
  ['path', 'm'],
  ['network', 'ethereum'],
  ['address', '0x2'],
])('words about another %s are no words about this wallet', (field, value) => {
  const other = caught(() => requireAttested({ ...told, [field]: value }, words(ALL), nodes));
  expect(other).toMatchObject(refusal(/1, 2, 3, 4, 5 has not/));
});

const node = (party: number) => ({
  committee: 'c0'.repeat(32),
  party,
  sign: (message: Bytes) => ed25519.sign(Uint8Array.from(message), secretOf(party)),
});

test('words for another purpose say nothing of an address', () => {
  const { organization } = told;
  const subject = { kind: 'change', organization, authority: { sequence: 1, hash: '' } } as const;
  const receipts = ALL.map((party) => makeReceipt(node(party), subject));
  expect(caught(() => requireAttested(told, receipts, nodes))).toMatchObject(refusal(/no node/));
});
