/** Whether the tests of a bundle notice its mutants. */
import { hex, utf8 } from '#core/bytes.ts';
import { sha256 } from '#core/hashing.ts';
import { type BundleFile, isPolicyFile } from '#policy-lang/bundle-files.ts';
import { compileBundle } from '#policy-lang/compile-bundle.ts';
import { optional } from '#policy-lang/optional.ts';
import { compareText } from '#policy-lang/checking/report.ts';
import { runTests } from '#policy-lang/run-tests.ts';
import type { World } from '#policy-lang/world.ts';
import { type Mutant, mutantsOf } from './mutants.ts';

export type MutantResult = {
  readonly mutant: Mutant;
  /** `invalid`: the compiler refuses it, so no test has to. */
  readonly verdict: 'killed' | 'survived' | 'invalid';
  /** The first test that failed. */
  readonly killedBy?: string;
};

/**
 * Some or all mutants of a bundle. Which ones are taken, where there are more than `max`, depends on
 * the seed and on nothing else.
 */
export function chooseMutants(
  files: readonly BundleFile[],
  max: number,
  seed: string,
): readonly Mutant[] {
  const all = files.filter(({ path }) => isPolicyFile(path)).flatMap(mutantsOf);
  if (all.length <= max) return all;
  const chosen = all
    .map((mutant, index) => ({ index, rank: hex(sha256(utf8(`${seed} ${index}`))), mutant }))
    .toSorted((left, right) => compareText(left.rank, right.rank))
    .slice(0, max);
  return chosen.toSorted((left, right) => left.index - right.index).map(({ mutant }) => mutant);
}

export function tryMutant(
  files: readonly BundleFile[],
  mutant: Mutant,
  world: World,
): MutantResult {
  const { span, text } = mutant.change;
  const changed = files.map((file) =>
    file.path === span.path
      ? {
          path: file.path,
          content:
            file.content.slice(0, span.start.offset) + text + file.content.slice(span.end.offset),
        }
      : file,
  );
  const { policy } = compileBundle(changed, world);
  if (policy === undefined) return { mutant, verdict: 'invalid' };
  const failed = runTests(policy).tests.find(({ passed }) => !passed);
  const verdict = failed === undefined ? 'survived' : 'killed';
  return { mutant, verdict, ...optional('killedBy', failed?.title) };
}

/** Hundredths of those that the compiler accepts; a policy without mutants has nothing to notice. */
export function scoreOf(results: readonly MutantResult[]): number {
  const valid = results.filter(({ verdict }) => verdict !== 'invalid');
  const killed = valid.filter(({ verdict }) => verdict === 'killed');
  return valid.length === 0 ? 100 : Math.floor((killed.length * 100) / valid.length);
}
