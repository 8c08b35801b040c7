/**
 * Merkle trees of RFC 6962 section 2.1 and RFC 9162 section 2.1: an append-only list of leaves under
 * one 32-byte root, with short proofs that a leaf is in the list and that one list begins another.
 * A range `[start, end)` of leaves is made of complete subtrees; a tree keeps the hash of each
 * complete subtree once, so that appending, roots and proofs of earlier sizes cost O(log n).
 */
import type { Bytes } from './bytes.ts';
import { sha256 } from './hashing.ts';

export const HASH_SIZE = 32;

/** SHA-256 by whatever implementation is at hand. */
export type HashFunction = (bytes: Bytes) => Bytes;

/** The leaves `start` to `end - 1`. */
export type LeafRange = { readonly start: number; readonly end: number };

/** A complete subtree: the leaves `index * 2^level` to `(index + 1) * 2^level - 1`. */
export type Subtree = { readonly level: number; readonly index: number };
export type HashedSubtree = Subtree & { readonly hash: Bytes };

/** The root of the tree without leaves: the hash of nothing. */
export const EMPTY_ROOT: Bytes = sha256(new Uint8Array(0));

/** SHA-256(0x00 || data): no leaf's hash is the hash of an inner node. */
export function leafHash(data: Bytes, hash: HashFunction = sha256): Bytes {
  const input = new Uint8Array(1 + data.length);
  input.set(data, 1);
  return hash(input);
}

/** SHA-256(0x01 || left || right). */
export function nodeHash(left: Bytes, right: Bytes): Bytes {
  const input = new Uint8Array(1 + left.length + right.length);
  input[0] = 1;
  input.set(left, 1);
  input.set(right, 1 + left.length);
  return sha256(input);
}

/** The largest power of two below the size, which is 2 or more. */
function split(size: number): number {
  let half = 1;
  while (half * 2 < size) half *= 2;
  return half;
}

/**
 * The complete subtrees that make up a range, from the left. The range begins at 0 or is one side of
 * a split, so that each subtree is smaller than the one before it.
 */
export function completeSubtrees({ start, end }: LeafRange): Subtree[] {
  const subtrees: Subtree[] = [];
  for (let at = start; at < end;) {
    let level = 0;
    while (at % 2 ** (level + 1) === 0 && at + 2 ** (level + 1) <= end) level++;
    subtrees.push({ level, index: at / 2 ** level });
    at += 2 ** level;
  }
  return subtrees;
}

/** The hash of a range from those of its complete subtrees, in their order. */
export function foldSubtrees(hashes: readonly Bytes[]): Bytes {
  let root: Bytes | undefined;
  for (const left of hashes.toReversed()) root = root === undefined ? left : nodeHash(left, root);
  return root ?? EMPTY_ROOT;
}

/** The ranges that prove `[start, end)` in `[low, high)`; `isKnown`: its own hash need not be told. */
function rangesWithin(
  { start, end }: LeafRange,
  low: number,
  high: number,
  isKnown: boolean,
): LeafRange[] {
  if (start === low && end === high) return isKnown ? [] : [{ start, end }];
  const middle = low + split(high - low);
  const left = { start: low, end: middle };
  const right = { start: middle, end: high };
  if (end <= middle) return [...rangesWithin({ start, end }, low, middle, isKnown), right];
  if (start >= middle) return [...rangesWithin({ start, end }, middle, high, isKnown), left];
  if (start !== low) throw new RangeError(`the leaves ${start} to ${end} are no subtree`);
  return [...rangesWithin({ start: middle, end }, middle, high, false), left];
}

/**
 * The ranges whose hashes are the proof of `[start, end)` in the tree of `size` leaves, in the order
 * in which the proof tells them. Inclusion is the case `[index, index + 1)`, consistency `[0, first)`.
 * Source: RFC 6962 sections 2.1.1 and 2.1.2; SUBTREE_PROOF of draft-ietf-plants-merkle-tree-certs.
 */
export function proofRanges(range: LeafRange, size: number): LeafRange[] {
  const { start, end } = range;
  if (!(start >= 0 && start < end && end <= size)) {
    throw new RangeError(`no leaves ${start} to ${end} in a tree of ${size}`);
  }
  return rangesWithin(range, 0, size, true);
}
