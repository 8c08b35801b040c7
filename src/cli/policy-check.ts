/** `countersign policy check`: reads a bundle and says everything that is wrong with it. */
import { compileBundle } from '#policy-lang/compile-bundle.ts';
import { hasErrors } from '#policy-lang/diagnostics.ts';
import { readBundle } from '#policy-tools/read-bundle.ts';
import { type Command, readPathAndFlags } from './command.ts';
import { KNOWN_WORLD } from './known-assets.ts';
import { countInWords, printDiagnostics } from './print-diagnostics.ts';
import { styled } from './terminal.ts';

export const policyCheck: Command = {
  name: 'policy check',
  usage: 'FILE|FOLDER [--json]',
  about: 'check a policy and its lists and groups',
  details: [
    'Prints each fault with its place. Warnings leave the exit code at 0.',
    '  --json   print one JSON object instead',
  ],
  run: async (args, terminal) => {
    const { path, flags } = readPathAndFlags(args, ['--json']);
    const bundle = await readBundle(path);
    const { policy, diagnostics } = compileBundle(bundle.files, KNOWN_WORLD);
    const failed = hasErrors(diagnostics);
    if (flags.has('--json')) {
      const about = policy && { title: policy.title, version: policy.version, hash: policy.hash };
      terminal.out(JSON.stringify({ ok: !failed, policy: about ?? null, diagnostics }));
      return failed ? 1 : 0;
    }
    printDiagnostics(terminal, bundle, diagnostics);
    const files = `${bundle.files.length} file${bundle.files.length === 1 ? '' : 's'}`;
    const verdict = styled(terminal, failed ? 'red' : 'green', countInWords(diagnostics));
    const named = policy === undefined ? '' : `, version ${policy.version}, hash ${policy.hash}`;
    terminal.out(`${files}: ${verdict}${named}`);
    return failed ? 1 : 0;
  },
};
