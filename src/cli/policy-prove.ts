/** `countersign policy prove`: keeps the promises of a policy, or shows a request that breaks one. */
import { mkdir, writeFile } from 'node:fs/promises';
import { join } from 'node:path';
import { placeOf } from '#policy-lang/diagnostics.ts';
import { decide } from '#policy-lang/decide.ts';
import { answerInWords } from '#policy-lang/explaining/effect-words.ts';
import { requestInWords } from '#policy-lang/explaining/field-words.ts';
import { snapshotText } from '#policy-lang/snapshot-text.ts';
import type { Snapshot } from '#policy-lang/snapshot.ts';
import { passingTest } from '#policy-tools/passing-test.ts';
import { proveClaim, smtFiles } from '#policy-tools/prove-bundle.ts';
import type { Answered } from '#policy-tools/prove-policy.ts';
import { Solver } from '#policy-tools/solver.ts';
import { type Command, readArguments, requireWord } from './command.ts';
import { type Compiled, compileOrTell, requireTimeoutMs } from './compile-or-tell.ts';
import { worldOf } from './known-assets.ts';
import { type Terminal, printable, styled } from './terminal.ts';

type Result = {
  readonly title: string;
  readonly place: string;
  readonly answer: Answered;
  /** Of a broken promise: the request as a test of the policy, where it can be written as one. */
  readonly test?: string;
};

export const policyProve: Command = {
  name: 'policy prove',
  usage: 'FILE|FOLDER [--against OLD] [--timeout SECONDS] [--smt-lib DIR] [--no-solver] [--json]',
  about: 'prove the promises of a policy, or show a request that breaks one',
  details: [
    'Looks at every request at once, missing data included. What is not proved ends with 1, whether it is',
    'false, too large, or out of time. docs/policy/analysis.md says what a proof means.',
    '  --against OLD       the bundle that "at least as strict as version ..." compares with',
    '  --timeout SECONDS   how long the solver may take for one question; 10 where absent',
    '  --smt-lib DIR       also write the questions as SMT-LIB 2 text, for another solver',
    '  --no-solver         leave questions that are too large for the built-in procedure unanswered',
    '  --json              print one JSON object instead',
    '',
    'Example: countersign policy prove rules-7 --against rules-6',
  ],
  run: async (args, terminal) => {
    const { words, options, flags } = readArguments(args, {
      words: 1,
      options: ['against', 'timeout', 'smt-lib'],
      flags: ['no-solver', 'json'],
    });
    const path = requireWord(words, 'Name a policy file or the folder of a bundle.');
    const timeoutMs = requireTimeoutMs(options.timeout);
    const compiled = await compileOrTell(terminal, path);
    if (compiled === undefined) return 1;
    const old = options.against && (await compileOrTell(terminal, options.against));
    if (options.against !== undefined && !old) return 1;
    const against = old ? old.policy : undefined;
    const folder = options['smt-lib'];
    if (folder !== undefined) await writeQuestions(folder, smtFiles(compiled.policy, against));
    const solver = flags.has('no-solver') ? undefined : new Solver();
    const results: Result[] = [];
    const { proves } = compiled.policy;
    for (const [number, { title, span, claim }] of proves.entries()) {
      terminal.progress?.(`${number + 1} of ${proves.length}: ${printable(title)}`);
      const asked = {
        limit: { timeoutMs },
        ...(solver && { solver }),
        ...(against && { against }),
      };
      const answer = await proveClaim(compiled.policy, claim, asked);
      const test = testOf(compiled, title, answer);
      const place = join(compiled.bundle.root, placeOf(span));
      results.push({ title, place, answer, ...(test !== undefined && { test }) });
    }
    terminal.progress?.('');
    await solver?.close();
    if (flags.has('json')) terminal.out(jsonOf(compiled, results));
    else printResults(terminal, compiled, results);
    return results.every(({ answer }) => answer.kind === 'proved') ? 0 : 1;
  },
};

async function writeQuestions(
  folder: string,
  files: readonly { readonly name: string; readonly content: string }[],
): Promise<void> {
  await mkdir(folder, { recursive: true });
  for (const { name, content } of files) await writeFile(join(folder, name), content);
}

const exampleOf = (answer: Answered): Snapshot | undefined =>
  answer.kind === 'broken' ? answer.example : undefined;

function testOf({ bundle }: Compiled, title: string, answer: Answered): string | undefined {
  const example = exampleOf(answer);
  if (example === undefined) return undefined;
  return passingTest(bundle.files, worldOf(bundle), `breaks: ${title}`, example);
}

const VERDICTS = {
  proved: 'proved',
  broken: 'BROKEN',
  vacuous: 'VACUOUS',
  unknown: 'NOT PROVED',
} as const;
const COLORS = { proved: 'green', broken: 'red', vacuous: 'yellow', unknown: 'yellow' } as const;

function printResults(terminal: Terminal, { policy }: Compiled, results: readonly Result[]): void {
  for (const { title, place, answer, test } of results) {
    const verdict = styled(terminal, COLORS[answer.kind], VERDICTS[answer.kind].padEnd(10));
    terminal.out(`${verdict}  ${printable(title)}`);
    if (answer.kind === 'proved') continue;
    terminal.out(styled(terminal, 'dim', `            ${printable(place)}`));
    terminal.out(`            ${printable(answer.reason)}`);
    const example = exampleOf(answer);
    if (example === undefined) continue;
    const words = answerInWords(decide(policy, example), requestInWords(example.activity));
    terminal.out(printable(`            ${words}`));
    terminal.out('');
    for (const line of (test ?? snapshotText(example)).split('\n')) terminal.out(printable(line));
    terminal.out('');
  }
  if (results.length === 0) terminal.out('The policy promises nothing.');
  const proved = results.filter(({ answer }) => answer.kind === 'proved').length;
  const color = proved === results.length ? 'green' : 'red';
  terminal.out(styled(terminal, color, `${proved} proved, ${results.length - proved} not proved`));
}

const jsonOf = ({ policy }: Compiled, results: readonly Result[]): string =>
  JSON.stringify({
    ok: results.every(({ answer }) => answer.kind === 'proved'),
    policy: { title: policy.title, version: policy.version, hash: policy.hash },
    proves: results.map(({ title, place, answer, test }) => {
      const example = exampleOf(answer);
      return {
        title,
        place,
        verdict: answer.kind,
        method: answer.method,
        ...(answer.kind !== 'proved' && { reason: answer.reason }),
        ...(example !== undefined && { request: JSON.parse(snapshotText(example)) as unknown }),
        ...(test !== undefined && { test }),
      };
    }),
  });
