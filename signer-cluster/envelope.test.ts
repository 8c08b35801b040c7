import { expect, test } from 'vitest';
import { type Bytes, utf8 } from '#core/bytes.ts';
import {
  type Header,
  channelOf,
  decryptBody,
  encryptBody,
  parseEnvelope,
  requireRoute,
  requireSigned,
  signEnvelope,
} from './envelope.ts';
import { newIdentity, newKeyPair, publicKeyOf } from './identity.ts';

const [alice, bob, eve] = [newIdentity(), newIdentity(), newIdentity()];
const [aliceOnce, bobOnce] = [newKeyPair('X25519'), newKeyPair('X25519')];
const binding = new Uint8Array(32).fill(1);
const sid = new Uint8Array(32).fill(2);
const header: Header = { kind: 'round', from: 1, to: 2, round: 1, sid };
const plain = utf8('a share for two');

const atAlice = channelOf(sid, {
  me: 1,
  peer: 2,
  ownEphemeral: aliceOnce,
  peerEphemeral: bobOnce.publicKey,
  ownStatic: alice.encryption,
  peerStatic: bob.encryption.publicKey,
});
const bobEnds = {
  me: 2,
  peer: 1,
  ownEphemeral: bobOnce,
  peerEphemeral: aliceOnce.publicKey,
  ownStatic: bob.encryption,
  peerStatic: alice.encryption.publicKey,
};
const atBob = channelOf(sid, bobEnds);
const alicesKey = publicKeyOf('Ed25519', alice.signing.publicKey);

const sent = (over: Partial<Header> = {}, from = alice): Bytes => {
  const own = { ...header, ...over };
  return signEnvelope(from.signing, binding, own, encryptBody(atAlice, binding, own, plain));
};

test('the peer reads what was sent, and nobody else does', () => {
  const envelope = parseEnvelope(sent());
  requireSigned(alicesKey, binding, envelope);
  expect(decryptBody(atBob, binding, envelope)).toEqual(plain);
  expect(Buffer.from(sent()).includes(Buffer.from(plain))).toBe(false);
  expect(() => decryptBody(atAlice, binding, envelope)).toThrow(/does not open/);
});

test('each direction, session and round has its own key or nonce', () => {
  expect(atAlice.sending).toEqual(atBob.receiving);
  expect(atAlice.sending).not.toEqual(atAlice.receiving);
  expect(channelOf(new Uint8Array(32), bobEnds).receiving).not.toEqual(atBob.receiving);
  const [one, two] = [1, 2].map((round) =>
    encryptBody(atAlice, binding, { ...header, round }, plain),
  );
  expect(one).not.toEqual(two);
});

test.each([
  ['ephemeral keys', { ownEphemeral: newKeyPair('X25519') }],
  ['static keys', { ownStatic: eve.encryption }],
])('a channel needs both: with other %s it is another one', (_, over) => {
  const other = channelOf(sid, { ...bobEnds, ...over });
  expect(() => decryptBody(other, binding, parseEnvelope(sent()))).toThrow(/does not open/);
});

test('any flipped bit is refused by the signature', () => {
  const bytes = sent();
  for (let at = 0; at < bytes.length; at++) {
    const flipped = bytes.map((byte, index) => (index === at ? byte ^ 0x80 : byte));
    const check = () => requireSigned(alicesKey, binding, parseEnvelope(flipped));
    expect(check, `byte ${at}`).toThrow(/did not sign|unknown version/);
  }
});

test.each<[string, Partial<Header>]>([
  ['round', { round: 2 }],
  ['sender', { from: 3 }],
  ['recipient', { to: 3 }],
  ['session', { sid: new Uint8Array(32) }],
  ['kind', { kind: 'hello' }],
])('a body that moves to another %s does not open, even when signed again', (_, over) => {
  const { body } = parseEnvelope(sent());
  const moved = parseEnvelope(signEnvelope(alice.signing, binding, { ...header, ...over }, body));
  requireSigned(alicesKey, binding, moved);
  expect(() => decryptBody(atBob, binding, moved)).toThrow(/does not open/);
});

test.each<[string, () => Bytes, Bytes, RegExp]>([
  ['another signer', () => sent({}, eve), binding, /did not sign/],
  ['another binding', () => sent(), new Uint8Array(32), /did not sign/],
  ['too few bytes', () => sent().slice(0, 103), binding, /cut short/],
])('an envelope with %s is refused', (_, make, bound, reason) => {
  expect(() => requireSigned(alicesKey, bound, parseEnvelope(make()))).toThrow(reason);
});

test('an envelope of another route or session is refused before it is opened', () => {
  const envelope = parseEnvelope(sent());
  requireRoute(envelope, 1, 2, sid);
  expect(() => requireRoute(envelope, 3, 2, sid)).toThrow(/wrong route/);
  expect(() => requireRoute(envelope, 1, 3, sid)).toThrow(/wrong route/);
  expect(() => requireRoute(envelope, 1, 2, new Uint8Array(32))).toThrow(/another session/);
});

test('an ephemeral key of small order is refused', () => {
  for (const peerEphemeral of [new Uint8Array(32), Uint8Array.of(1, ...new Uint8Array(31))]) {
    expect(() => channelOf(sid, { ...bobEnds, peerEphemeral })).toThrow(/not usable/);
  }
});
