/**
 * The wire between a worker and a signer node: one gRPC stream per session, each message one frame.
 * A frame is a type byte, then JSON for what the worker itself asks or learns, or the number of a
 * party and an envelope that the worker only passes on. The format is in docs/protocols/wire.md.
 */
import { type Bytes, concat, utf8 } from '#core/bytes.ts';
import { ERROR_CODES, type ErrorCode } from '#core/errors.ts';
import { FrameRefused, count, exactly, hexText, line, list, parties, text } from './fields.ts';
import { type OpenRequest, openRequest, presignatureId } from './open-request.ts';

/** `publicKey` is 32 or 33 bytes in hex, or '' when the session is to make the key. */
export type Accepted = { readonly publicKey: string };

/** ECDSA's numbers, or the 64 bytes of a Schnorr signature, in hex. */
export type SignatureFields =
  | { readonly r: string; readonly s: string; readonly recovery: number }
  | { readonly bytes: string };

export type Result = {
  /** '' where the session was about no key. */
  readonly publicKey: string;
  readonly signatures: readonly SignatureFields[];
  /** Ids of the presignatures that the node holds, when the session made some. */
  readonly presignatures: readonly string[];
};

/** A text that comes before the result: an exported share, which its recipient alone can open. */
export type Document = { readonly text: string };

/** Why a node ended the session: a stable code, and words for the operator. Never a secret. */
export type Refusal = {
  readonly code: ErrorCode;
  readonly reason: string;
  /** The field of the intent that the evidence contradicts, or ''. */
  readonly field: string;
  /** Parties that the node will not work with, or that it could name as culprits. */
  readonly parties: readonly number[];
};

export type Frame =
  | { readonly type: 'open'; readonly content: OpenRequest }
  | { readonly type: 'deliver'; readonly party: number; readonly envelope: Bytes }
  | { readonly type: 'accepted'; readonly content: Accepted }
  | { readonly type: 'post'; readonly party: number; readonly envelope: Bytes }
  | { readonly type: 'result'; readonly content: Result }
  | { readonly type: 'document'; readonly content: Document }
  | { readonly type: 'refused'; readonly content: Refusal };

/** The largest message of any round, Alice's answer in a multiplication, has 54 KB. */
export const ENVELOPE_BYTES_MAX = 64 * 1024;

const TYPES = {
  open: 0x01,
  deliver: 0x02,
  accepted: 0x11,
  post: 0x12,
  result: 0x13,
  refused: 0x14,
  document: 0x15,
} as const;

/** Whether a session begins with this frame. */
export const isOpening = (bytes: Bytes): boolean => bytes[0] === TYPES.open;

/** Whether this frame is the last of a session that came to its end. */
export const isResult = (bytes: Bytes): boolean => bytes[0] === TYPES.result;

export function encodeFrame(frame: Frame): Buffer {
  const type = TYPES[frame.type];
  if (frame.type === 'deliver' || frame.type === 'post') {
    return Buffer.concat([Uint8Array.of(type, frame.party), frame.envelope]);
  }
  return Buffer.from(concat(Uint8Array.of(type), utf8(JSON.stringify(frame.content))));
}

/** @throws FrameRefused when the bytes are not a frame, or a field is missing, foreign or too many. */
export function decodeFrame(bytes: Bytes): Frame {
  const body = bytes.subarray(1);
  switch (bytes[0]) {
    case TYPES.deliver:
      return { type: 'deliver', ...routed(body) };
    case TYPES.post:
      return { type: 'post', ...routed(body) };
    case TYPES.open:
      return { type: 'open', content: openRequest(json(body)) };
    case TYPES.accepted:
      return { type: 'accepted', content: accepted(json(body)) };
    case TYPES.result:
      return { type: 'result', content: result(json(body)) };
    case TYPES.document:
      return { type: 'document', content: documentOf(json(body)) };
    case TYPES.refused:
      return { type: 'refused', content: refusal(json(body)) };
    default:
      throw new FrameRefused('unknown frame');
  }
}

function routed(body: Bytes): { party: number; envelope: Bytes } {
  if (body.length < 2) throw new FrameRefused('an empty envelope');
  if (body.length > 1 + ENVELOPE_BYTES_MAX) throw new FrameRefused('an envelope is too large');
  return { party: body[0] as number, envelope: Uint8Array.from(body.subarray(1)) };
}

function json(body: Bytes): unknown {
  try {
    return JSON.parse(new TextDecoder('utf-8', { fatal: true }).decode(body));
  } catch {
    throw new FrameRefused('a frame is not JSON');
  }
}

function accepted(value: unknown): Accepted {
  return { publicKey: keyText(exactly(value, ['publicKey'], 'accepted')['publicKey']) };
}

function result(value: unknown): Result {
  const fields = exactly(value, ['publicKey', 'signatures', 'presignatures'], 'a result');
  return {
    publicKey: keyText(fields['publicKey']),
    signatures: list(fields['signatures'], 'signatures', signature),
    presignatures: list(fields['presignatures'], 'presignatures', presignatureId),
  };
}

/** Compressed secp256k1, or ed25519; '' where the session is about none. */
function keyText(value: unknown): string {
  const key = text(value, 'publicKey');
  if (key === '') return '';
  return hexText(key, 'publicKey', key.length === 64 ? 32 : 33);
}

function signature(value: unknown): SignatureFields {
  if (typeof value === 'object' && value !== null && 'bytes' in value) {
    const { bytes } = exactly(value, ['bytes'], 'a signature');
    return { bytes: hexText(bytes, 'bytes', 64) };
  }
  const parts = exactly(value, ['r', 's', 'recovery'], 'a signature');
  return {
    r: hexText(parts['r'], 'r', 32),
    s: hexText(parts['s'], 's', 32),
    recovery: count(parts['recovery'], 'recovery'),
  };
}

const documentOf = (value: unknown): Document => ({
  text: text(exactly(value, ['text'], 'a document')['text'], 'text'),
});

function refusal(value: unknown): Refusal {
  const fields = exactly(value, ['code', 'reason', 'field', 'parties'], 'a refusal');
  const code = text(fields['code'], 'code');
  if (!Object.hasOwn(ERROR_CODES, code)) throw new FrameRefused('unknown error code');
  return {
    code: code as ErrorCode,
    reason: line(fields['reason'], 'reason'),
    field: line(fields['field'], 'field'),
    parties: parties(fields['parties']),
  };
}
