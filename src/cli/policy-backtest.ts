/** `countersign policy backtest`: what a change of a policy would have done to past requests. */
import { FIAT_DECIMALS, formatDecimal, symbolOf } from '#core/money.ts';
import { formatInstant } from '#core/time.ts';
import {
  Backtest,
  type BacktestReport,
  type Change,
  type ChangeExample,
} from '#policy-lang/history/backtest.ts';
import { compileBundle } from '#policy-lang/compile-bundle.ts';
import type { CompiledPolicy } from '#policy-lang/compiled-policy.ts';
import { requirementInWords } from '#policy-lang/explaining/effect-words.ts';
import type { Decision } from '#policy-lang/decision.ts';
import { readHistory } from '#policy-tools/history-file.ts';
import { readBundle } from '#policy-tools/read-bundle.ts';
import { type Command, UsageError, readArguments } from './command.ts';
import { KNOWN_WORLD, worldOf } from './known-assets.ts';
import { countInWords, printDiagnostics } from './print-diagnostics.ts';
import { type Terminal, printable, styled } from './terminal.ts';

const EXAMPLES_MAX = 100;

export const policyBacktest: Command = {
  name: 'policy backtest',
  usage: 'HISTORY OLD NEW [--examples COUNT] [--json]',
  about: 'say what a change would have done to past requests',
  details: [
    'Decides every request of HISTORY (*.jsonl or *.csv, oldest first) with the bundles OLD and NEW, each',
    'with its own running totals, as if both had been in force. docs/policy/cli.md describes the file.',
    '  --examples COUNT   the largest changed requests to show of each kind; 3 where absent',
    '  --json             print one JSON object instead',
    '',
    'Example: countersign policy backtest july.csv rules-6 rules-7',
  ],
  run: async (args, terminal) => {
    const { words, options, flags } = readArguments(args, {
      words: 3,
      options: ['examples'],
      flags: ['json'],
    });
    const [history, oldPath, newPath] = words;
    if (history === undefined || oldPath === undefined || newPath === undefined) {
      throw new UsageError('Name a history, then the old and the new bundle.');
    }
    const before = await compileOrTell(terminal, oldPath);
    const after = await compileOrTell(terminal, newPath);
    if (before === undefined || after === undefined) return 1;
    const run = new Backtest(before, after, requireCount(options.examples ?? '3'));
    let count = 0;
    for await (const { requests, done } of readHistory(history, KNOWN_WORLD)) {
      for (const request of requests) run.add(request);
      count += requests.length;
      terminal.progress?.(`${Math.floor(done * 100)} %, ${count.toLocaleString('en-US')} requests`);
    }
    terminal.progress?.('');
    const report = run.report();
    if (flags.has('json')) terminal.out(jsonOf(report));
    else printReport(terminal, report, before, after);
    return 0;
  },
};

function requireCount(text: string): number {
  const count = /^\d{1,3}$/.test(text) ? Number(text) : Infinity;
  if (count <= EXAMPLES_MAX) return count;
  throw new UsageError(`--examples takes a number up to ${EXAMPLES_MAX}, and not ${text}.`);
}

async function compileOrTell(
  terminal: Terminal,
  path: string,
): Promise<CompiledPolicy | undefined> {
  const bundle = await readBundle(path);
  const { policy, diagnostics } = compileBundle(bundle.files, worldOf(bundle));
  if (policy !== undefined) return policy;
  printDiagnostics({ ...terminal, out: terminal.err }, bundle, diagnostics);
  terminal.err(`${printable(path)}: ${countInWords(diagnostics)}`);
  return undefined;
}

const whole = (count: number): string => count.toLocaleString('en-US');

function printReport(
  terminal: Terminal,
  report: BacktestReport,
  before: CompiledPolicy,
  after: CompiledPolicy,
): void {
  const versions = [before, after].map(({ title, version }) => `${title}, version ${version}`);
  terminal.out(printable(`Old: ${versions[0]}`));
  terminal.out(printable(`New: ${versions[1]}`));
  terminal.out('');
  terminal.out(`${'requests'.padEnd(10)}${whole(report.requests).padStart(12)}`);
  terminal.out(`${''.padEnd(10)}${'old'.padStart(12)}${'new'.padStart(12)}`);
  for (const outcome of ['ALLOW', 'PENDING', 'BLOCK'] as const) {
    const counts = [report.before[outcome], report.after[outcome]];
    const cells = counts.map((count) => whole(count).padStart(12)).join('');
    terminal.out(`${WORDS[outcome].padEnd(10)}${cells}`);
  }
  terminal.out('');
  const share = report.requests === 0 ? 0 : (report.changed * 100) / report.requests;
  const changes = report.changed === 1 ? 'answer changes' : 'answers change';
  const verdict = `${whole(report.changed)} ${changes} (${share.toFixed(2)} %)`;
  terminal.out(styled(terminal, report.changed === 0 ? 'green' : 'bold', verdict));
  for (const change of report.changes) printChange(terminal, change);
}

const WORDS = { ALLOW: 'allowed', PENDING: 'approval', BLOCK: 'blocked' } as const;
const COLORS = { tightened: 'green', loosened: 'red', changed: 'yellow' } as const;

function printChange(terminal: Terminal, change: Change): void {
  const { before, after, direction, count, values, amounts, examples } = change;
  const label = styled(terminal, COLORS[direction], direction);
  terminal.out('');
  terminal.out(
    `${label}: ${WORDS[before]} -> ${WORDS[after]}, ${whole(count)} request${count === 1 ? '' : 's'}`,
  );
  const money = [...values].map(
    ([currency, minor]) => `${formatDecimal(minor, FIAT_DECIMALS)} ${currency}`,
  );
  if (money.length > 0) terminal.out(`  money affected: ${money.join(', ')}`);
  const assets = [...amounts].map(([asset, units]) => amountText(asset, units));
  if (assets.length > 0) terminal.out(printable(`  of which ${assets.join(', ')}`));
  for (const example of examples) printExample(terminal, example);
}

const amountText = (asset: string, units: bigint): string => {
  const known = [...KNOWN_WORLD.assets].find(([id]) => id === asset);
  if (known === undefined) return `${units} units of ${asset}`;
  return `${formatDecimal(units, known[1].decimals)} ${asset}`;
};

function printExample(terminal: Terminal, example: ChangeExample): void {
  const { request: past, after, onlyBefore, onlyAfter } = example;
  const { asset, units, recipient, wallet } = past.request;
  const money =
    asset === undefined || units === undefined
      ? ''
      : ` ${amountText(asset, units).replace(asset, symbolOf(asset))}`;
  const to = recipient === undefined ? '' : ` to ${recipient}`;
  const from = wallet === undefined ? '' : ` from ${wallet.id}`;
  const id = past.id === undefined ? '' : ` ${past.id}`;
  terminal.out(printable(`  - ${formatInstant(past.at)}${id}${money}${from}${to}`));
  terminal.out(printable(`    now ${answerOf(after)}`));
  const rules = [
    ...onlyAfter.map((rule) => `+${rule}`),
    ...onlyBefore.map((rule) => `-${rule}`),
  ].join(' ');
  if (rules !== '') terminal.out(styled(terminal, 'dim', printable(`    rules: ${rules}`)));
}

function answerOf({ outcome, requirements, reasons }: Decision): string {
  if (outcome === 'ALLOW') return 'allowed';
  if (outcome === 'PENDING') return requirements.map(requirementInWords).join('; ');
  return `blocked: ${reasons.map(({ message }) => message).join('; ')}`;
}

/** Amounts are decimal texts of base units, values of minor units. */
function jsonOf({ changes, ...report }: BacktestReport): string {
  const told = changes.map(({ amounts, values, examples, ...change }) => ({
    ...change,
    amounts: Object.fromEntries([...amounts].map(([asset, units]) => [asset, `${units}`])),
    values: Object.fromEntries([...values].map(([currency, minor]) => [currency, `${minor}`])),
    examples: examples.map(
      ({ request: { id, at, activity, request }, before, after, ...rules }) => ({
        id: id ?? null,
        at: formatInstant(at),
        activity,
        wallet: request.wallet?.id ?? null,
        asset: request.asset ?? null,
        units: request.units === undefined ? null : `${request.units}`,
        recipient: request.recipient ?? null,
        before: answerOf(before),
        after: answerOf(after),
        ...rules,
      }),
    ),
  }));
  return JSON.stringify({ ...report, changes: told });
}
