/** `countersign policy bundle`: a bundle as one signed file, and whether such a file is genuine. */
import { writeFile } from 'node:fs/promises';
import { invalidInput } from '#core/errors.ts';
import { compileBundle } from '#policy-lang/compile-bundle.ts';
import { runTests } from '#policy-lang/run-tests.ts';
import { readBundle } from '#policy-tools/read-bundle.ts';
import { readTextFile } from '#policy-tools/read-text.ts';
import {
  type Release,
  readRelease,
  releaseFaults,
  releaseText,
  signRelease,
  statementOf,
} from '#policy-tools/release.ts';
import { type Command, type ExitCode, UsageError, readArguments, requireWord } from './command.ts';
import { readKeyFile } from './key-file.ts';
import { KNOWN_WORLD, worldOf } from './known-assets.ts';
import { printDiagnostics } from './print-diagnostics.ts';
import { type Terminal, printable, styled } from './terminal.ts';

/** Twice the largest bundle: quotes and line breaks are escaped in JSON. */
const BYTES_MAX = 32 * 1024 * 1024;

export const policyBundle: Command = {
  name: 'policy bundle',
  usage: 'FOLDER --out FILE [--key-file FILE] [--json] | --verify FILE [--public-key KEY]',
  about: 'put a bundle into one signed file, or verify such a file',
  details: [
    'Refuses a bundle with an error or with a test that fails. The same bundle and key give the same bytes.',
    '  --out FILE         a new file for the release',
    '  --key-file FILE    sign with the Ed25519 key of a service account; unsigned where absent',
    '  --verify FILE      check the files, the times and the signature of a release instead',
    '  --public-key KEY   who must have signed (countersign service-account public-key)',
    '  --json             print one JSON object instead',
    '',
    'Example: countersign policy bundle rules --key-file release.key --out rules-7.json',
  ],
  run: async (args, terminal) => {
    const { words, options, flags } = readArguments(args, {
      words: 1,
      options: ['out', 'key-file', 'verify', 'public-key'],
      flags: ['json'],
    });
    const isJson = flags.has('json');
    if (options.verify !== undefined) {
      if (words.length > 0) throw new UsageError('With --verify there is no folder to name.');
      return verifyFile(terminal, options.verify, options['public-key'], isJson);
    }
    const path = requireWord(words, 'Name the folder of a bundle.');
    if (options.out === undefined) throw new UsageError('Name a new file with --out.');
    const release = await makeRelease(terminal, path, options['key-file']);
    if (release === undefined) return 1;
    await writeNewFile(options.out, releaseText(release));
    printRelease(terminal, release, isJson, []);
    return 0;
  },
};

/** Undefined where the bundle is not fit to be released; the reasons are printed. */
async function makeRelease(
  terminal: Terminal,
  path: string,
  keyPath: string | undefined,
): Promise<Release | undefined> {
  const bundle = await readBundle(path);
  const { policy, diagnostics } = compileBundle(bundle.files, worldOf(bundle));
  if (policy === undefined) {
    printDiagnostics({ ...terminal, out: terminal.err }, bundle, diagnostics);
    return undefined;
  }
  const { failed } = runTests(policy);
  if (failed > 0) {
    const tests = `${failed} test${failed === 1 ? '' : 's'}`;
    terminal.err(`${tests} failed: see "countersign policy test ${printable(path)}".`);
    return undefined;
  }
  const statement = statementOf(policy);
  const { files } = bundle;
  if (keyPath === undefined) return { statement, files };
  return { statement, files, signature: signRelease(statement, readKeyFile(keyPath).key) };
}

async function writeNewFile(path: string, text: string): Promise<void> {
  try {
    await writeFile(path, text, { flag: 'wx' });
  } catch (error) {
    const { code, message } = error as NodeJS.ErrnoException;
    const reason = code === 'EEXIST' ? 'exists already' : message;
    throw invalidInput(path, reason, 'Name a new file.');
  }
}

async function verifyFile(
  terminal: Terminal,
  path: string,
  expectedKey: string | undefined,
  isJson: boolean,
): Promise<ExitCode> {
  const release = readRelease(await readTextFile(path, BYTES_MAX));
  const { policy } = compileBundle(release.files, { ...KNOWN_WORLD, isPublished: true });
  const faults = releaseFaults(release, policy, expectedKey);
  printRelease(terminal, release, isJson, faults);
  if (faults.length === 0 && !isJson) {
    const how = signedHow(release, expectedKey);
    terminal.out(styled(terminal, expectedKey === undefined ? 'yellow' : 'green', how));
  }
  return faults.length === 0 ? 0 : 1;
}

function signedHow({ signature }: Release, expectedKey: string | undefined): string {
  if (signature === undefined) return 'genuine files, not signed';
  return expectedKey === undefined
    ? 'genuine, signed with the key above; say with --public-key whose it must be'
    : 'genuine, signed with the expected key';
}

function printRelease(
  terminal: Terminal,
  { statement, files, signature }: Release,
  isJson: boolean,
  faults: readonly string[],
): void {
  if (isJson) {
    const signer = signature?.publicKey ?? null;
    const paths = files.map(({ path }) => path);
    terminal.out(JSON.stringify({ ok: faults.length === 0, ...statement, signer, paths, faults }));
    return;
  }
  const { title, version, effectiveFrom, effectiveUntil, hash } = statement;
  const until = effectiveUntil === undefined ? '' : ` until ${effectiveUntil}`;
  terminal.out(printable(`${title}, version ${version}`));
  terminal.out(printable(`  in force   from ${effectiveFrom}${until}`));
  terminal.out(printable(`  hash       ${hash}`));
  terminal.out(printable(`  signed by  ${signature?.publicKey ?? 'nobody'}`));
  terminal.out(`  files      ${files.length}`);
  for (const fault of faults) terminal.out(styled(terminal, 'red', fault));
}
