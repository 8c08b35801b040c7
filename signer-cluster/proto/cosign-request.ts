/** What a worker sends to have a checkpoint of a log cosigned, and what a node answers; both are JSON. */
import { FrameRefused, type Fields, count, exactly, hexText, line, list, text } from './fields.ts';

export type CosignRequest = {
  /** The checkpoint's text, without signatures. */
  readonly checkpoint: string;
  /** Which size of this log the node cosigned last, as far as the worker knows; 0 for none. */
  readonly oldSize: number;
  /** The consistency proof from there, hashes in hex; empty from 0 and for the same size. */
  readonly proof: readonly string[];
};

/** `head` is what the node cosigned last, with the root in hex. */
export type LogHead = { readonly size: number; readonly root: string };

export type CosignAnswer =
  /** The checkpoint's text under this node's cosignature, as a signed note. */
  | { readonly kind: 'cosigned'; readonly note: string }
  /** The node cosigned another size last: send the proof from there. */
  | { readonly kind: 'elsewhere'; readonly head: LogHead }
  /** The log is not the one that the node cosigned: shorter, or another at the same place. */
  | { readonly kind: 'refused'; readonly reason: 'truncated' | 'forked'; readonly head: LogHead }
  | { readonly kind: 'failed'; readonly code: string; readonly reason: string };

const PROOF_MAX = 64;
const HASH_SIZE = 32;

/** @throws FrameRefused */
export function readCosignRequest(value: unknown): CosignRequest {
  const fields = exactly(value, ['checkpoint', 'oldSize', 'proof'], 'the request');
  const proof = list(fields['proof'], 'proof', (hash) => hexText(hash, 'a hash', HASH_SIZE));
  if (proof.length > PROOF_MAX) throw new FrameRefused('the proof is too long');
  return {
    checkpoint: text(fields['checkpoint'], 'checkpoint'),
    oldSize: count(fields['oldSize'], 'oldSize'),
    proof,
  };
}

const readHead = (value: unknown): LogHead => {
  const fields = exactly(value, ['size', 'root'], 'head');
  return { size: count(fields['size'], 'size'), root: hexText(fields['root'], 'root', HASH_SIZE) };
};

const ANSWERS: { readonly [kind: string]: (value: unknown) => CosignAnswer } = {
  cosigned: (value) => ({ kind: 'cosigned', note: text(own(value, ['note'])['note'], 'note') }),
  elsewhere: (value) => ({ kind: 'elsewhere', head: readHead(own(value, ['head'])['head']) }),
  refused(value) {
    const { reason, head } = own(value, ['reason', 'head']);
    if (reason === 'truncated' || reason === 'forked') {
      return { kind: 'refused', reason, head: readHead(head) };
    }
    throw new FrameRefused('an unknown reason');
  },
  failed(value) {
    const { code, reason } = own(value, ['code', 'reason']);
    return { kind: 'failed', code: line(code, 'code'), reason: line(reason, 'reason') };
  },
};

const own = (value: unknown, names: readonly string[]): Fields =>
  exactly(value, ['kind', ...names], 'the answer');

/** @throws FrameRefused */
export function readCosignAnswer(value: unknown): CosignAnswer {
  const kind = (value as { kind?: unknown } | null)?.kind;
  const read = typeof kind === 'string' && Object.hasOwn(ANSWERS, kind) ? ANSWERS[kind] : undefined;
  if (read === undefined) throw new FrameRefused('an unknown answer');
  return read(value);
}
