import { expect, test } from 'vitest';
import { multiplyBase, encodePoint } from '#signing/curve.ts';
import { SECP256K1 } from '#signing/prime-group.ts';
import { seededRandom } from '#signing/simulator.ts';
import { dealingText, openDealing, parseDealing, sealDealing } from './dealing-text.ts';
import type { ExportedShare } from './export.ts';
import { exportedText, parseExportedText } from './exported-text.ts';
import { splitKey } from './import.ts';
import { recipientOf } from './sealed-box.ts';

const random = seededRandom('texts.test');
const secrets = new Map([1, 2, 3].map((party) => [party, random(32)]));
const split = splitKey({
  group: SECP256K1,
  secret: 77n,
  parties: [1, 2, 3],
  threshold: 2,
  chainCode: random(32),
  random,
});
const recipients = new Map([...secrets].map(([party, secret]) => [party, recipientOf(secret)]));
const dealing = sealDealing(SECP256K1, split, recipients, random);
const exported: ExportedShare = {
  party: 2,
  key: {
    parties: [1, 2],
    threshold: 2,
    publicKey: encodePoint(multiplyBase(5n)),
    verifyingShares: new Map([1, 2].map((party) => [party, encodePoint(multiplyBase(9n))])),
    chainCode: random(32),
  },
  box: random(80),
};

test('a dealing and an exported share survive their texts', () => {
  expect(parseDealing(dealingText(dealing))).toEqual(dealing);
  const text = exportedText('ecdsa-secp256k1', exported);
  expect(parseExportedText(text)).toEqual({ scheme: 'ecdsa-secp256k1', share: exported });
});

test('a box of a dealing opens for its party and in its dealing only', () => {
  for (const [party, secret] of secrets) {
    const share = SECP256K1.encodeScalar(split.shares.get(party) as bigint);
    expect(openDealing(dealing, party, secret)).toEqual(share);
    expect(openDealing(dealing, (party % 3) + 1, secret)).toBeUndefined();
    const chainCode = random(32);
    const other = { ...dealing, announcement: { ...dealing.announcement, chainCode } };
    expect(openDealing(other, party, secret)).toBeUndefined();
  }
});

const [dealt, share] = [dealingText(dealing), exportedText('ecdsa-secp256k1', exported)];

test.each([
  ['', /not JSON/],
  ['null', /a field|not JSON/],
  ['[]', /a field/],
  ['{}', /a field/],
  [dealt.replace('{', '{ '), /spelling/],
  [dealt.replace('import/v1', 'import/v2'), /spelling/],
  [dealt.replace('"threshold":2', '"threshold":"2"'), /whole number/],
  [dealt.replace('"threshold":2', '"threshold":2,"more":1'), /spelling/],
])('%j is no dealing', (text, reason) => {
  expect(() => parseDealing(text)).toThrow(reason);
});

test.each([
  ['', /not JSON/],
  ['null', /text/],
  ['{}', /text/],
  [share.replace('{', '{ '), /spelling/],
  [share.replace('"party":2', '"party":"2"'), /whole number/],
  [share.replace('share/v1', 'share/v2'), /spelling/],
])('%j is no exported share', (text, reason) => {
  expect(() => parseExportedText(text)).toThrow(reason);
});
