/**
 * How long a thread may compute at one step. It answers what it is asked one after another, so that each
 * answer begins the time anew for the next one.
 */

/** Calls back after so many milliseconds; what it returns calls that off. */
export type Due = (ms: number, then: () => void) => () => void;

export class Patience {
  readonly #halfMs: number;
  readonly #due: Due;
  readonly #onOver: () => void;
  #awaited = 0;
  #callOff: (() => void) | undefined;

  constructor(ms: number, due: Due, onOver: () => void) {
    this.#halfMs = ms / 2;
    this.#due = due;
    this.#onOver = onOver;
  }

  /** How many answers are to come. */
  get awaited(): number {
    return this.#awaited;
  }

  ask(): void {
    this.#awaited += 1;
    if (this.#awaited === 1) this.#watch();
  }

  hear(): void {
    this.#awaited -= 1;
    this.#callOff?.();
    if (this.#awaited > 0) this.#watch();
  }

  /** Nothing more is awaited. */
  end(): void {
    this.#awaited = 0;
    this.#callOff?.();
  }

  /**
   * In two halves: where the whole process stood still, both are not over at one moment, and an answer that
   * has come meanwhile is read in between.
   */
  #watch(): void {
    this.#callOff = this.#due(this.#halfMs, () => {
      this.#callOff = this.#due(this.#halfMs, this.#onOver);
    });
  }
}
