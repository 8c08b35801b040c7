/** What `explain` and `why-not` look at: a request from a file, or the one that a test gives. */
import { compileBundle } from '#policy-lang/compile-bundle.ts';
import type { CompiledPolicy } from '#policy-lang/compiled-policy.ts';
import { didYouMean } from '#policy-lang/checking/nearest-name.ts';
import { testSubject } from '#policy-lang/run-tests.ts';
import type { Snapshot } from '#policy-lang/snapshot.ts';
import { readBundle } from '#policy-tools/read-bundle.ts';
import { readTextFile } from '#policy-tools/read-text.ts';
import { readRequestFile } from '#policy-tools/request-file.ts';
import { UsageError } from './command.ts';
import { worldOf } from './known-assets.ts';
import { countInWords, printDiagnostics } from './print-diagnostics.ts';
import type { Terminal } from './terminal.ts';

const REQUEST_BYTES_MAX = 1024 * 1024;

/** A policy, and a request to decide with it. */
export type Subject = { readonly policy: CompiledPolicy; readonly snapshot: Snapshot };

export const SUBJECT_DETAILS: readonly string[] = [
  '  --test NAME   the request of this test, with the lists and totals that the test gives',
];

/**
 * Undefined where the bundle does not compile, which is printed then.
 * @throws UsageError where the call names no request
 */
export async function readSubject(
  terminal: Terminal,
  bundlePath: string,
  requestPath: string | undefined,
  testName: string | undefined,
): Promise<Subject | undefined> {
  if ((requestPath === undefined) === (testName === undefined)) {
    throw new UsageError('Name a file with a request, or a test with --test.');
  }
  const bundle = await readBundle(bundlePath);
  const { policy, diagnostics } = compileBundle(bundle.files, worldOf(bundle));
  if (policy === undefined) {
    printDiagnostics({ ...terminal, out: terminal.err }, bundle, diagnostics);
    terminal.err(`Nothing is decided: ${countInWords(diagnostics)}`);
    return undefined;
  }
  if (requestPath !== undefined) {
    const text = await readTextFile(requestPath, REQUEST_BYTES_MAX);
    return { policy, snapshot: readRequestFile(text, policy, worldOf(bundle)) };
  }
  const { tests } = policy.program;
  const test = tests.find(({ title }) => title === testName);
  if (test !== undefined) return testSubject(policy, test);
  const titles = tests.map(({ title }) => title);
  throw new UsageError(`There is no test "${testName}". ${nearest(testName ?? '', titles)}`.trim());
}

/** `Did you mean ...?`, or what there is. */
export function nearest(name: string, known: readonly string[]): string {
  const advice = didYouMean(name, known);
  return (typeof advice === 'object' ? advice.hint : advice) ?? '';
}
