import { generateKeyPairSync } from 'node:crypto';
import { expect, test } from 'vitest';
import { HEADER, SUPPORT, compile, policyFile } from '#testing/policy-fixtures.ts';
import {
  type Release,
  readRelease,
  releaseFaults,
  releaseText,
  signRelease,
  statementOf,
} from './release.ts';

const TEXT = `${HEADER}rule a { when value > 1 USD then block }`;
const FILES = [policyFile(TEXT), ...SUPPORT];

const { policy } = compile(TEXT);
if (policy === undefined) throw new Error('the example does not compile');
const STATEMENT = statementOf(policy);

const newKey = (type: 'ed25519' | 'ed448' = 'ed25519') => {
  const pair = type === 'ed25519' ? generateKeyPairSync('ed25519') : generateKeyPairSync('ed448');
  return pair.privateKey.export({ format: 'jwk' }) as { kty: string; crv: string; d: string };
};
const KEY = newKey();
const SIGNED: Release = {
  statement: STATEMENT,
  files: FILES,
  signature: signRelease(STATEMENT, KEY),
};

test('a release is the same bytes whatever the order of its files, and reads back', () => {
  const text = releaseText(SIGNED);
  expect(releaseText({ ...SIGNED, files: FILES.toReversed() })).toBe(text);
  expect(signRelease(STATEMENT, KEY)).toEqual(SIGNED.signature);
  const read = readRelease(text);
  expect(read.statement).toEqual(STATEMENT);
  expect(releaseFaults(read, policy, SIGNED.signature?.publicKey)).toEqual([]);
});

test.each([
  ['no JSON', '{'],
  ['another object', '{"format":"x"}'],
  ['white space', releaseText(SIGNED).replace('{', '{ ')],
  ['one field more', releaseText(SIGNED).replace('{', '{"a":1,')],
])('%s is no release', (_, text) => {
  expect(() => readRelease(text)).toThrow(/not a release/);
});

const other = { title: 'Other', version: 9, effective: policy.effective, hash: policy.hash };

test.each([
  [
    'a changed file',
    { ...SIGNED, files: [...SUPPORT, policyFile(`${TEXT}\n`)] },
    /files are not those of the hash/,
  ],
  [
    'a changed statement',
    { ...SIGNED, statement: { ...STATEMENT, version: 2 } },
    /signature does not belong/,
  ],
  [
    'a statement about other files, signed again',
    { ...SIGNED, statement: statementOf(other), signature: signRelease(statementOf(other), KEY) },
    /not those of the files/,
  ],
  [
    'another key',
    { ...SIGNED, signature: signRelease(STATEMENT, newKey()) },
    /signed with another key/,
  ],
  ['no signature', { statement: STATEMENT, files: FILES }, /not signed/],
  [
    'a signature that cannot be read',
    { ...SIGNED, signature: { publicKey: 'AA', signature: '!' } },
    /signature does not belong/,
  ],
])('%s is a fault', (_, release, message) => {
  const faults = releaseFaults(release, policy, SIGNED.signature?.publicKey);
  expect(faults.join(' ')).toMatch(message);
});

test('files that do not compile are a fault', () => {
  expect(releaseFaults(SIGNED, undefined)).toEqual(['The files do not compile.']);
});

test('only Ed25519 signs, because its signatures can be made again', () => {
  expect(() => signRelease(STATEMENT, newKey('ed448'))).toThrow(/signed with Ed25519, not Ed448/);
});
