/** A request as a `test` block that has been tried: it compiles and passes as it is printed. */
import { testBlockOf } from '#policy-lang/analysis/test-block.ts';
import type { BundleFile } from '#policy-lang/bundle-files.ts';
import { compileBundle } from '#policy-lang/compile-bundle.ts';
import { decide } from '#policy-lang/decide.ts';
import { runTests } from '#policy-lang/run-tests.ts';
import type { Snapshot } from '#policy-lang/snapshot.ts';
import type { World } from '#policy-lang/world.ts';

/** A name that no author's file has. */
const PATH = 'proof-example.test.policy';

/**
 * Undefined where the request cannot be written as a test, such as one whose wallet has no known tags.
 */
export function passingTest(
  files: readonly BundleFile[],
  world: World,
  title: string,
  snapshot: Snapshot,
): string | undefined {
  const { policy } = compileBundle(files, world);
  if (policy === undefined) return undefined;
  const block = testBlockOf(title, snapshot, decide(policy, snapshot), {
    assets: policy.program.linked.assets,
    needs: policy.aggregates,
    groups: policy.groups.keys(),
    begin: policy.effective.from,
  });
  const again = compileBundle([...files, { path: PATH, content: `${block}\n` }], world).policy;
  const results = again === undefined ? [] : runTests(again).tests;
  const own = results.find((test) => test.span.path === PATH);
  return own?.passed === true ? block : undefined;
}
