/**
 * What one node says to another, through a relay that it does not trust. Every envelope is signed
 * with the sender's Ed25519 identity over the session's binding, the header and the body; bodies of
 * rounds are encrypted to their one recipient. A relay can drop an envelope; it can neither read it,
 * change it, nor use it in another session, round, or for another recipient.
 * Layout and key schedule: docs/protocols/wire.md.
 */
import {
  type KeyObject,
  createCipheriv,
  createDecipheriv,
  createSecretKey,
  hash,
  hkdfSync,
} from 'node:crypto';
import { type Bytes, concat, equalBytes, utf8 } from '#core/bytes.ts';
import type { PartyId } from '#signing/kernel.ts';
import { type KeyPair, agree, isSignedBy, signWith } from './identity.ts';

/** `hello` opens a session and is for everybody; `round` carries one round's body for one peer. */
export type EnvelopeKind = 'hello' | 'round';

export type Header = {
  readonly kind: EnvelopeKind;
  readonly from: PartyId;
  /** 0 stands for everybody. */
  readonly to: PartyId;
  /** Counts from 1 through the whole session; 0 in a hello. It is the AEAD nonce too. */
  readonly round: number;
  /** 32 bytes; zeros in a hello, whose session has no id yet. */
  readonly sid: Bytes;
};

export type Envelope = Header & { readonly body: Bytes; readonly signature: Bytes };

/** The relay or the network handed over what the named sender cannot have written for this place. */
export class EnvelopeRefused extends Error {
  override readonly name = 'EnvelopeRefused';
}

const VERSION = 1;
const KINDS: readonly EnvelopeKind[] = ['hello', 'round'];
const HEADER_BYTES = 40;
const SIGNATURE_BYTES = 64;
const TAG_BYTES = 16;
const SIGNING_TAG = utf8('countersign/envelope/v1');

/** `version u8 | kind u8 | from u8 | to u8 | round u32 | sid 32`, big-endian. */
function encodeHeader({ kind, from, to, round, sid }: Header): Bytes {
  const bytes = new Uint8Array(HEADER_BYTES);
  bytes.set([VERSION, KINDS.indexOf(kind), from, to]);
  new DataView(bytes.buffer).setUint32(4, round);
  bytes.set(sid, 8);
  return bytes;
}

/** @throws EnvelopeRefused when the bytes are not an envelope of this version. */
export function parseEnvelope(bytes: Bytes): Envelope {
  if (bytes.length < HEADER_BYTES + SIGNATURE_BYTES) throw new EnvelopeRefused('cut short');
  const kind = KINDS[bytes[1] as number];
  if (bytes[0] !== VERSION || kind === undefined) throw new EnvelopeRefused('unknown version');
  const at = bytes.length - SIGNATURE_BYTES;
  return {
    kind,
    from: bytes[2] as number,
    to: bytes[3] as number,
    round: new DataView(bytes.buffer, bytes.byteOffset).getUint32(4),
    sid: bytes.slice(8, HEADER_BYTES),
    body: bytes.slice(HEADER_BYTES, at),
    signature: bytes.slice(at),
  };
}

/** What the signature covers. Each part has a fixed length, so no two envelopes share these bytes. */
const signedBytes = (binding: Bytes, header: Header, body: Bytes): Bytes =>
  concat(SIGNING_TAG, binding, encodeHeader(header), hash('sha256', body, 'buffer'));

/** `binding` is the session's 32 bytes of `session-binding.ts`. */
export function signEnvelope(own: KeyPair, binding: Bytes, header: Header, body: Bytes): Bytes {
  const signature = signWith(own, signedBytes(binding, header, body));
  return concat(encodeHeader(header), body, signature);
}

/** @throws EnvelopeRefused when the sender did not sign exactly this. */
export function requireSigned(identity: KeyObject, binding: Bytes, envelope: Envelope): void {
  const message = signedBytes(binding, envelope, envelope.body);
  if (!isSignedBy(identity, message, envelope.signature)) {
    throw new EnvelopeRefused(`party ${envelope.from} did not sign this ${envelope.kind}`);
  }
}

/** The two keys between this node and one peer, for one session: 32 bytes each. */
export type Channel = { readonly sending: Bytes; readonly receiving: Bytes };

export type ChannelEnds = {
  readonly me: PartyId;
  readonly peer: PartyId;
  readonly ownEphemeral: KeyPair;
  readonly peerEphemeral: Bytes;
  readonly ownStatic: KeyPair;
  readonly peerStatic: Bytes;
};

/**
 * Keys from ephemeral-ephemeral and static-static X25519: fresh for each session, so a counter that
 * starts at 1 never meets the same key twice, not even after a restart.
 * @throws EnvelopeRefused when the peer's ephemeral key is of small order.
 */
export function channelOf(sid: Bytes, ends: ChannelEnds): Channel {
  const secret = concat(
    agreeOrRefuse(ends.ownEphemeral, ends.peerEphemeral),
    agreeOrRefuse(ends.ownStatic, ends.peerStatic),
  );
  return channelFrom(secret, sid, ends.me, ends.peer);
}

/** The same from a secret that both ends hold already. No two channels may share it and the id. */
export function channelFrom(secret: Bytes, sid: Bytes, me: PartyId, peer: PartyId): Channel {
  const key = (from: PartyId, to: PartyId): Bytes => {
    const info = concat(utf8('countersign/channel/v1'), Uint8Array.of(from, to));
    return new Uint8Array(hkdfSync('sha256', secret, sid, info, 32));
  };
  return { sending: key(me, peer), receiving: key(peer, me) };
}

/** 32 bytes, equal at both ends; `isFirst` at the end with the lower number. */
export function sharedSecret(sid: Bytes, channel: Channel, isFirst: boolean, label: string): Bytes {
  const { sending, receiving } = channel;
  const keys = isFirst ? concat(sending, receiving) : concat(receiving, sending);
  const info = concat(utf8('countersign/shared/v1'), utf8(label));
  return new Uint8Array(hkdfSync('sha256', keys, sid, info, 32));
}

function agreeOrRefuse(own: KeyPair, peer: Bytes): Bytes {
  try {
    return agree(own, peer);
  } catch {
    throw new EnvelopeRefused('an ephemeral key is not usable');
  }
}

/** 96 bits: the round, which a session never repeats in one direction. */
function nonceOf(round: number): Bytes {
  const nonce = new Uint8Array(12);
  new DataView(nonce.buffer).setUint32(8, round);
  return nonce;
}

/**
 * AES-256-GCM; header and binding are associated data. The tag is the last 16 bytes. Node takes a key
 * object in a third of the time that it takes bytes.
 */
export function encryptBody(channel: Channel, binding: Bytes, header: Header, plain: Bytes): Bytes {
  const key = createSecretKey(channel.sending);
  const cipher = createCipheriv('aes-256-gcm', key, nonceOf(header.round));
  cipher.setAAD(concat(binding, encodeHeader(header)));
  return concat(cipher.update(plain), cipher.final(), cipher.getAuthTag());
}

/** @throws EnvelopeRefused when the body does not open. */
export function decryptBody(channel: Channel, binding: Bytes, envelope: Envelope): Bytes {
  const { body } = envelope;
  if (body.length < TAG_BYTES) throw new EnvelopeRefused('a body is cut short');
  const key = createSecretKey(channel.receiving);
  const cipher = createDecipheriv('aes-256-gcm', key, nonceOf(envelope.round));
  cipher.setAAD(concat(binding, encodeHeader(envelope)));
  cipher.setAuthTag(body.subarray(body.length - TAG_BYTES));
  try {
    return concat(cipher.update(body.subarray(0, body.length - TAG_BYTES)), cipher.final());
  } catch {
    throw new EnvelopeRefused(`a body of party ${envelope.from} does not open`);
  }
}

/** @throws EnvelopeRefused when the envelope is not from this peer to me, in this session. */
export function requireRoute(envelope: Envelope, from: PartyId, to: PartyId, sid: Bytes): void {
  if (envelope.from !== from || envelope.to !== to) throw new EnvelopeRefused('wrong route');
  if (!equalBytes(envelope.sid, sid)) throw new EnvelopeRefused('another session');
}
