/** `countersign policy import tap-json`: rules of Fireblocks as a bundle. */
import { readTextFile } from '#policy-tools/read-text.ts';
import { importTap } from '#policy-tools/tap/import-tap.ts';
import { readTapRules } from '#policy-tools/tap/read-tap.ts';
import { NO_MAP, readTapMap } from '#policy-tools/tap/tap-map.ts';
import { type Command, UsageError, readArguments, requireWord } from './command.ts';
import { effectiveTime, tellImport } from './tell-import.ts';

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
    const rules = readTapRules(await readTextFile(path, BYTES_MAX));
    const names = map === undefined ? NO_MAP : readTapMap(await readTextFile(map, BYTES_MAX));
    return tellImport(terminal, importTap(rules, names, effectiveTime(effective)), {
      out,
      isJson: flags.has('json'),
      words: ['rule', 'rules'],
      about: ({ rule }) => (rule === undefined ? undefined : `rule ${rule}`),
    });
  },
};
