/** `countersign policy test`: runs the test blocks of a bundle. */
import { join } from 'node:path';
import { compileBundle } from '#policy-lang/compile-bundle.ts';
import { placeOf } from '#policy-lang/diagnostics.ts';
import { type TestResult, runTests } from '#policy-lang/run-tests.ts';
import { readBundle } from '#policy-tools/read-bundle.ts';
import { type Command, readPathAndFlags } from './command.ts';
import { KNOWN_WORLD } from './known-assets.ts';
import { countInWords, printDiagnostics } from './print-diagnostics.ts';
import { type Terminal, printable, styled } from './terminal.ts';

export const policyTest: Command = {
  name: 'policy test',
  usage: 'FILE|FOLDER [--json]',
  about: 'run the test blocks of a policy',
  details: [
    'A failed test shows what was expected, what the policy answered, and why, rule by rule.',
    '  --json   print one JSON object instead',
  ],
  run: async (args, terminal) => {
    const { path, flags } = readPathAndFlags(args, ['--json']);
    const json = flags.has('--json');
    const bundle = await readBundle(path);
    const { policy, diagnostics } = compileBundle(bundle.files, KNOWN_WORLD);
    if (policy === undefined) {
      if (json) terminal.out(JSON.stringify({ ok: false, diagnostics, tests: [] }));
      else {
        printDiagnostics(terminal, bundle, diagnostics);
        terminal.out(`No test ran: ${countInWords(diagnostics)}`);
      }
      return 1;
    }
    const { tests, passed, failed } = runTests(policy);
    if (json) terminal.out(JSON.stringify({ ok: failed === 0, diagnostics, tests }));
    else {
      for (const test of tests) printResult(terminal, bundle.root, test);
      if (tests.length === 0) terminal.out('The bundle has no test.');
      const verdict = failed === 0 ? 'green' : 'red';
      terminal.out(styled(terminal, verdict, `${passed} passed, ${failed} failed`));
    }
    return failed === 0 ? 0 : 1;
  },
};

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
