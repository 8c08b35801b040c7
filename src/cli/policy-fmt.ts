/** `countersign policy fmt`: writes policy files the way everybody's are written. */
import { writeFile } from 'node:fs/promises';
import { join } from 'node:path';
import type { Diagnostic } from '#policy-lang/diagnostics.ts';
import { isPolicyFile } from '#policy-lang/bundle-files.ts';
import { formatPolicy } from '#policy-lang/format/format-policy.ts';
import { SourceText } from '#policy-lang/syntax/source-text.ts';
import { lineDiff } from '#policy-tools/line-diff.ts';
import { readBundle } from '#policy-tools/read-bundle.ts';
import { type Command, type ExitCode, UsageError, readArguments } from './command.ts';
import { printDiagnostics } from './print-diagnostics.ts';
import { type Terminal, printable, styled } from './terminal.ts';

export const policyFmt: Command = {
  name: 'policy fmt',
  usage: 'FILE|FOLDER... [--check] [--json] | --stdin',
  about: 'write policy files the way everybody writes them',
  details: [
    'Changes white space only; comments stay. A file with a syntax error is left alone.',
    '  --check   change nothing, show what would change, and end with 1 where something would',
    '  --stdin   read one file from standard input and write it to standard output',
    '  --json    print one JSON object instead',
    '',
    'Example: countersign policy fmt --check examples/acme-vendor-payments',
  ],
  run: async (args, terminal) => {
    const { words, flags } = readArguments(args, {
      words: Infinity,
      flags: ['check', 'stdin', 'json'],
    });
    if (flags.has('stdin')) return formatInput(terminal, words);
    if (words.length === 0) throw new UsageError('Name policy files or folders of bundles.');
    const files: FormattedFile[] = [];
    for (const path of words) files.push(...(await formatPath(path)));
    if (!flags.has('check')) {
      for (const { path, after } of files) if (after !== undefined) await writeFile(path, after);
    }
    if (flags.has('json')) printJson(terminal, files);
    else printFiles(terminal, files, flags.has('check'));
    const isFaulty = files.some(({ diagnostics }) => diagnostics.length > 0);
    const isChanged = files.some(({ after }) => after !== undefined);
    return isFaulty || (flags.has('check') && isChanged) ? 1 : 0;
  },
};

type FormattedFile = {
  readonly path: string;
  readonly root: string;
  readonly source: SourceText;
  /** Absent where nothing is to change. */
  readonly after?: string;
  readonly diagnostics: readonly Diagnostic[];
};

async function formatPath(path: string): Promise<readonly FormattedFile[]> {
  const { root, files } = await readBundle(path);
  return files
    .filter((file) => isPolicyFile(file.path))
    .filter((file) => !path.endsWith('.policy') || join(root, file.path) === join(path))
    .map((file) => {
      const source = new SourceText(file.path, file.content);
      const formatted = formatPolicy(source);
      const base = { path: join(root, file.path), root, source };
      if (!formatted.ok) return { ...base, diagnostics: formatted.diagnostics };
      const isChanged = formatted.text !== file.content;
      return { ...base, diagnostics: [], ...(isChanged && { after: formatted.text }) };
    });
}

async function formatInput(terminal: Terminal, words: readonly string[]): Promise<ExitCode> {
  if (words.length > 0) throw new UsageError('With --stdin there is no file to name.');
  if (terminal.input === undefined) throw new UsageError('There is no standard input.');
  const content = await terminal.input();
  const formatted = formatPolicy(new SourceText('input.policy', content));
  if (!formatted.ok) {
    const bundle = { root: '', files: [{ path: 'input.policy', content }] };
    printDiagnostics({ ...terminal, out: terminal.err }, bundle, formatted.diagnostics);
    return 1;
  }
  if (formatted.text !== '') terminal.out(formatted.text.slice(0, -1));
  return 0;
}

function printFiles(terminal: Terminal, files: readonly FormattedFile[], isCheck: boolean): void {
  for (const { root, source, diagnostics } of files) {
    const bundle = { root, files: [{ path: source.path, content: source.text }] };
    printDiagnostics(terminal, bundle, diagnostics);
  }
  const changed = files.filter(({ after }) => after !== undefined);
  for (const { path, source, after = '' } of changed) {
    terminal.out(styled(terminal, 'bold', printable(path)));
    if (isCheck) printDiff(terminal, source.text, after);
  }
  const verb = isCheck ? 'would change' : 'changed';
  const count = `${files.length} file${files.length === 1 ? '' : 's'}`;
  terminal.out(`${count}: ${changed.length === 0 ? 'all formatted' : `${changed.length} ${verb}`}`);
}

const MARKS = { same: ['  ', 'dim'], removed: ['- ', 'red'], added: ['+ ', 'green'] } as const;

function printDiff(terminal: Terminal, before: string, after: string): void {
  for (const { kind, text } of lineDiff(before, after)) {
    const [mark, style] = kind === 'gap' ? MARKS.same : MARKS[kind];
    terminal.out(styled(terminal, style, `${mark}${printable(text)}`.trimEnd()));
  }
}

function printJson(terminal: Terminal, files: readonly FormattedFile[]): void {
  const told = files.map(({ path, after, diagnostics }) => ({
    path,
    changed: after !== undefined,
    diagnostics,
  }));
  const ok = told.every(({ diagnostics }) => diagnostics.length === 0);
  terminal.out(JSON.stringify({ ok, files: told }));
}
