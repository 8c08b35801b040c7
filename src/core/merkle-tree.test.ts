import fc from 'fast-check';
import { expect, test } from 'vitest';
import { type Bytes, hex, utf8 } from './bytes.ts';
import { completeSubtrees, EMPTY_ROOT, leafHash, nodeHash, proofRanges } from './merkle.ts';
import { verifyConsistency, verifyInclusion, verifySubtree } from './merkle-proof.ts';
import { Frontier, MerkleTree } from './merkle-tree.ts';

/** MTH of RFC 6962 section 2.1, word by word. */
function treeHash(leaves: readonly Bytes[]): Bytes {
  if (leaves.length === 0) return EMPTY_ROOT;
  if (leaves.length === 1) return leaves[0] as Bytes;
  let k = 1;
  while (2 * k < leaves.length) k *= 2;
  return nodeHash(treeHash(leaves.slice(0, k)), treeHash(leaves.slice(k)));
}

const LEAVES = Array.from({ length: 70 }, (_, index) => leafHash(utf8(`leaf ${index}`)));
const TREE = new MerkleTree();
for (const leaf of LEAVES) TREE.append(leaf);
const head = (size: number) => ({ size: BigInt(size), root: TREE.root(size) });

const size = fc.integer({ min: 1, max: LEAVES.length });
const twoSizes = fc.tuple(size, size).map((pair) => pair.toSorted((a, b) => a - b));

/** The proof with one bit turned, or a hash too few, or one too many. */
const damaged = (proof: readonly Bytes[], at: number): Bytes[][] => [
  proof.map((hash, index) =>
    index === at % proof.length
      ? hash.map((byte, place) => byte ^ (place === at % 32 ? 1 : 0))
      : hash,
  ),
  proof.slice(1),
  proof.slice(0, -1),
  [...proof, EMPTY_ROOT],
];

test('the tree of nothing has the hash of nothing as its root', () => {
  expect(hex(new MerkleTree().root())).toBe(
    'e3b0c44298fc1c149afbf4c8996fb92427ae41e4649b934ca495991b7852b855',
  );
  expect(hex(new Frontier().root)).toBe(hex(EMPTY_ROOT));
});

test('a root of every size is that of the definition', () => {
  for (let n = 0; n <= LEAVES.length; n++) {
    expect(hex(TREE.root(n))).toBe(hex(treeHash(LEAVES.slice(0, n))));
  }
});

test('every leaf is proven in every tree, as no other leaf and at no other place', () => {
  fc.assert(
    fc.property(twoSizes, fc.nat(), ([end = 1, n = 1], at) => {
      const index = end - 1;
      const leaf = LEAVES[index] as Bytes;
      const proof = TREE.inclusionProof(index, n);
      expect(verifyInclusion(BigInt(index), leaf, head(n), proof)).toBe(true);
      for (const other of [-1n, BigInt(index + 1), BigInt(n)]) {
        expect(verifyInclusion(other, leaf, head(n), proof)).toBe(false);
      }
      expect(verifyInclusion(BigInt(index), EMPTY_ROOT, head(n), proof)).toBe(false);
      const isEmpty = proof.length === 0;
      for (const bad of isEmpty ? [[EMPTY_ROOT]] : damaged(proof, at)) {
        expect(verifyInclusion(BigInt(index), leaf, head(n), bad)).toBe(false);
      }
    }),
  );
});

test('a tree is proven to begin every later one, and no other', () => {
  fc.assert(
    fc.property(twoSizes, fc.nat(), ([first = 1, second = 1], at) => {
      const proof = TREE.consistencyProof(first, second);
      expect(verifyConsistency(head(first), head(second), proof)).toBe(true);
      const fork = { ...head(first), root: EMPTY_ROOT };
      expect(verifyConsistency(fork, head(second), proof)).toBe(false);
      expect(verifyConsistency(head(first), { ...fork, size: BigInt(second) }, proof)).toBe(false);
      if (first === second) return;
      expect(verifyConsistency(head(second), head(first), proof)).toBe(false);
      for (const bad of damaged(proof, at)) {
        expect(verifyConsistency(head(first), head(second), bad)).toBe(false);
      }
    }),
  );
});

test('the empty tree agrees with itself, and no proof leads from it to another', () => {
  expect(verifyConsistency(head(0), head(0), [])).toBe(true);
  expect(verifyConsistency(head(0), head(1), [])).toBe(false);
  expect(verifyInclusion(0n, EMPTY_ROOT, head(0), [])).toBe(false);
});

test('a subtree is proven in every tree that holds it', () => {
  fc.assert(
    fc.property(fc.integer({ min: 0, max: 5 }), fc.nat(), fc.nat(), (level, place, more) => {
      const start = 2 ** level * (place % Math.floor(LEAVES.length / 2 ** level));
      const end = Math.min(start + 1 + (more % 2 ** level), LEAVES.length);
      const n = end + (more % (LEAVES.length - end + 1));
      const proof = proofRanges({ start, end }, n).map((told) =>
        treeHash(LEAVES.slice(told.start, told.end)),
      );
      const hash = treeHash(LEAVES.slice(start, end));
      const range = { start: BigInt(start), end: BigInt(end), hash };
      expect(verifySubtree(range, head(n), proof)).toBe(true);
    }),
  );
});

test.each([
  [{ start: 1, end: 3 }, 8],
  [{ start: 3, end: 3 }, 8],
  [{ start: 0, end: 9 }, 8],
  [{ start: -1, end: 2 }, 8],
])('no proof of %j in a tree of %i', (range, n) => {
  expect(() => proofRanges(range, n)).toThrow(RangeError);
});

test('a frontier goes on where it was left, and tells each complete subtree once', () => {
  const told = new Map<string, string>();
  let subtrees: Bytes[] = [];
  for (const [n, leaf] of LEAVES.entries()) {
    const frontier = new Frontier(n, subtrees);
    for (const { level, index, hash } of frontier.append(leaf)) {
      expect(told.has(`${level}/${index}`)).toBe(false);
      told.set(`${level}/${index}`, hex(hash));
    }
    expect(hex(frontier.root)).toBe(hex(TREE.root(n + 1)));
    subtrees = completeSubtrees({ start: 0, end: n + 1 }).map(({ level, index }) =>
      treeHash(LEAVES.slice(index * 2 ** level, (index + 1) * 2 ** level)),
    );
  }
  expect(told.size).toBe(137);
  expect(() => new Frontier(3, subtrees.slice(0, 1))).toThrow(RangeError);
});
