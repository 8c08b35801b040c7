/** The frames of one session that wait to be read, oldest first. */
import { type Frame, FrameRefused } from './proto/frames.ts';

/** The worker's stream is over, or was silent for too long. */
export class SessionGone extends Error {
  override readonly name = 'SessionGone';
}

/** More than any honest worker can have in flight: each peer is at most one round ahead. */
const WAITING_MAX = 256;

export class Inbox {
  readonly #idleMs: number;
  readonly #frames: Frame[] = [];
  #failure: Error | undefined;
  #wake: (() => void) | undefined;

  constructor(idleMs: number) {
    this.#idleMs = idleMs;
  }

  push(frame: Frame): void {
    if (this.#frames.length >= WAITING_MAX) this.fail(new FrameRefused('too many frames'));
    else this.#frames.push(frame);
    this.#wake?.();
  }

  /** The first failure stays; what was received before it is not read any more. */
  fail(error: Error): void {
    this.#failure ??= error;
    this.#wake?.();
  }

  /** @throws SessionGone when nothing comes for the idle time, or the failure of the session */
  async next(): Promise<Frame> {
    if (this.#failure === undefined && this.#frames.length === 0) await this.#arrival();
    if (this.#failure !== undefined) throw this.#failure;
    return this.#frames.shift() as Frame;
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
