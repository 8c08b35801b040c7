/**
 * A growing Merkle tree. `Frontier` is all that appending needs, the at most 53 complete subtrees of
 * the present size; `MerkleTree` keeps every complete subtree and so answers for every earlier size.
 */
import type { Bytes } from './bytes.ts';
import {
  completeSubtrees,
  foldSubtrees,
  type HashedSubtree,
  type LeafRange,
  nodeHash,
  proofRanges,
} from './merkle.ts';

export class Frontier {
  #size: number;
  readonly #subtrees: Bytes[];

  /** From the hashes of `completeSubtrees({ start: 0, end: size })`, in their order. */
  constructor(size = 0, subtrees: readonly Bytes[] = []) {
    this.#size = size;
    this.#subtrees = [...subtrees];
    if (completeSubtrees({ start: 0, end: size }).length !== subtrees.length) {
      throw new RangeError(`${subtrees.length} subtrees do not make ${size} leaves`);
    }
  }

  get size(): number {
    return this.#size;
  }

  get root(): Bytes {
    return foldSubtrees(this.#subtrees);
  }

  /** Appends a leaf by its hash, and tells the subtrees that it completes, itself first. */
  append(leaf: Bytes): HashedSubtree[] {
    const completed: HashedSubtree[] = [{ level: 0, index: this.#size, hash: leaf }];
    let hash = leaf;
    let index = this.#size;
    for (let level = 1; index % 2 === 1; level++) {
      hash = nodeHash(this.#subtrees.pop() as Bytes, hash);
      index = (index - 1) / 2;
      completed.push({ level, index, hash });
    }
    this.#subtrees.push(hash);
    this.#size += 1;
    return completed;
  }
}

export class MerkleTree {
  readonly #frontier = new Frontier();
  readonly #levels: Bytes[][] = [];

  get size(): number {
    return this.#frontier.size;
  }

  append(leaf: Bytes): void {
    for (const { level, hash } of this.#frontier.append(leaf))
      (this.#levels[level] ??= []).push(hash);
  }

  /** The hash of the leaf at the index, 0 for the first. */
  leaf(index: number): Bytes | undefined {
    return this.#levels[0]?.[index];
  }

  /** The root of the first `size` leaves. */
  root(size = this.size): Bytes {
    return this.#hashOf({ start: 0, end: size });
  }

  /** The proof that the leaf is in the tree of the first `size` leaves, from the leaf upwards. */
  inclusionProof(index: number, size = this.size): Bytes[] {
    return this.#proof({ start: index, end: index + 1 }, size);
  }

  /** The proof that the first `second` leaves begin with the first `first`, of which there are some. */
  consistencyProof(first: number, second = this.size): Bytes[] {
    return this.#proof({ start: 0, end: first }, second);
  }

  #proof(range: LeafRange, size: number): Bytes[] {
    return proofRanges(range, size).map((told) => this.#hashOf(told));
  }

  #hashOf(range: LeafRange): Bytes {
    if (range.end > this.size) throw new RangeError(`the tree has ${this.size} leaves`);
    const hashes = completeSubtrees(range).map(
      ({ level, index }) => this.#levels[level]?.[index] as Bytes,
    );
    return foldSubtrees(hashes);
  }
}
