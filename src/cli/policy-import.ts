/** `countersign policy import dfns-json`: policies of DFNS as a bundle. */
import { importDfns } from '#policy-tools/dfns/import-dfns.ts';
import { readDfnsPolicies, readDfnsUsers } from '#policy-tools/dfns/read-dfns.ts';
import { readTextFile } from '#policy-tools/read-text.ts';
import { type Command, UsageError, readArguments, requireWord } from './command.ts';
import { effectiveTime, tellImport } from './tell-import.ts';

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
    const imported = importDfns(readDfnsPolicies(await readTextFile(path, BYTES_MAX)), {
      users: users === undefined ? new Map() : readDfnsUsers(await readTextFile(users, BYTES_MAX)),
      effective: effectiveTime(effective),
      otherwise: flags.has('otherwise-block') ? 'block' : 'allow',
    });
    return tellImport(terminal, imported, {
      out,
      isJson: flags.has('json'),
      words: ['policy', 'policies'],
      about: ({ policy }) => policy,
    });
  },
};
