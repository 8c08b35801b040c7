/** Numbers from a seed: the same seed and name give the same number, in whatever order they are drawn. */
import { createHash } from 'node:crypto';

export type Draw = (name: string, bound: number) => number;

/** @returns whole numbers from 0 to below the bound */
export const drawFrom =
  (seed: string): Draw =>
  (name, bound) =>
    createHash('sha256').update(`${seed} ${name}`).digest().readUInt32BE(0) % bound;

/** The same items in an order of the seed. */
export function shuffled<T>(draw: Draw, name: string, items: readonly T[]): readonly T[] {
  const keyed = items.map((item, index) => [draw(`${name} ${index}`, 2 ** 32), item] as const);
  return keyed.toSorted(([a], [b]) => a - b).map(([, item]) => item);
}
