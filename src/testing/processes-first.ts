/**
 * The order of a run: the files that start many processes come first, so that none of them runs on
 * alone when all the others are done. Inside that, vitest's own order: the longest of the last run
 * first, and the largest where there was none.
 */
import path from 'node:path';

import { BaseSequencer, type TestSpecification } from 'vitest/node';

/** The folders of such files, the heaviest first. */
const FIRST = ['test', 'src/cluster-client', 'signer-cluster', 'launcher'];

export class ProcessesFirst extends BaseSequencer {
  override async sort(files: TestSpecification[]): Promise<TestSpecification[]> {
    // oxlint-disable-next-line unicorn/no-array-sort -- a method of the base class
    const sorted = await super.sort(files);
    const { root } = this.ctx.config;
    const rank = ({ moduleId }: TestSpecification) => rankOf(path.relative(root, moduleId));
    return sorted.toSorted((a, b) => rank(a) - rank(b));
  }
}

/** The lower, the earlier; equal for all files whose order is vitest's. */
export function rankOf(file: string): number {
  const rank = FIRST.findIndex((folder) => file.startsWith(`${folder}/`));
  return rank === -1 ? FIRST.length : rank;
}
