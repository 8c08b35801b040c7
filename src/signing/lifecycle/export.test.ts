import { expect, test } from 'vitest';
import { encodePoint, multiplyBase } from '#signing/curve.ts';
import type { KeyShare } from '#signing/key-share.ts';
import type { PartyId } from '#signing/kernel.ts';
import { NONCE_ROUND } from '#signing/session.ts';
import { simulatedKeys } from '#signing/simulated-committee.ts';
import {
  type Faults,
  type Run,
  endOf,
  flipBit,
  outputsOf,
  seededRandom,
  simulate,
} from '#signing/simulator.ts';
import { changesOf, editing, placesOf } from '#signing/tampering.ts';
import { EXPORT_ROUNDS, type ExportedShare, combineExport, exportShare } from './export.ts';
import { SECP256K1 } from '#signing/prime-group.ts';
import { recipientOf } from './sealed-box.ts';
import { LIFE_CONTEXT, interpolate } from './simulated-life.ts';

const SEED = 'export.test';
const SHARES = simulatedKeys(SEED, 3, 2);
const KEY = SHARES.get(1) as KeyShare;
const SECRET = seededRandom(SEED)(32);
const RECIPIENT = recipientOf(SECRET);

const run = (
  exporters: readonly PartyId[],
  faults: Faults = {},
  recipientFor: (me: PartyId) => Uint8Array = () => RECIPIENT,
): Run<ExportedShare> =>
  simulate({
    seed: SEED,
    parties: exporters,
    start: (me, random) =>
      exportShare({
        group: SECP256K1,
        share: SHARES.get(me) as KeyShare,
        exporters,
        recipient: recipientFor(me),
        context: LIFE_CONTEXT,
        random,
      }),
    faults,
  });

const EXPORTED = [...outputsOf(run([1, 2, 3])).values()] as [
  ExportedShare,
  ExportedShare,
  ExportedShare,
];
const [FIRST, SECOND, THIRD] = EXPORTED;

test('t exported shares are the key, with its chain code', () => {
  const [one, two, three] = [...SHARES.values()] as [KeyShare, KeyShare, KeyShare];
  const expected = interpolate(SECP256K1, [one, two]);
  for (const some of [[FIRST, SECOND], [FIRST, THIRD], [THIRD, SECOND], EXPORTED]) {
    const { secret, key } = combineExport(SECP256K1, some, SECRET);
    expect(secret).toBe(expected);
    expect(encodePoint(multiplyBase(secret))).toEqual(KEY.publicKey);
    expect(key.chainCode).toEqual(three.chainCode);
  }
});

test('no exporter and no message shows a share to anybody but the recipient', () => {
  for (const { box, party } of EXPORTED) {
    const secret = SECP256K1.encodeScalar((SHARES.get(party) as KeyShare).secret);
    expect(Buffer.from(box).includes(Buffer.from(secret))).toBe(false);
  }
  expect(run([1, 2]).sent.every(({ received }) => received.direct === undefined)).toBe(true);
});

const altered = (share: ExportedShare, change: Partial<ExportedShare>): ExportedShare => ({
  ...share,
  ...change,
});

test.each<[string, readonly ExportedShare[], string]>([
  ['nothing', [], 'TOO_FEW_SHARES'],
  ['t - 1 shares', [FIRST], 'TOO_FEW_SHARES'],
  ['one share twice', [FIRST, FIRST], 'PARTY_SET'],
  ['a share of an outsider', [FIRST, altered(SECOND, { party: 4 })], 'PARTY_SET'],
  [
    'a damaged box',
    [FIRST, altered(SECOND, { box: flipBit(SECOND.box, 300) })],
    'EXPORTED_SHARE (party 2)',
  ],
  ["another party's box", [FIRST, altered(SECOND, { box: THIRD.box })], 'EXPORTED_SHARE (party 2)'],
  [
    'another threshold',
    [FIRST, altered(SECOND, { key: { ...SECOND.key, threshold: 3 } })],
    'KEY_MISMATCH',
  ],
  [
    'another chain code',
    [FIRST, altered(SECOND, { key: { ...SECOND.key, chainCode: new Uint8Array(32) } })],
    'KEY_MISMATCH',
  ],
  [
    'another public key, of which both speak',
    [FIRST, SECOND].map((one) =>
      altered(one, { key: { ...one.key, publicKey: encodePoint(multiplyBase(3n)) } }),
    ),
    'KEY_MISMATCH',
  ],
])('%s does not combine', (_, exported, check) => {
  expect(() => combineExport(SECP256K1, exported, SECRET)).toThrow(check);
});

test('a holder that seals something else than its share is named', () => {
  const others = simulatedKeys(`${SEED}/others`, 3, 2);
  const wrong = simulate({
    seed: SEED,
    parties: [1, 2],
    start(me, random) {
      const share = SHARES.get(me) as KeyShare;
      const { secret } = (me === 2 ? others : SHARES).get(me) as KeyShare;
      return exportShare({
        group: SECP256K1,
        share: {
          ...share,
          secret,
        },
        exporters: [1, 2],
        recipient: RECIPIENT,
        context: LIFE_CONTEXT,
        random,
      });
    },
  });
  const exported = [...outputsOf(wrong).values()];
  expect(() => combineExport(SECP256K1, exported, SECRET)).toThrow('EXPORTED_SHARE (party 2)');
});

test('another recipient opens nothing', () => {
  const other = seededRandom(`${SEED}/other`)(32);
  expect(() => combineExport(SECP256K1, EXPORTED, other)).toThrow('EXPORTED_SHARE (party 1, 2, 3)');
});

test('exporters that were told different recipients part, and no share leaves', () => {
  const other = recipientOf(new Uint8Array(32).fill(1));
  const session = run([1, 2], {}, (me) => (me === 2 ? other : RECIPIENT));
  for (const party of [1, 2]) expect(endOf(session, party)).toBe('inconsistent FOREIGN_SESSION');
});

test.each(placesOf([NONCE_ROUND, EXPORT_ROUNDS.agree], 0))(
  'a change of $name exports nothing',
  (place) => {
    for (const { edit } of changesOf(place)) {
      const session = run([1, 2, 3], editing({ ...place, from: 2, edit }));
      const check = place.round === 0 ? 'FOREIGN_SESSION' : 'AGREEMENT_MISMATCH';
      for (const party of [1, 3]) expect(endOf(session, party)).toBe(`inconsistent ${check}`);
    }
  },
);

test.each<[string, readonly PartyId[]]>([
  ['fewer than t', [1]],
  ['an outsider', [1, 4]],
  ['unsorted', [2, 1]],
])('exporters that are %s are refused before anything is sent', (_, exporters) => {
  const protocol = exportShare({
    group: SECP256K1,
    share: KEY,
    exporters,
    recipient: RECIPIENT,
    context: LIFE_CONTEXT,
    random: seededRandom(SEED),
  });
  expect(() => protocol.next()).toThrow('PARTY_SET');
});
