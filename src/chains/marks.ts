/**
 * Marks: hashes of blocks that were seen on a chain. A local chain that was reset, or that lost its
 * last blocks, no longer has them; what was confirmed there proves nothing then and is reported.
 */
import type { ChainConnection } from './adapter.ts';

export type ChainMark = { readonly height: bigint; readonly hash: string };

export type MarksVerdict =
  | { readonly same: true }
  /** The lowest mark that fails. `found` is absent where the chain has no such block. */
  | { readonly same: false; readonly mark: ChainMark; readonly found?: string };

/** Compares marks with the hashes that the chain has now at their heights. */
export function compareMarks(
  marks: readonly ChainMark[],
  now: ReadonlyMap<bigint, string>,
): MarksVerdict {
  const lost = marks.filter(({ height, hash }) => now.get(height) !== hash);
  const [mark] = lost.toSorted((a, b) => (a.height < b.height ? -1 : 1));
  if (mark === undefined) return { same: true };
  const found = now.get(mark.height);
  return { same: false, mark, ...(found === undefined ? {} : { found }) };
}

/** @throws CHAIN_UNAVAILABLE */
export async function checkMarks(
  connection: Pick<ChainConnection, 'blockHash'>,
  marks: readonly ChainMark[],
): Promise<MarksVerdict> {
  const hashes = await Promise.all(marks.map(({ height }) => connection.blockHash(height)));
  const now = marks.flatMap(({ height }, i) => {
    const hash = hashes[i];
    return hash === undefined ? [] : [[height, hash] as const];
  });
  return compareMarks(marks, new Map(now));
}

/** The chain's newest block, or undefined when it vanished between two questions. */
export async function takeMark(
  connection: Pick<ChainConnection, 'height' | 'blockHash'>,
): Promise<ChainMark | undefined> {
  const height = await connection.height();
  const hash = await connection.blockHash(height);
  return hash === undefined ? undefined : { height, hash };
}
