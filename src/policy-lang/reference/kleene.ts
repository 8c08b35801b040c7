/**
 * Three-valued answers of the reference interpreter (semantics 2). An answer also says what it rests
 * on: a true `and` on all parts, a false one on the false parts, a missing one on the missing parts.
 */

export type Answer = {
  readonly truth: 'true' | 'false' | 'missing';
  /** Paths of the missing facts; empty unless the answer is missing. */
  readonly paths: readonly string[];
  /** Whether a running total is among what the answer rests on. */
  readonly isLimit: boolean;
};

export const answer = (holds: boolean): Answer => ({
  truth: holds ? 'true' : 'false',
  paths: [],
  isLimit: false,
});

export const unknown = (paths: readonly string[]): Answer => ({
  truth: 'missing',
  paths,
  isLimit: false,
});

const OPPOSITES = { true: 'false', false: 'true', missing: 'missing' } as const;

export const negation = (part: Answer): Answer => ({ ...part, truth: OPPOSITES[part.truth] });

/** False as soon as one part is; true only if all are. */
export function conjunction(parts: readonly Answer[]): Answer {
  const truth = (['false', 'missing'] as const).find((one) =>
    parts.some((part) => part.truth === one),
  );
  const grounds = parts.filter((part) => part.truth === (truth ?? 'true'));
  return {
    truth: truth ?? 'true',
    paths: grounds.flatMap(({ paths }) => paths),
    isLimit: grounds.some(({ isLimit }) => isLimit),
  };
}

/** By de Morgan: not all of them are false. */
export const disjunction = (parts: readonly Answer[]): Answer =>
  negation(conjunction(parts.map(negation)));
