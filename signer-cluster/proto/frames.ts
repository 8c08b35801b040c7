/**
 * The wire between a worker and a signer node: one gRPC stream per session, each message one frame.
 * A frame is a type byte, then JSON for what the worker itself asks or learns, or the number of a
 * party and an envelope that the worker only passes on. The format is in docs/protocols/wire.md.
 */
import { type Bytes, concat, utf8 } from '#core/bytes.ts';
import { ERROR_CODES, type ErrorCode } from '#core/errors.ts';

/** The parts of the mandate as they travel: texts as they were signed, the transaction in hex. */
export type MandateFields = {
  readonly intent: string;
  readonly unsigned: string;
  readonly initiator: StatementFields;
  readonly policy: { readonly hash: string; readonly version: number };
  readonly approvals: readonly StatementFields[];
};

export type StatementFields = {
  readonly statement: string;
  readonly credentialId: string;
  readonly authenticatorData: string;
  readonly clientDataJSON: string;
  readonly signature: string;
};

export type OpenRequest =
  | {
      readonly purpose: 'createKey';
      readonly keyId: string;
      readonly organization: string;
      readonly wallet: string;
      readonly signers: readonly number[];
    }
  | {
      readonly purpose: 'sign';
      readonly keyId: string;
      readonly signers: readonly number[];
      readonly mandate: MandateFields;
    };

/** `publicKey` is 33 bytes in hex, or '' when the session is to make the key. */
export type Accepted = { readonly publicKey: string };

export type SignatureFields = {
  readonly r: string;
  readonly s: string;
  readonly recovery: number;
};

export type Result = {
  readonly publicKey: string;
  readonly signatures: readonly SignatureFields[];
};

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
  | { readonly type: 'refused'; readonly content: Refusal };

/** The other side does not speak this format. */
export class FrameRefused extends Error {
  override readonly name = 'FrameRefused';
}

/** The largest message of any round, Alice's answer in a multiplication, has 54 KB. */
export const ENVELOPE_BYTES_MAX = 64 * 1024;

/** Characters of a refusal's texts. They go into rows and logs of whoever asked. */
export const REFUSAL_TEXT_MAX = 512;

const TYPES = {
  open: 0x01,
  deliver: 0x02,
  accepted: 0x11,
  post: 0x12,
  result: 0x13,
  refused: 0x14,
} as const;

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

type Fields = Readonly<Record<string, unknown>>;

/** The fields of an object that has exactly these names: no more, no less, none inherited. */
function exactly(value: unknown, names: readonly string[], what: string): Fields {
  const isObject = typeof value === 'object' && value !== null && !Array.isArray(value);
  const keys = isObject ? Object.keys(value) : [];
  if (!isObject || keys.length !== names.length || !names.every((name) => keys.includes(name))) {
    throw new FrameRefused(`${what} must have exactly the fields ${names.join(', ')}`);
  }
  return value as Fields;
}

function text(value: unknown, what: string): string {
  if (typeof value === 'string') return value;
  throw new FrameRefused(`${what} must be a text`);
}

function shortText(value: unknown, what: string): string {
  const line = text(value, what);
  if (line.length <= REFUSAL_TEXT_MAX && !/\p{C}/u.test(line)) return line;
  throw new FrameRefused(`${what} must be one line of at most ${REFUSAL_TEXT_MAX} characters`);
}

function count(value: unknown, what: string): number {
  if (typeof value === 'number' && Number.isSafeInteger(value) && value >= 0) return value;
  throw new FrameRefused(`${what} must be a whole number`);
}

function list<T>(value: unknown, what: string, item: (value: unknown) => T): readonly T[] {
  if (Array.isArray(value)) return value.map(item);
  throw new FrameRefused(`${what} must be a list`);
}

function hexText(value: unknown, what: string, size: number): string {
  const digits = text(value, what);
  if (/^[0-9a-f]*$/.test(digits) && digits.length === 2 * size) return digits;
  throw new FrameRefused(`${what} must be ${size} bytes in hex`);
}

const parties = (value: unknown): readonly number[] =>
  list(value, 'parties', (party) => count(party, 'party'));

function openRequest(value: unknown): OpenRequest {
  const purpose = (value as Fields | null)?.['purpose'];
  if (purpose === 'createKey') {
    const names = ['purpose', 'keyId', 'organization', 'wallet', 'signers'];
    const fields = exactly(value, names, 'createKey');
    return {
      purpose,
      keyId: text(fields['keyId'], 'keyId'),
      organization: text(fields['organization'], 'organization'),
      wallet: text(fields['wallet'], 'wallet'),
      signers: parties(fields['signers']),
    };
  }
  if (purpose !== 'sign') throw new FrameRefused('unknown purpose');
  const fields = exactly(value, ['purpose', 'keyId', 'signers', 'mandate'], 'sign');
  return {
    purpose,
    keyId: text(fields['keyId'], 'keyId'),
    signers: parties(fields['signers']),
    mandate: mandate(fields['mandate']),
  };
}

function mandate(value: unknown): MandateFields {
  const names = ['intent', 'unsigned', 'initiator', 'policy', 'approvals'];
  const fields = exactly(value, names, 'the mandate');
  const policy = exactly(fields['policy'], ['hash', 'version'], 'the policy');
  return {
    intent: text(fields['intent'], 'intent'),
    unsigned: text(fields['unsigned'], 'unsigned'),
    initiator: statement(fields['initiator']),
    policy: {
      hash: text(policy['hash'], 'policy.hash'),
      version: count(policy['version'], 'policy.version'),
    },
    approvals: list(fields['approvals'], 'approvals', statement),
  };
}

function statement(value: unknown): StatementFields {
  const names = ['statement', 'credentialId', 'authenticatorData', 'clientDataJSON', 'signature'];
  const fields = exactly(value, names, 'a signed statement');
  return {
    statement: text(fields['statement'], 'statement'),
    credentialId: text(fields['credentialId'], 'credentialId'),
    authenticatorData: text(fields['authenticatorData'], 'authenticatorData'),
    clientDataJSON: text(fields['clientDataJSON'], 'clientDataJSON'),
    signature: text(fields['signature'], 'signature'),
  };
}

function accepted(value: unknown): Accepted {
  const fields = exactly(value, ['publicKey'], 'accepted');
  const publicKey = text(fields['publicKey'], 'publicKey');
  return { publicKey: publicKey === '' ? '' : hexText(publicKey, 'publicKey', 33) };
}

function result(value: unknown): Result {
  const fields = exactly(value, ['publicKey', 'signatures'], 'a result');
  return {
    publicKey: hexText(fields['publicKey'], 'publicKey', 33),
    signatures: list(fields['signatures'], 'signatures', (item) => {
      const parts = exactly(item, ['r', 's', 'recovery'], 'a signature');
      return {
        r: hexText(parts['r'], 'r', 32),
        s: hexText(parts['s'], 's', 32),
        recovery: count(parts['recovery'], 'recovery'),
      };
    }),
  };
}

function refusal(value: unknown): Refusal {
  const fields = exactly(value, ['code', 'reason', 'field', 'parties'], 'a refusal');
  const code = text(fields['code'], 'code');
  if (!Object.hasOwn(ERROR_CODES, code)) throw new FrameRefused('unknown error code');
  return {
    code: code as ErrorCode,
    reason: shortText(fields['reason'], 'reason'),
    field: shortText(fields['field'], 'field'),
    parties: parties(fields['parties']),
  };
}
