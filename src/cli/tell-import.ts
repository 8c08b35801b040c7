/** What an import of another system's rules does with its result: writes the bundle, tells what became of the rules, checks it. */
import { join } from 'node:path';
import type { BundleFile } from '#policy-lang/bundle-files.ts';
import { compileBundle } from '#policy-lang/compile-bundle.ts';
import { hasErrors } from '#policy-lang/diagnostics.ts';
import { readLocalTime } from '#policy-lang/values/local-time.ts';
import { writeNewBundle } from '#policy-tools/write-bundle.ts';
import { type ExitCode, UsageError } from './command.ts';
import { KNOWN_WORLD } from './known-assets.ts';
import { countInWords, printDiagnostics } from './print-diagnostics.ts';
import { type Terminal, printable, styled } from './terminal.ts';

const STYLES = { differs: 'cyan', stricter: 'cyan', looser: 'yellow', 'left out': 'red' } as const;

type Note = { readonly kind: keyof typeof STYLES; readonly message: string };

export type ImportedRules<N extends Note> = {
  readonly files: readonly BundleFile[];
  readonly notes: readonly N[];
  /** How many were taken over. */
  readonly imported: number;
};

export type ImportReport<N extends Note> = {
  /** The new folder. */
  readonly out: string;
  readonly isJson: boolean;
  /** One of them, and several. */
  readonly words: readonly [string, string];
  /** Which of them a note is about; undefined where it is about all. */
  readonly about: (note: N) => string | undefined;
};

/** 1 where something was left out, or the bundle does not compile. @throws UsageError for a folder that is there */
export async function tellImport<N extends Note>(
  terminal: Terminal,
  rules: ImportedRules<N>,
  report: ImportReport<N>,
): Promise<ExitCode> {
  const { files, notes, imported } = rules;
  const { out, isJson } = report;
  await writeNewBundle(out, files);
  const { diagnostics } = compileBundle(files, KNOWN_WORLD);
  if (isJson) {
    const paths = files.map((file) => join(out, file.path));
    terminal.out(JSON.stringify({ imported, notes, files: paths, diagnostics }));
  } else {
    printRules(terminal, rules, report);
    printDiagnostics(terminal, { root: out, files }, diagnostics);
    terminal.out(`The bundle has ${countInWords(diagnostics)}.`);
  }
  const isComplete = notes.every(({ kind }) => kind !== 'left out') && !hasErrors(diagnostics);
  return isComplete ? 0 : 1;
}

function printRules<N extends Note>(
  terminal: Terminal,
  { files, notes, imported }: ImportedRules<N>,
  { out, words: [one, several], about }: ImportReport<N>,
): void {
  for (const note of notes) {
    const subject = about(note);
    const words = printable(subject === undefined ? note.message : `${subject}: ${note.message}`);
    terminal.out(`${styled(terminal, STYLES[note.kind], note.kind.padEnd(8))}  ${words}`);
  }
  if (notes.length > 0) terminal.out('');
  terminal.out(`${imported} ${imported === 1 ? one : several} imported into ${printable(out)}:`);
  for (const { path } of files) terminal.out(`  ${path}`);
}

/** When the bundle takes effect; today at midnight UTC where nothing is said. @throws UsageError */
export function effectiveTime(text: string | undefined): string {
  const today = new Date().toISOString().slice(0, 'YYYY-MM-DD'.length);
  const [time = '', zone = 'UTC', ...more] = (text ?? `${today}T00:00 UTC`).trim().split(/\s+/);
  const read = readLocalTime(time, zone);
  if (read.ok && more.length === 0) return `${time} ${zone}`;
  throw new UsageError(
    read.ok ? `"${text}" is no time with its zone.` : `${read.message} ${read.hint}`,
  );
}
