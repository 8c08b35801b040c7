import { generateKeyPairSync, sign } from 'node:crypto';
import { expect, test } from 'vitest';
import { parseBase64url, utf8 } from '#core/bytes.ts';
import type { Notaries, Receipt, Subject } from './receipt-text.ts';
import {
  checkReceipt,
  makeReceipt,
  receiptsHash,
  requireReceipts,
  soundReceipts,
} from './receipt.ts';

const nodes = [1, 2, 3].map((party) => {
  const { privateKey, publicKey } = generateKeyPairSync('ed25519');
  const { x } = publicKey.export({ format: 'jwk' }) as { readonly x: string };
  const signAs = (message: Uint8Array) => new Uint8Array(sign(null, message, privateKey));
  return { party, key: parseBase64url(x), sign: signAs };
});
const committee = 'c0'.repeat(32);
const notaries: Notaries = {
  threshold: 2,
  members: 3,
  committee,
  keys: new Map(nodes.map(({ party, key }) => [party, key])),
};
const subject: Subject = {
  kind: 'spend',
  organization: 'org',
  key: 'key',
  intent: '11'.repeat(32),
  digests: ['22'.repeat(32)],
};
const receiptOf = (index: number, about: Subject = subject, by = index): Receipt => {
  const { party, sign: signAs } = {
    party: nodes[index]?.party ?? 0,
    sign: nodes[by]?.sign ?? (() => new Uint8Array()),
  };
  return makeReceipt({ committee, party, sign: signAs }, about, { head: 7 });
};
const all = [receiptOf(0), receiptOf(1), receiptOf(2)];

test('a quorum of receipts holds, and says what each node added', () => {
  const checked = requireReceipts(all, subject, notaries);
  expect(checked.map(({ party }) => party)).toEqual([1, 2, 3]);
  expect(checked[0]?.own).toEqual({ head: 7 });
});

const two = all.slice(0, 2);
const tooFew = expect.objectContaining({
  code: 'SIGNERS_UNAVAILABLE',
  context: { reason: expect.stringContaining('3 of 3 nodes must') },
});
const other: Subject = { ...subject, intent: '33'.repeat(32) };
const changed = (edit: (text: string) => string): Receipt => ({
  ...receiptOf(2),
  statement: edit(receiptOf(2).statement),
});

test.each<[string, readonly Receipt[]]>([
  ['too few', two],
  ['one node twice', [...two, receiptOf(0)]],
])('%s are no quorum', (_, receipts) => {
  expect(() => requireReceipts(receipts, subject, notaries)).toThrow(tooFew);
});

test.each<[string, Receipt, string]>([
  ['about another intent', receiptOf(2, other), 'about something else'],
  ['about a change', receiptOf(2, changeOf()), 'malformed'],
  ['signed by another node', receiptOf(2, subject, 1), 'not signed by party 3'],
  ['of no member', strangers(), 'no member'],
  ['with another word', changed((text) => text.replace('7', '8')), 'not signed'],
  ['not canonical', changed((text) => text.replace('{', '{ ')), 'malformed'],
  ['of another committee', foreign(), 'something else'],
  ['with half a signature', { ...receiptOf(2), signature: 'zz' }, 'malformed'],
])('one %s does not hold, and takes nothing from the others', (_, bad, reason) => {
  expect(() => checkReceipt(bad, subject, notaries)).toThrow(
    expect.objectContaining({
      code: 'EVIDENCE_REJECTED',
      context: expect.objectContaining({ reason: expect.stringContaining(reason) }),
    }),
  );
  expect(() => requireReceipts([...two, bad], subject, notaries)).toThrow(tooFew);
  expect(soundReceipts([bad, ...two], subject, notaries).map(({ party }) => party)).toEqual([1, 2]);
});

function changeOf(): Subject {
  return { kind: 'change', organization: 'org', authority: { sequence: 1, hash: '44'.repeat(32) } };
}

function strangers(): Receipt {
  const signAs = nodes[0]?.sign as (message: Uint8Array) => Uint8Array;
  return makeReceipt({ committee, party: 4, sign: signAs }, subject);
}

function foreign(): Receipt {
  const signAs = nodes[2]?.sign as (message: Uint8Array) => Uint8Array;
  return makeReceipt({ committee: 'c1'.repeat(32), party: 3, sign: signAs }, subject);
}

test('the hash of a set of receipts does not depend on their order, and does on each of them', () => {
  expect(receiptsHash(all.toReversed())).toBe(receiptsHash(all));
  expect(receiptsHash(two)).not.toBe(receiptsHash(all));
  expect(utf8(receiptsHash(all)).length).toBe(64);
});
