/**
 * Whether a Merkle proof holds: that a leaf is in a tree, that a tree begins another, and the same of
 * a subtree. All are one walk from the proven range up to the root, along which the proof's hashes
 * join it. Sizes and indices are bigints, since they come from strangers. A proof that does not hold
 * is an answer, not an error.
 */
import { type Bytes, hex } from './bytes.ts';
import { EMPTY_ROOT, HASH_SIZE, nodeHash } from './merkle.ts';

/** The hash of the leaves `start` to `end - 1`; of one leaf, its leaf hash. */
export type HashedRange = { readonly start: bigint; readonly end: bigint; readonly hash: Bytes };
export type TreeHead = { readonly size: bigint; readonly root: Bytes };

const isHash = (bytes: Bytes) => bytes.length === HASH_SIZE;
const same = (left: Bytes, right: Bytes) => hex(left) === hex(right);
const isOdd = (place: bigint) => (place & 1n) === 1n;

/** A subtree begins at a multiple of the smallest power of two that is not below its size. */
export function isSubtree(start: bigint, end: bigint): boolean {
  if (start < 0n || start >= end) return false;
  const size = end - start;
  return size === 1n || start % (1n << BigInt((size - 1n).toString(2).length)) === 0n;
}

/**
 * Whether a subtree is in the tree. The whole tree and the empty subtree need no proof. Source: draft-ietf-plants-merkle-tree-certs, "Verifying a Subtree
 * Consistency Proof", of which RFC 9162 sections 2.1.3.2 and 2.1.4.2 are the cases of one leaf and of
 * a range from 0.
 */
export function verifySubtree(
  range: HashedRange,
  tree: TreeHead,
  proof: readonly Bytes[],
): boolean {
  const { start, end: past, hash: claimed } = range;
  if (start < 0n || past > tree.size) return false;
  if (start === past) return proof.length === 0 && same(claimed, EMPTY_ROOT);
  if (start === 0n && past === tree.size) return proof.length === 0 && same(claimed, tree.root);
  if (!isSubtree(start, past)) return false;
  if (![claimed, tree.root, ...proof].every(isHash)) return false;
  // Up to the range's last complete subtree: its hash is the range's own, or what the proof tells first.
  let place = { first: start, last: past - 1n, end: tree.size - 1n };
  while (place.first !== place.last && (place.last === place.end || isOdd(place.last))) {
    place = parentOf(place);
  }
  const [seed, ...rest] = place.first === place.last ? [claimed, ...proof] : proof;
  if (seed === undefined) return false;
  let rangeHash = seed;
  let treeHash = seed;
  for (const hash of rest) {
    if (place.end === 0n) return false;
    if (isOdd(place.last) || place.last === place.end) {
      if (place.first < place.last) rangeHash = nodeHash(hash, rangeHash);
      treeHash = nodeHash(hash, treeHash);
      while (!isOdd(place.last)) place = parentOf(place);
    } else {
      treeHash = nodeHash(treeHash, hash);
    }
    place = parentOf(place);
  }
  return place.end === 0n && same(rangeHash, claimed) && same(treeHash, tree.root);
}

/** Where the range's first and last leaf and the tree's last are on one level of the tree. */
type Place = { readonly first: bigint; readonly last: bigint; readonly end: bigint };

const parentOf = ({ first, last, end }: Place): Place => ({
  first: first >> 1n,
  last: last >> 1n,
  end: end >> 1n,
});

/** Whether the leaf with this hash (`leafHash`) is at the index; no leaf is in the empty tree. */
export const verifyInclusion = (
  index: bigint,
  hash: Bytes,
  tree: TreeHead,
  proof: readonly Bytes[],
): boolean => isHash(hash) && verifySubtree({ start: index, end: index + 1n, hash }, tree, proof);

/**
 * Whether the second tree begins with all the leaves of the first; of the same size, it is the same.
 * Conventions of the empty tree: it has the root of nothing and agrees with itself, and no proof leads
 * from it to another, since it says nothing about it: who has seen nothing has nothing to ask.
 */
export function verifyConsistency(
  first: TreeHead,
  second: TreeHead,
  proof: readonly Bytes[],
): boolean {
  if (first.size === 0n && (second.size !== 0n || !same(second.root, EMPTY_ROOT))) return false;
  return verifySubtree({ start: 0n, end: first.size, hash: first.root }, second, proof);
}
