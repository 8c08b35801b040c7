/** The frames of one session that wait to be read, oldest first. */
import { FrameRefused } from './proto/fields.ts';
import { ENVELOPE_BYTES_MAX, type Frame } from './proto/frames.ts';
import { MESSAGE_BYTES_MAX } from './proto/service.ts';

/** The worker's stream is over, or was silent for too long. */
export class SessionGone extends Error {
  override readonly name = 'SessionGone';
}

/** More than any honest worker can have in flight: each peer is at most one round ahead. */
const WAITING_MAX = 256;
/** An opening, and 31 peers with two of the largest envelopes each. */
const WAITING_BYTES_MAX = MESSAGE_BYTES_MAX + 62 * ENVELOPE_BYTES_MAX;

type Waiting = { readonly frame: Frame; readonly size: number };

export class Inbox {
  readonly #idleMs: number;
  readonly #frames: Waiting[] = [];
  #bytes = 0;
  #failure: Error | undefined;
  #wake: (() => void) | undefined;

  constructor(idleMs: number) {
    this.#idleMs = idleMs;
  }

  /** `size`: how many bytes it had on the wire. */
  push(frame: Frame, size: number): void {
    this.#bytes += size;
    if (this.#frames.length >= WAITING_MAX || this.#bytes > WAITING_BYTES_MAX) {
      this.fail(new FrameRefused('too many frames'));
    }
    if (this.#failure === undefined) this.#frames.push({ frame, size });
    this.#wake?.();
  }

  /** The first failure stays; what was received before it is not read any more. */
  fail(error: Error): void {
    this.#failure ??= error;
    this.#frames.length = 0;
    this.#wake?.();
  }

  /** @throws SessionGone when nothing comes for the idle time, or the failure of the session */
  async next(): Promise<Frame> {
    if (this.#failure === undefined && this.#frames.length === 0) await this.#arrival();
    if (this.#failure !== undefined) throw this.#failure;
    const { frame, size } = this.#frames.shift() as Waiting;
    this.#bytes -= size;
    return frame;
  }

  async #arrival(): Promise<void> {
    const { promise, resolve } = Promise.withResolvers<void>();
    const timer = setTimeout(() => this.fail(new SessionGone('idle')), this.#idleMs);
    this.#wake = resolve;
    await promise;
    this.#wake = undefined;
    clearTimeout(timer);
  }
}
