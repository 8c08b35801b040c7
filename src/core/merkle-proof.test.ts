import { describe, expect, test } from 'vitest';
import { listVectors, readVectors, vectorsMissing } from '#testing/vectors.ts';
import { type Bytes, parseBase64 } from './bytes.ts';
import { isSubtree, verifyConsistency, verifyInclusion, verifySubtree } from './merkle-proof.ts';

type Vector = { readonly wantErr: boolean } & { readonly [field: string]: unknown };

type Reviver = (key: string, value: unknown, context: { readonly source: string }) => unknown;

/** The sizes of the vectors pass 2^53: every whole number is read as a bigint. */
const exactly: Reviver = (_, value, { source }) =>
  typeof value === 'number' ? BigInt(source) : value;

const parseVector = (text: string): Vector =>
  (JSON.parse as (text: string, reviver: Reviver) => unknown)(text, exactly) as Vector;

const bytesOf = (text: unknown): Bytes => parseBase64(text as string);
const proofOf = ({ proof }: Vector) => ((proof ?? []) as string[]).map(bytesOf);
const sizeOf = (vector: Vector, field: string) => vector[field] as bigint;

/** Each kind of published case: how many there are, and the judgement that is asked for. */
const KINDS: Readonly<Record<string, readonly [number, (vector: Vector) => boolean]>> = {
  inclusion: [
    98,
    (vector) => {
      const tree = { size: sizeOf(vector, 'treeSize'), root: bytesOf(vector['root']) };
      const leaf = bytesOf(vector['leafHash']);
      return verifyInclusion(sizeOf(vector, 'leafIdx'), leaf, tree, proofOf(vector));
    },
  ],
  consistency: [
    98,
    (vector) => {
      const first = { size: sizeOf(vector, 'size1'), root: bytesOf(vector['root1']) };
      const second = { size: sizeOf(vector, 'size2'), root: bytesOf(vector['root2']) };
      return verifyConsistency(first, second, proofOf(vector));
    },
  ],
  subtreeinclusion: [
    204,
    (vector) => {
      // A subtree is a tree of its own, which begins at `start`.
      const start = sizeOf(vector, 'start');
      const end = sizeOf(vector, 'end');
      const hash = bytesOf(vector['root']);
      const index = sizeOf(vector, 'leafIdx') - start;
      const leaf = bytesOf(vector['leafHash']);
      const tree = { size: end - start, root: hash };
      return isSubtree(start, end) && verifyInclusion(index, leaf, tree, proofOf(vector));
    },
  ],
  subtreeconsistency: [
    118,
    (vector) => {
      const [start, end] = [sizeOf(vector, 'start'), sizeOf(vector, 'end')];
      const range = { start, end, hash: bytesOf(vector['root1']) };
      const tree = { size: sizeOf(vector, 'size'), root: bytesOf(vector['root2']) };
      return verifySubtree(range, tree, proofOf(vector));
    },
  ],
};

describe.skipIf(vectorsMissing !== '')(`vectors of RFC 6962${vectorsMissing}`, () => {
  test.each(Object.entries(KINDS))(
    'every published case of %s is judged as it says',
    (kind, of) => {
      const [count, judge] = of;
      const names = listVectors(`merkle-rfc6962/testdata/${kind}`);
      expect(names).toHaveLength(count);
      const judged = names.map((name) => {
        const vector = parseVector(readVectors(name));
        return `${name}: ${judge(vector) === !vector.wantErr ? 'as it says' : 'otherwise'}`;
      });
      expect(judged).toEqual(names.map((name) => `${name}: as it says`));
    },
  );
});
