import { createPublicKey, generateKeyPairSync, sign, verify } from 'node:crypto';
import { expect, test } from 'vitest';
import { type Bytes, base64url, parseBase64, parseBase64url, utf8 } from '#core/bytes.ts';
import { EMPTY_ROOT } from '#core/merkle.ts';
import {
  auditOrigin,
  type Checkpoint,
  cosign,
  type Cosigner,
  cosignerName,
  cosignersOf,
  parseCheckpoint,
  printCheckpoint,
  requireCosigned,
} from './checkpoint.ts';
import { idOf } from './fixtures.ts';
import { keyIdOf, parseNote, printNote, SIGNATURE_TYPES, type SignedNote } from './signed-note.ts';

/** The checkpoint that c2sp.org/tlog-cosignature shows, with the log's own signature and a cosignature. */
const PUBLISHED = `example.com/behind-the-sofa
20852163
CsUYapGGPo4dkMgIAUqom/Xajj7h2fB2MPA3j2jxq2I=

— example.com/behind-the-sofa Az3grlgtzPICa5OS8npVmf1Myq/5IZniMp+ZJurmRDeOoRDe4URYN7u5/Zhcyv2q1gGzGku9nTo+zyWE+xeMcTOAYQ8=
— witness.example.com/w1 jWbPPwAAAABkGFDLEZMHwSRaJNiIDoe9DYn/zXcrtPHeolMI5OWXEhZCB9dlrDJsX3b2oyin1nPZqhf5nNo0xUe+mbIUBkBIfZ+qnA==
`;

const ORIGIN = auditOrigin(idOf('organization'));
const CHECKPOINT: Checkpoint = { origin: ORIGIN, size: 7n, root: EMPTY_ROOT };
const TEXT = printCheckpoint(CHECKPOINT);

function member(party: number) {
  const { publicKey, privateKey } = generateKeyPairSync('ed25519');
  const { x } = publicKey.export({ format: 'jwk' });
  const cosigner = { name: cosignerName(party), publicKey: parseBase64url(x as string) };
  const signBytes = (message: Bytes) => new Uint8Array(sign(null, message, privateKey));
  const line = (text: string, seconds = 1_800_000_000n) =>
    cosign(text, seconds, cosigner, signBytes);
  return { cosigner, line };
}

const MEMBERS = [member(1), member(2), member(3)];
const COSIGNERS: readonly Cosigner[] = MEMBERS.map(({ cosigner }) => cosigner);
const WITNESSES = { cosigners: COSIGNERS, quorum: 3 };
const signedBy = (members = MEMBERS, text = TEXT): SignedNote => ({
  text,
  signatures: members.map(({ line }) => line(text)),
});

test('the published checkpoint is read, and printed as the same bytes', () => {
  const note = parseNote(PUBLISHED);
  expect(printNote(note)).toBe(PUBLISHED);
  const checkpoint = parseCheckpoint(note.text);
  expect(checkpoint).toMatchObject({ origin: 'example.com/behind-the-sofa', size: 20_852_163n });
  expect(printCheckpoint(checkpoint)).toBe(note.text);
  expect(note.signatures.map(({ name, signature }) => [name, signature.length])).toEqual([
    ['example.com/behind-the-sofa', 64],
    ['witness.example.com/w1', 72],
  ]);
});

test('the id of a key is that of the Go checksum database, as everybody pins it', () => {
  // sum.golang.org+033de0ae+Ac4zctda0e5eza+HJyk9SxEdh+s3Ux18htTTAD8OuAn8
  const key = parseBase64('Ac4zctda0e5eza+HJyk9SxEdh+s3Ux18htTTAD8OuAn8');
  const id = keyIdOf('sum.golang.org', SIGNATURE_TYPES.ed25519, key.slice(1));
  expect(Buffer.from(id).toString('hex')).toBe('033de0ae');
});

test('a cosignature is over the header, the time and the whole text', () => {
  const [{ cosigner, line }] = MEMBERS as [(typeof MEMBERS)[number]];
  const { signature } = line(TEXT, 1_679_315_147n);
  const x = base64url(cosigner.publicKey);
  const key = createPublicKey({ key: { kty: 'OKP', crv: 'Ed25519', x }, format: 'jwk' });
  const message = utf8(`cosignature/v1\ntime 1679315147\n${TEXT}`);
  expect(verify(null, message, key, signature.subarray(8))).toBe(true);
});

test('a checkpoint counts with the cosignatures of a quorum, lines of strangers beside them', () => {
  const stranger = member(9).line(TEXT);
  const whole = signedBy();
  const note = printNote({ ...whole, signatures: [stranger, ...whole.signatures] });
  expect(requireCosigned(note, ORIGIN, WITNESSES)).toEqual(CHECKPOINT);
});

const [first, second, third] = MEMBERS as [
  (typeof MEMBERS)[number],
  (typeof MEMBERS)[number],
  (typeof MEMBERS)[number],
];
const other = printCheckpoint({ ...CHECKPOINT, size: 8n });

test.each<[string, SignedNote, RegExp]>([
  ['one node twice', signedBy([first, second, second]), /2 nodes cosigned it, and 3 must/],
  [
    'a signature over another checkpoint',
    { text: TEXT, signatures: [first.line(other), second.line(TEXT), third.line(TEXT)] },
    /2 nodes cosigned it, and 3 must/,
  ],
  [
    'the checkpoint of another log',
    signedBy(
      MEMBERS,
      printCheckpoint({ ...CHECKPOINT, origin: auditOrigin(idOf('organization', 2)) }),
    ),
    /another log/,
  ],
  [
    'a signature that was cut short',
    { text: TEXT, signatures: [{ ...first.line(TEXT), signature: new Uint8Array(8) }] },
    /0 nodes cosigned it, and 3 must/,
  ],
  [
    'a time beyond the limit',
    { text: TEXT, signatures: [first.line(TEXT, 2n ** 63n)] },
    /0 nodes cosigned it, and 3 must/,
  ],
])('%s is refused', (_, note, reason) => {
  const judge = () => requireCosigned(printNote(note), ORIGIN, WITNESSES);
  expect(judge).toThrow(expect.objectContaining({ code: 'EVIDENCE_REJECTED' }));
  expect(judge).toThrow(reason);
});

test('another key under the name of a node is a stranger', () => {
  const impostor = { ...first, line: member(1).line };
  expect(cosignersOf(signedBy([impostor]), COSIGNERS).size).toBe(0);
});

test.each([
  ['without its last newline', PUBLISHED.slice(0, -1)],
  ['without signatures', PUBLISHED.split('\n\n')[0] as string],
  ['with no line after the empty one', `${PUBLISHED.split('\n\n')[0]}\n\n`],
  ['with a carriage return', PUBLISHED.replace('\n', '\r\n')],
  ['with a hyphen for a dash', PUBLISHED.replaceAll('—', '-')],
  ['with two spaces', PUBLISHED.replace('— ', '—  ')],
  ['with a plus in a name', PUBLISHED.replace('/w1', '+w1')],
  ['with broken base64', PUBLISHED.replace('YQ8=', 'YQ9=')],
  ['with a signature of nothing', `${TEXT}\n— a AAAAAA==\n`],
  ['with a lone surrogate', `\ud800${PUBLISHED}`],
  ['too long', `${'x'.repeat(70_000)}${PUBLISHED}`],
  ['with too many signatures', PUBLISHED + '— a AAAAAAA=\n'.repeat(64)],
])('a note %s is refused', (_, note) => {
  expect(() => parseNote(note)).toThrow(expect.objectContaining({ code: 'INVALID_INPUT' }));
});

test.each([
  ['without an origin', `\n7\n${'A'.repeat(43)}=\n`],
  ['with a space in its origin', `a b\n7\n${'A'.repeat(43)}=\n`],
  ['with a plus in its origin', `a+b\n7\n${'A'.repeat(43)}=\n`],
  ['with a leading zero', `a\n07\n${'A'.repeat(43)}=\n`],
  ['with a sign', `a\n-7\n${'A'.repeat(43)}=\n`],
  ['with a size beyond any tree', `a\n${'9'.repeat(20)}\n${'A'.repeat(43)}=\n`],
  ['with a short root', 'a\n7\nAAAA\n'],
  ['with an extension line', `${TEXT}more\n`],
  ['with two lines', `a\n7\n`],
  ['without its last newline', TEXT.slice(0, -1)],
])('a checkpoint %s is refused', (_, text) => {
  expect(() => parseCheckpoint(text)).toThrow(expect.objectContaining({ code: 'INVALID_INPUT' }));
});

test('no name is printed that could not be read', () => {
  expect(() => printCheckpoint({ ...CHECKPOINT, origin: 'evil\n999' })).toThrow(/origin/);
  const line = { ...first.line(TEXT), name: 'a b' };
  expect(() => printNote({ text: TEXT, signatures: [line] })).toThrow(/name/);
});
