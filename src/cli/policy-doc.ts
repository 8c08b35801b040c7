/** `countersign policy doc`: the rulebook as a page for people who do not read policy files. */
import { writeFile } from 'node:fs/promises';
import { invalidInput } from '#core/errors.ts';
import { compileBundle } from '#policy-lang/compile-bundle.ts';
import { runTests } from '#policy-lang/run-tests.ts';
import { readBundle } from '#policy-tools/read-bundle.ts';
import { rulebookHtml } from '#policy-tools/rulebook-html.ts';
import { type Command, UsageError, readArguments, requireWord } from './command.ts';
import { worldOf } from './known-assets.ts';
import { countInWords, printDiagnostics } from './print-diagnostics.ts';
import { printable } from './terminal.ts';

export const policyDoc: Command = {
  name: 'policy doc',
  usage: 'FILE|FOLDER [--out FILE] [--json]',
  about: 'write the rulebook and its control matrix as one HTML page',
  details: [
    'The page stands by itself, prints well and runs nothing: rules in words, the controls with the tests',
    'that show them, lists, groups and the files. The same bundle gives the same page.',
    '  --out FILE   where to write it, a name in .html; standard output where absent',
    '  --json       with --out, print one JSON object about it',
    '',
    'Example: countersign policy doc rules --out rulebook.html',
  ],
  run: async (args, terminal) => {
    const { words, options, flags } = readArguments(args, {
      words: 1,
      options: ['out'],
      flags: ['json'],
    });
    const path = requireWord(words, 'Name a policy file or the folder of a bundle.');
    const { out } = options;
    // The page takes the place of the one before, so the name must not be that of a policy or a list.
    if (out !== undefined && !out.endsWith('.html')) {
      throw new UsageError('Name a file that ends in .html with --out.');
    }
    const bundle = await readBundle(path);
    const { policy, diagnostics } = compileBundle(bundle.files, worldOf(bundle));
    if (policy === undefined) {
      printDiagnostics({ ...terminal, out: terminal.err }, bundle, diagnostics);
      terminal.err(`No page was written: ${countInWords(diagnostics)}`);
      return 1;
    }
    const page = rulebookHtml(policy, bundle.files, runTests(policy));
    if (out === undefined) {
      terminal.out(page.trimEnd());
      return 0;
    }
    await writeFile(out, page).catch((error: NodeJS.ErrnoException) => {
      throw invalidInput(out, `cannot be written (${error.code})`, 'Name another file.');
    });
    const rules = policy.program.rules.length;
    if (flags.has('json')) {
      const { title, version, hash } = policy;
      terminal.out(JSON.stringify({ title, version, hash, rules, file: out }));
    } else terminal.out(printable(`${out}: ${rules} rule${rules === 1 ? '' : 's'}`));
    return 0;
  },
};
