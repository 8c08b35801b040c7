/** `countersign policy diff`: what a new version of a policy lets through, and what it stops. */
import { answerInWords } from '#policy-lang/explaining/effect-words.ts';
import { requestInWords } from '#policy-lang/explaining/field-words.ts';
import { type Units, requestLine } from '#policy-lang/request-words.ts';
import { snapshotText } from '#policy-lang/snapshot-text.ts';
import {
  type ChangeReport,
  type Comparison,
  type DiffReport,
  type Witness,
  diffPolicies,
  unexplained,
} from '#policy-tools/diff-policies.ts';
import { passingTest } from '#policy-tools/passing-test.ts';
import { Solver } from '#policy-tools/solver.ts';
import { type Command, UsageError, readArguments } from './command.ts';
import { type Compiled, compileOrTell, requireTimeoutMs } from './compile-or-tell.ts';
import { KNOWN_WORLD, worldOf } from './known-assets.ts';
import { type Terminal, printable, styled } from './terminal.ts';

export const policyDiff: Command = {
  name: 'policy diff',
  usage: 'OLD NEW [--timeout SECONDS] [--no-solver] [--json]',
  about: 'say what a new version tightens and loosens, with a request that shows it',
  details: [
    'Compares what the two do, not how they are written: every request at once, missing data included, as',
    'if both were in force. Ends with 1 where something is looser, or not decided.',
    '  --timeout SECONDS   how long the solver may take for one question; 10 where absent',
    '  --no-solver         leave questions that are too large for the built-in procedure unanswered',
    '  --json              print one JSON object instead',
    '',
    'Example: countersign policy diff rules-6 rules-7',
  ],
  run: async (args, terminal) => {
    const { words, options, flags } = readArguments(args, {
      words: 2,
      options: ['timeout'],
      flags: ['no-solver', 'json'],
    });
    const [oldPath, newPath] = words;
    if (oldPath === undefined || newPath === undefined) {
      throw new UsageError('Name the old bundle, then the new one.');
    }
    const timeoutMs = requireTimeoutMs(options.timeout);
    const before = await compileOrTell(terminal, oldPath);
    const after = await compileOrTell(terminal, newPath);
    if (before === undefined || after === undefined) return 1;
    const solver = flags.has('no-solver') ? undefined : new Solver();
    const asked = { limit: { timeoutMs }, ...(solver && { solver }) };
    const report = await diffPolicies(before.policy, after.policy, asked, (done, total) =>
      terminal.progress?.(`${done} of ${total} changes`),
    );
    terminal.progress?.('');
    await solver?.close();
    if (flags.has('json')) terminal.out(jsonOf(report));
    else printReport(terminal, before, after, report);
    const { direction } = report.whole;
    return direction === 'neutral' || direction === 'tightened' ? 0 : 1;
  },
};

const COLORS = {
  neutral: 'dim',
  tightened: 'green',
  loosened: 'red',
  both: 'yellow',
  unknown: 'yellow',
} as const;
const WORDS = {
  neutral: 'neutral',
  tightened: 'tightened',
  loosened: 'LOOSENED',
  both: 'BOTH WAYS',
  unknown: 'NOT DECIDED',
} as const;

function printReport(
  terminal: Terminal,
  before: Compiled,
  after: Compiled,
  report: DiffReport,
): void {
  for (const { policy, label } of [
    { ...before, label: 'Old' },
    { ...after, label: 'New' },
  ]) {
    terminal.out(printable(`${label}: ${policy.title}, version ${policy.version}`));
  }
  terminal.out('');
  const units = {
    assets: KNOWN_WORLD.assets,
    needs: [...before.policy.aggregates, ...after.policy.aggregates],
  };
  for (const change of report.changes) printChange(terminal, change, units);
  if (report.changes.length === 0) terminal.out('No rule, list, group or header part changes.');
  terminal.out('');
  printComparison(terminal, 'All changes together', report.whole, units);
  const { looser } = report.whole;
  if (looser !== undefined) printTest(terminal, after, looser);
  for (const { kind, name } of unexplained(report)) {
    const message = `The ${kind} ${name} lets more through, and no new reason says why.`;
    terminal.out(styled(terminal, 'yellow', printable(message)));
  }
}

function printChange(terminal: Terminal, change: ChangeReport, units: Units): void {
  printComparison(terminal, `${change.kind} ${change.name} (${change.how})`, change, units);
}

function printComparison(terminal: Terminal, what: string, found: Comparison, units: Units): void {
  const { direction, looser, stricter, reason } = found;
  const word = styled(terminal, COLORS[direction], WORDS[direction].padEnd(11));
  terminal.out(`${word}  ${printable(what)}`);
  if (reason !== undefined) terminal.out(`             ${printable(reason)}`);
  if (looser !== undefined) printWitness(terminal, 'looser', looser, units);
  if (stricter !== undefined) printWitness(terminal, 'stricter', stricter, units);
}

function printWitness(terminal: Terminal, label: string, witness: Witness, units: Units): void {
  const { snapshot, before, after } = witness;
  const request = requestInWords(snapshot.activity);
  for (const line of [
    `${label}: ${requestLine(snapshot, units)}`,
    `  old: ${answerInWords(before, request)}`,
    `  new: ${answerInWords(after, request)}`,
  ]) {
    terminal.out(printable(`             ${line}`));
  }
}

function printTest(terminal: Terminal, { bundle }: Compiled, { snapshot }: Witness): void {
  const test = passingTest(bundle.files, worldOf(bundle), 'looser than before', snapshot);
  if (test === undefined) return;
  terminal.out('');
  for (const line of test.split('\n')) terminal.out(printable(line));
  terminal.out('');
}

const jsonOf = (report: DiffReport): string =>
  JSON.stringify({
    whole: comparisonFields(report.whole),
    changes: report.changes.map(({ kind, name, how, because, isExplained, ...comparison }) => ({
      kind,
      name,
      how,
      ...(because !== undefined && { because }),
      isExplained,
      ...comparisonFields(comparison),
    })),
  });

const comparisonFields = ({ direction, reason, looser, stricter }: Comparison) => ({
  direction,
  ...(reason !== undefined && { reason }),
  ...(looser && { looser: witnessFields(looser) }),
  ...(stricter && { stricter: witnessFields(stricter) }),
});

const witnessFields = ({ snapshot, before, after }: Witness) => ({
  request: JSON.parse(snapshotText(snapshot)) as unknown,
  before: before.outcome,
  after: after.outcome,
});
