/**
 * One party. It takes sessions from workers, within its limits, and ends each with a result or a
 * refusal. A peer that broke the protocol is put on record before the refusal is sent.
 */
import { hex } from '#core/bytes.ts';
import { type ErrorCode, isPlatformError } from '#core/errors.ts';
import { type PartyId, ProtocolAbort } from '#signing/kernel.ts';
import type { Limits } from './config.ts';
import type { Cosigning } from './cosigning.ts';
import { EnvelopeRefused } from './envelope.ts';
import { Inbox, SessionGone } from './inbox.ts';
import type { Journal } from './journal.ts';
import type { LogFields, NodeLog } from './log.ts';
import { type About, type Party, judge } from './party.ts';
import { FrameRefused, LINE_MAX } from './proto/fields.ts';
import { type Frame, type Refusal, decodeFrame, encodeFrame } from './proto/frames.ts';
import type { Health } from './proto/service.ts';
import { type CosignAnswer, readCosignRequest } from './proto/cosign-request.ts';
import { serve } from './serve.ts';

/** The node's half of one stream. */
export type Wire = {
  send(frame: Buffer): void;
  /** No more frames: the session is over. */
  end(): void;
};

/** What the stream tells the node. */
export type Receiver = { frame(bytes: Buffer): void; closed(): void };

export type SignerNode = {
  /** How many sessions run. */
  readonly running: number;
  accept(wire: Wire): Receiver;
  /** A worker attends until the returned function is called; undefined where too many do. */
  attend(send: (request: Buffer) => void): (() => void) | undefined;
  health(): Health;
  /** A worker's request to cosign a checkpoint of a log, and the answer to it. */
  cosign(request: Buffer): Promise<Buffer>;
};

export type NodeParts = {
  readonly party: Party;
  readonly journal: Journal;
  readonly limits: Limits;
  readonly log: NodeLog;
  readonly cosigning: Cosigning;
};

export function signerNode({ party, journal, limits, log, cosigning }: NodeParts): SignerNode {
  let running = 0;

  async function run(inbox: Inbox, wire: Wire): Promise<void> {
    const about: About = {};
    const startedMs = performance.now();
    try {
      const stream = {
        inbox,
        send: (frame: Frame) => wire.send(encodeFrame(frame)),
      };
      const result = await serve({ party, stream, about });
      wire.send(encodeFrame({ type: 'result', content: result }));
      const durationMs = Math.round(performance.now() - startedMs);
      log.info('session done', { ...fieldsOf(about), durationMs });
    } catch (error) {
      const refusal = await refusalOf(party, about, error, log);
      if (refusal !== undefined) {
        wire.send(encodeFrame({ type: 'refused', content: refusal }));
        const { code, reason, field, parties: culprits } = refusal;
        log.warn('session refused', { ...fieldsOf(about), code, reason, field, culprits });
      }
    } finally {
      running -= 1;
      wire.end();
    }
  }

  return {
    get running() {
      return running;
    },
    accept(wire) {
      const inbox = new Inbox(limits.idleMs);
      running += 1;
      if (running > limits.sessions) inbox.fail(new FrameRefused('too many sessions'));
      void run(inbox, wire);
      return {
        frame(bytes) {
          try {
            inbox.push(decodeFrame(bytes), bytes.length);
          } catch (error) {
            inbox.fail(error instanceof Error ? error : new FrameRefused('unreadable'));
          }
        },
        closed: () => inbox.fail(new SessionGone('closed')),
      };
    },
    attend: (send) => party.refill.attend((request) => send(Buffer.from(JSON.stringify(request)))),
    health: () => ({
      party: party.me,
      committee: hex(party.committee.hash),
      threshold: party.committee.threshold,
      mode: party.mode,
      ok: journal.writable,
      isStanding: party.starts.isStanding,
      detail: detailOf(journal, party),
      presignatures: party.presignatures.figures(),
    }),
    async cosign(request) {
      const answer = await cosignAnswer(cosigning, request, log);
      if (answer.kind === 'refused') log.warn('log not cosigned', { reason: answer.reason });
      return Buffer.from(JSON.stringify(answer));
    },
  };
}

function detailOf({ writable }: Journal, { starts, standing }: Party): string {
  const { isStanding, missing } = starts;
  if (!writable) return 'the journal cannot be written: make room and start again';
  const [doubled] = standing.doubled;
  if (doubled !== undefined) return `two copies of party ${doubled} live (TWO_COPIES)`;
  if (isStanding) return 'ready';
  return `has started anew and gives no word yet: it waits for that of ${missing.join(', ')}`;
}

async function cosignAnswer(
  cosigning: Cosigning,
  request: Buffer,
  log: NodeLog,
): Promise<CosignAnswer> {
  try {
    return await cosigning.cosign(readCosignRequest(parsed(request)));
  } catch (error) {
    if (error instanceof FrameRefused) {
      return { kind: 'failed', code: 'INVALID_INPUT', reason: error.message };
    }
    if (isPlatformError(error)) {
      return { kind: 'failed', code: error.code, reason: shortened(error.context['reason']) };
    }
    log.bug('cosigning failed', error);
    return { kind: 'failed', code: 'INTERNAL', reason: 'the node failed' };
  }
}

/** @throws FrameRefused */
function parsed(bytes: Buffer): unknown {
  try {
    return JSON.parse(bytes.toString('utf8'));
  } catch {
    throw new FrameRefused('not JSON');
  }
}

const fieldsOf = ({ purpose, keyId, sid, circle }: About): LogFields => ({
  ...(purpose === undefined ? {} : { purpose }),
  ...(keyId === undefined ? {} : { keyId }),
  ...(sid === undefined ? {} : { session: sid.slice(0, 16) }),
  ...(circle === undefined ? {} : { parties: circle.signers }),
});

const refusalWith = (
  code: ErrorCode,
  reason: string,
  parties: readonly PartyId[] = [],
): Refusal => ({ code, reason, field: '', parties });

/** A reason may quote what the worker sent. */
const shortened = (text: unknown): string =>
  String(text).replaceAll(/\p{C}/gu, '?').slice(0, LINE_MAX);

/** What the worker is told, or undefined when it has gone. Verdicts are on disk when this resolves. */
async function refusalOf(
  party: Party,
  about: About,
  error: unknown,
  log: NodeLog,
): Promise<Refusal | undefined> {
  if (error instanceof SessionGone) {
    log.info('session gone', { ...fieldsOf(about), reason: error.message });
    return error.message === 'idle' ? refusalWith('SIGNERS_UNAVAILABLE', 'idle') : undefined;
  }
  if (error instanceof ProtocolAbort) {
    // A verdict that cannot be written still holds in memory, and the journal takes nothing more.
    return sentence(party, about, error).catch((failure: unknown) =>
      refusalOf(party, about, failure, log),
    );
  }
  if (error instanceof EnvelopeRefused || error instanceof FrameRefused) {
    return refusalWith('SIGNERS_UNAVAILABLE', error.message);
  }
  if (isPlatformError(error)) {
    const { field = '', reason = '', parties = [] } = error.context;
    return {
      code: error.code,
      reason: shortened(reason),
      field: shortened(field),
      parties: Array.isArray(parties) ? parties.map(Number) : [],
    };
  }
  log.bug('session failed', error);
  return refusalWith('INTERNAL', 'the node failed');
}

/** The verdict on an abort, which fell when the check failed, and what the worker hears of it. */
async function sentence(party: Party, about: About, abort: ProtocolAbort): Promise<Refusal> {
  const { check, culprits } = abort;
  const verdict = about.verdict ?? judge(party, about, abort);
  if (verdict === undefined) return refusalWith('SIGNERS_UNAVAILABLE', check, culprits);
  if (verdict.failure !== undefined) throw verdict.failure;
  return refusalWith('KEY_LOCKED', check, verdict.parties);
}
