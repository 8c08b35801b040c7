/** `countersign policy new`: a bundle to begin with. */
import { basename, join } from 'node:path';
import { invalidInput } from '#core/errors.ts';
import { starterBundle } from '#policy-tools/starter-bundle.ts';
import { writeNewBundle } from '#policy-tools/write-bundle.ts';
import { type Command, readArguments, requireWord } from './command.ts';
import { printable } from './terminal.ts';

const NAME = /^[a-z][a-z0-9]*(?:-[a-z0-9]+)*$/;

export const policyNew: Command = {
  name: 'policy new',
  usage: 'FOLDER [--json]',
  about: 'begin a policy: commented, with tests that pass',
  details: [
    'Writes a policy named like the folder, its tests, a list and a group. Overwrites nothing.',
    '  --json   print one JSON object instead',
    '',
    'Example: countersign policy new rules/vendor-payments',
  ],
  run: async (args, terminal) => {
    const { words, flags } = readArguments(args, { words: 1, flags: ['json'] });
    const folder = requireWord(words, 'Name a new folder.');
    const name = basename(folder);
    if (!NAME.test(name) || name.length > 64) {
      const hint = 'Use small letters, digits and hyphens, e.g. vendor-payments.';
      throw invalidInput('folder', `"${name}" cannot name a policy`, hint);
    }
    const today = new Date().toISOString().slice(0, 'YYYY-MM-DD'.length);
    const files = await starterBundle(name, `${today}T00:00 UTC`);
    await writeNewBundle(folder, files);
    const paths = files.map(({ path }) => join(folder, path));
    if (flags.has('json')) terminal.out(JSON.stringify({ files: paths }));
    else {
      for (const path of paths) terminal.out(printable(path));
      terminal.out('');
      terminal.out(`Next: countersign policy test ${printable(folder)}`);
    }
    return 0;
  },
};
