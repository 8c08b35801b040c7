/** `countersign policy import dfns-json`: policies of DFNS as a bundle. */
import { join } from 'node:path';
import { compileBundle } from '#policy-lang/compile-bundle.ts';
import { hasErrors } from '#policy-lang/diagnostics.ts';
import { readLocalTime } from '#policy-lang/local-time.ts';
import { type DfnsImport, importDfns } from '#policy-tools/dfns/import-dfns.ts';
import { readDfnsPolicies, readDfnsUsers } from '#policy-tools/dfns/read-dfns.ts';
import { readTextFile } from '#policy-tools/read-text.ts';
import { writeNewBundle } from '#policy-tools/write-bundle.ts';
import { type Command, UsageError, readArguments, requireWord } from './command.ts';
import { KNOWN_WORLD } from './known-assets.ts';
import { countInWords, printDiagnostics } from './print-diagnostics.ts';
import { type Terminal, printable, styled } from './terminal.ts';

const BYTES_MAX = 16 * 1024 * 1024;

export const policyImportDfns: Command = {
  name: 'policy import dfns-json',
  usage: 'FILE --out FOLDER [--users FILE] [--effective TIME] [--otherwise-block] [--json]',
  about: 'turn policies of DFNS into a bundle',
  details: [
    'FILE is what GET /v2/policies returns. The bundle decides as DFNS does; where it cannot, a comment',
    'beside the rule and a line of the report say so. Ends with 1 where something was left out.',
    '  --out FOLDER        a new folder for the bundle',
    '  --users FILE        what GET /auth/users returns: the e-mail addresses behind the user ids',
    '  --effective TIME    e.g. "2026-07-01T00:00 Europe/Paris"; today at midnight UTC where absent',
    '  --otherwise-block   block what no rule allows, which DFNS does not',
    '  --json              print one JSON object instead',
    '',
    'Example: countersign policy import dfns-json policies.json --users users.json --out rules',
  ],
  run: async (args, terminal) => {
    const { words, options, flags } = readArguments(args, {
      words: 1,
      options: ['out', 'users', 'effective'],
      flags: ['otherwise-block', 'json'],
    });
    const path = requireWord(words, 'Name the file with the policies.');
    const { out, users, effective } = options;
    if (out === undefined) throw new UsageError('Name a new folder with --out.');
    const today = new Date().toISOString().slice(0, 'YYYY-MM-DD'.length);
    const imported = importDfns(readDfnsPolicies(await readTextFile(path, BYTES_MAX)), {
      users: users === undefined ? new Map() : readDfnsUsers(await readTextFile(users, BYTES_MAX)),
      effective: requireTime(effective ?? `${today}T00:00 UTC`),
      otherwise: flags.has('otherwise-block') ? 'block' : 'allow',
    });
    await writeNewBundle(out, imported.files);
    const { diagnostics } = compileBundle(imported.files, KNOWN_WORLD);
    const { files, notes } = imported;
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

/** @throws UsageError */
export function requireTime(text: string): string {
  const [time = '', zone = 'UTC', ...more] = text.trim().split(/\s+/);
  const read = readLocalTime(time, zone);
  if (read.ok && more.length === 0) return `${time} ${zone}`;
  throw new UsageError(
    read.ok ? `"${text}" is no time with its zone.` : `${read.message} ${read.hint}`,
  );
}

const STYLES = { differs: 'cyan', stricter: 'cyan', looser: 'yellow', 'left out': 'red' } as const;

function printImport(
  terminal: Terminal,
  root: string,
  { files, notes, imported }: DfnsImport,
): void {
  for (const { policy, kind, message } of notes) {
    const about = policy === undefined ? '' : `${printable(policy)}: `;
    terminal.out(
      `${styled(terminal, STYLES[kind], kind.padEnd(8))}  ${about}${printable(message)}`,
    );
  }
  if (notes.length > 0) terminal.out('');
  const counted = `${imported} ${imported === 1 ? 'policy' : 'policies'}`;
  terminal.out(`${counted} imported into ${printable(root)}:`);
  for (const { path } of files) terminal.out(`  ${path}`);
}
