/** `countersign policy import tap-json`: rules of Fireblocks as a bundle. */
import { join } from 'node:path';
import { compileBundle } from '#policy-lang/compile-bundle.ts';
import { hasErrors } from '#policy-lang/diagnostics.ts';
import { readTextFile } from '#policy-tools/read-text.ts';
import { type TapImport, importTap } from '#policy-tools/tap/import-tap.ts';
import { readTapRules } from '#policy-tools/tap/read-tap.ts';
import { NO_MAP, readTapMap } from '#policy-tools/tap/tap-map.ts';
import { writeNewBundle } from '#policy-tools/write-bundle.ts';
import { type Command, UsageError, readArguments, requireWord } from './command.ts';
import { KNOWN_WORLD } from './known-assets.ts';
import { requireTime } from './policy-import.ts';
import { countInWords, printDiagnostics } from './print-diagnostics.ts';
import { type Terminal, printable, styled } from './terminal.ts';

const BYTES_MAX = 16 * 1024 * 1024;

export const policyImportTap: Command = {
  name: 'policy import tap-json',
  usage: 'FILE --out FOLDER [--map FILE] [--effective TIME] [--json]',
  about: 'turn rules of Fireblocks into a bundle',
  details: [
    'FILE is what GET /v1/tap/active_policy returns. What cannot be said here blocks; a comment beside the',
    'rule and a line of the report say so, and of all that differs. Ends with 1 where something was left out.',
    '  --out FOLDER       a new folder for the bundle',
    '  --map FILE         what assets, vaults, users, groups and destinations are called here:',
    '                     { "assets": { "USDC": "USDC@ethereum" }, "wallets": { "0": "wal_..." },',
    '                       "users": { "ID": "bob@acme.example" }, "groups": { "ID": ["bob@acme.example"] },',
    '                       "addresses": { "ID": ["0x..."] } }',
    '  --effective TIME   e.g. "2026-07-01T00:00 Europe/Paris"; today at midnight UTC where absent',
    '  --json             print one JSON object instead',
    '',
    'Example: countersign policy import tap-json tap.json --map names.json --out rules',
  ],
  run: async (args, terminal) => {
    const { words, options, flags } = readArguments(args, {
      words: 1,
      options: ['out', 'map', 'effective'],
      flags: ['json'],
    });
    const path = requireWord(words, 'Name the file with the rules.');
    const { out, map, effective } = options;
    if (out === undefined) throw new UsageError('Name a new folder with --out.');
    const today = new Date().toISOString().slice(0, 'YYYY-MM-DD'.length);
    const rules = readTapRules(await readTextFile(path, BYTES_MAX));
    const names = map === undefined ? NO_MAP : readTapMap(await readTextFile(map, BYTES_MAX));
    const imported = importTap(rules, names, requireTime(effective ?? `${today}T00:00 UTC`));
    const { files, notes } = imported;
    await writeNewBundle(out, files);
    const { diagnostics } = compileBundle(files, KNOWN_WORLD);
    if (flags.has('json')) {
      const paths = files.map((file) => join(out, file.path));
      terminal.out(
        JSON.stringify({ imported: imported.imported, notes, files: paths, diagnostics }),
      );
    } else {
      printImport(terminal, out, imported);
      printDiagnostics(terminal, { root: out, files }, diagnostics);
      terminal.out(`The bundle has ${countInWords(diagnostics)}.`);
    }
    const isComplete = notes.every(({ kind }) => kind !== 'left out') && !hasErrors(diagnostics);
    return isComplete ? 0 : 1;
  },
};

const STYLES = { differs: 'cyan', stricter: 'cyan', looser: 'yellow', 'left out': 'red' } as const;

function printImport(
  terminal: Terminal,
  root: string,
  { files, notes, imported }: TapImport,
): void {
  for (const { rule, kind, message } of notes) {
    const about = rule === undefined ? '' : `rule ${rule}: `;
    terminal.out(
      `${styled(terminal, STYLES[kind], kind.padEnd(8))}  ${about}${printable(message)}`,
    );
  }
  terminal.out('');
  const counted = `${imported} ${imported === 1 ? 'rule' : 'rules'}`;
  terminal.out(`${counted} imported into ${printable(root)}:`);
  for (const { path } of files) terminal.out(`  ${path}`);
}
