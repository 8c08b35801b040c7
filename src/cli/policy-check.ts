/** `countersign policy check`: reads a bundle and says everything that is wrong with it. */
import { writeFile } from 'node:fs/promises';
import { join } from 'node:path';
import { applyFixes } from '#policy-lang/apply-fixes.ts';
import { type Compilation, compileBundle } from '#policy-lang/compile-bundle.ts';
import { unexplainedChanges } from '#policy-lang/checks/explained-changes.ts';
import { untested } from '#policy-lang/checks/tested-rules.ts';
import type { CompiledPolicy } from '#policy-lang/compiled-policy.ts';
import { type Diagnostic, hasErrors } from '#policy-lang/diagnostics.ts';
import { runTests } from '#policy-lang/run-tests.ts';
import { type BundleOnDisk, readBundle } from '#policy-tools/read-bundle.ts';
import { sarifLog } from '#policy-tools/sarif.ts';
import { type Command, UsageError, readArguments, requireWord } from './command.ts';
import { compileOrTell } from './compile-or-tell.ts';
import { worldOf } from './known-assets.ts';
import { countInWords, printDiagnostics } from './print-diagnostics.ts';
import { type Terminal, styled } from './terminal.ts';

const FORMATS = ['human', 'json', 'sarif'] as const;
type Format = (typeof FORMATS)[number];

/** A correction may uncover the next mistake; more rounds than these are no progress. */
const FIX_ROUNDS = 10;

export const policyCheck: Command = {
  name: 'policy check',
  usage:
    'FILE|FOLDER [--fix] [--against OLD] [--tests] [--warnings-as-errors] [--format FORMAT] [--json]',
  about: 'check a policy and its lists and groups',
  details: [
    'Prints each fault with its place. Warnings leave the exit code at 0.',
    '  --against OLD          also warn of what lets more through than the bundle OLD without a new reason',
    '  --fix                  make the changes that leave no doubt, such as a mistyped name',
    '  --tests                also warn of rules and limits that no test tries',
    '  --warnings-as-errors   end with 1 where there is a warning',
    '  --format FORMAT        human, json, or sarif (2.1.0) for code review; human where absent',
    '  --json                 the same as --format json',
    '',
    'Example: countersign policy check examples/acme-vendor-payments',
  ],
  run: async (args, terminal) => {
    const { words, options, flags } = readArguments(args, {
      words: 1,
      options: ['format', 'against'],
      flags: ['json', 'fix', 'tests', 'warnings-as-errors'],
    });
    const path = requireWord(words, 'Name a policy file or the folder of a bundle.');
    const format = requireFormat(options.format ?? (flags.has('json') ? 'json' : 'human'));
    const fixed = flags.has('fix') ? await fixBundle(path) : 0;
    const bundle = await readBundle(path);
    const compiled = compileBundle(bundle.files, worldOf(bundle));
    const old = options.against && (await compileOrTell(terminal, options.against));
    if (options.against !== undefined && !old) return 1;
    const compilation = withMore(compiled, [
      ...(flags.has('tests')
        ? [(policy: CompiledPolicy) => untested(policy, runTests(policy))]
        : []),
      ...(old ? [(policy: CompiledPolicy) => unexplainedChanges(old.policy, policy)] : []),
    ]);
    const { diagnostics } = compilation;
    const isStrict = flags.has('warnings-as-errors');
    const failed = isStrict ? diagnostics.length > 0 : hasErrors(diagnostics);
    print(terminal, format, { bundle, compilation, failed, fixed });
    return failed ? 1 : 0;
  },
};

/** With what only the tests, or the version before, can show. */
function withMore(
  { policy, diagnostics }: Compilation,
  checks: readonly ((policy: CompiledPolicy) => readonly Diagnostic[])[],
): Compilation {
  if (policy === undefined) return { diagnostics };
  return { policy, diagnostics: [...diagnostics, ...checks.flatMap((check) => check(policy))] };
}

function requireFormat(text: string): Format {
  const format = FORMATS.find((known) => known === text);
  if (format !== undefined) return format;
  throw new UsageError(`There is no format ${text}; use ${FORMATS.join(', ')}.`);
}

/** Writes what the diagnostics propose until they propose nothing more. Returns how much it was. */
async function fixBundle(path: string): Promise<number> {
  let total = 0;
  for (let round = 0; round < FIX_ROUNDS; round++) {
    const bundle = await readBundle(path);
    const { diagnostics } = compileBundle(bundle.files, worldOf(bundle));
    const fixed = applyFixes(bundle.files, diagnostics);
    if (fixed.count === 0) break;
    for (const file of fixed.files) await writeFile(join(bundle.root, file.path), file.content);
    total += fixed.count;
  }
  return total;
}

type Checked = {
  readonly bundle: BundleOnDisk;
  readonly compilation: Compilation;
  readonly failed: boolean;
  readonly fixed: number;
};

function print(terminal: Terminal, format: Format, checked: Checked): void {
  const { bundle, compilation, failed, fixed } = checked;
  const { policy, diagnostics } = compilation;
  if (format === 'sarif') {
    terminal.out(JSON.stringify(sarifLog(bundle.root, diagnostics), undefined, 2));
    return;
  }
  if (format === 'json') {
    const about = policy && { title: policy.title, version: policy.version, hash: policy.hash };
    terminal.out(JSON.stringify({ ok: !failed, policy: about ?? null, diagnostics, fixed }));
    return;
  }
  printDiagnostics(terminal, bundle, diagnostics);
  if (fixed > 0) terminal.out(`${fixed} place${fixed === 1 ? '' : 's'} corrected`);
  const files = `${bundle.files.length} file${bundle.files.length === 1 ? '' : 's'}`;
  const verdict = styled(terminal, failed ? 'red' : 'green', countInWords(diagnostics));
  const named = policy === undefined ? '' : `, version ${policy.version}, hash ${policy.hash}`;
  terminal.out(`${files}: ${verdict}${named}`);
}
