/** `countersign policy test`: runs the test blocks of a bundle. */
import { EventEmitter, on } from 'node:events';
import { existsSync, watch } from 'node:fs';
import { stat, writeFile } from 'node:fs/promises';
import { dirname, join } from 'node:path';
import { isPlatformError } from '#core/errors.ts';
import { compileBundle } from '#policy-lang/compile-bundle.ts';
import type { CompiledPolicy } from '#policy-lang/compiled-policy.ts';
import { placeOf } from '#policy-lang/diagnostics.ts';
import { type TestResult, runTests } from '#policy-lang/run-tests.ts';
import { coverageOf } from '#policy-lang/test-coverage.ts';
import { type BundleOnDisk, readBundle } from '#policy-tools/read-bundle.ts';
import { junitXml, lcovTrace } from '#policy-tools/test-reports.ts';
import { type Command, type ExitCode, readArguments, requireWord } from './command.ts';
import { worldOf } from './known-assets.ts';
import { printCoverage } from './print-coverage.ts';
import { countInWords, printDiagnostics } from './print-diagnostics.ts';
import { type Terminal, printable, styled } from './terminal.ts';

type Call = {
  readonly path: string;
  readonly options: { readonly filter?: string; readonly junit?: string; readonly lcov?: string };
  readonly isJson: boolean;
  readonly showsCoverage: boolean;
};

export const policyTest: Command = {
  name: 'policy test',
  usage: 'FILE|FOLDER [--filter TEXT] [--coverage] [--junit FILE] [--lcov FILE] [--watch] [--json]',
  about: 'run the test blocks of a policy',
  details: [
    'A failed test shows what was expected, what the policy answered, and why, rule by rule.',
    '  --filter TEXT   only tests whose name contains the text',
    '  --coverage      which rules, comparisons and limits no test tries',
    '  --junit FILE    write the results for a build server',
    '  --lcov FILE     write the coverage for an editor',
    '  --watch         run again whenever a file of the bundle changes; Ctrl-C ends',
    '  --json          print one JSON object instead',
    '',
    'Example: countersign policy test --coverage examples/acme-vendor-payments',
  ],
  run: async (args, terminal) => {
    const { words, options, flags } = readArguments(args, {
      words: 1,
      options: ['filter', 'junit', 'lcov'],
      flags: ['json', 'coverage', 'watch'],
    });
    const path = requireWord(words, 'Name a policy file or the folder of a bundle.');
    const isJson = flags.has('json');
    const call: Call = { path, options, isJson, showsCoverage: flags.has('coverage') };
    return flags.has('watch')
      ? watchTests(terminal, call)
      : testBundle(terminal, await readBundle(path), call);
  },
};

/** Runs again for each change of a file, and says nothing where the files are what they were. */
async function watchTests(terminal: Terminal, call: Call): Promise<ExitCode> {
  const ended = new AbortController();
  terminal.onInterrupt?.(() => ended.abort());
  const folder = (await stat(call.path)).isDirectory() ? call.path : dirname(call.path);
  let seen = '';
  let code: ExitCode = 0;
  const runAgain = async (): Promise<void> => {
    const bundle = await readBundle(call.path);
    const content = JSON.stringify(bundle.files);
    if (content === seen) return;
    seen = content;
    code = await testBundle(terminal, bundle, call);
    terminal.err('Waiting for changes; Ctrl-C ends.');
  };
  const watchers = ['.', 'lists', 'abi']
    .map((name) => join(folder, name))
    .filter(existsSync)
    .map((path) => watch(path));
  const changed = new EventEmitter();
  for (const watcher of watchers) watcher.on('change', () => changed.emit('change'));
  // Listens from here on, so that a change during the first run is not lost.
  const changes = on(changed, 'change', { signal: ended.signal });
  try {
    await runAgain();
    for await (const _ of changes) {
      await runAgain().catch((error: unknown) => {
        // An editor may take a file away for a moment while it saves.
        if (!isPlatformError(error)) throw error;
        terminal.err(printable(error.message));
      });
    }
  } catch (error) {
    if (!ended.signal.aborted) throw error;
  } finally {
    for (const watcher of watchers) watcher.close();
  }
  return code;
}

async function testBundle(
  terminal: Terminal,
  bundle: BundleOnDisk,
  { path, options, isJson, showsCoverage }: Call,
): Promise<ExitCode> {
  const { policy, diagnostics } = compileBundle(bundle.files, worldOf(bundle));
  if (policy === undefined) {
    if (isJson) terminal.out(JSON.stringify({ ok: false, diagnostics, tests: [] }));
    else {
      printDiagnostics(terminal, bundle, diagnostics);
      terminal.out(`No test ran: ${countInWords(diagnostics)}`);
    }
    return 1;
  }
  const chosen = withTests(policy, options.filter);
  const report = runTests(chosen);
  const coverage = coverageOf(chosen);
  if (options.junit !== undefined) await writeFile(options.junit, junitXml(policy.title, report));
  if (options.lcov !== undefined) await writeFile(options.lcov, lcovTrace(bundle.root, coverage));
  const { tests, passed, failed } = report;
  const isEmpty = options.filter !== undefined && tests.length === 0;
  const ok = failed === 0 && !isEmpty;
  if (isJson) {
    const more = showsCoverage ? { coverage } : {};
    terminal.out(JSON.stringify({ ok, diagnostics, tests, ...more }));
    return ok ? 0 : 1;
  }
  for (const test of tests) printResult(terminal, bundle.root, test);
  if (isEmpty) terminal.out(printable(`No test of ${path} has "${options.filter}" in its name.`));
  else if (tests.length === 0) terminal.out('The bundle has no test.');
  terminal.out(styled(terminal, ok ? 'green' : 'red', `${passed} passed, ${failed} failed`));
  if (showsCoverage) printCoverage(terminal, bundle.root, coverage);
  return ok ? 0 : 1;
}

function withTests(policy: CompiledPolicy, filter: string | undefined): CompiledPolicy {
  if (filter === undefined) return policy;
  const { program } = policy;
  const tests = program.tests.filter(({ title }) => title.includes(filter));
  return { ...policy, program: { ...program, tests } };
}

function printResult(terminal: Terminal, root: string, test: TestResult): void {
  const mark = test.passed ? styled(terminal, 'green', 'pass') : styled(terminal, 'red', 'FAIL');
  terminal.out(`${mark}  ${printable(test.title)}`);
  if (test.passed) return;
  for (const { span, message } of test.failures) {
    terminal.out(`      ${printable(join(root, placeOf(span)))} ${printable(message)}`);
  }
  for (const rule of test.decision.rules) {
    const line = `${rule.outcome.padEnd(11)} ${rule.id}: ${rule.sentence}`;
    terminal.out(styled(terminal, 'dim', `      ${printable(line)}`));
  }
}
