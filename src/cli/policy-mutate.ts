/** `countersign policy mutate`: whether the tests of a policy notice small mistakes. */
import { join } from 'node:path';
import { placeOf } from '#policy-lang/diagnostics.ts';
import { compileBundle } from '#policy-lang/compile-bundle.ts';
import {
  type MutantResult,
  chooseMutants,
  scoreOf,
  tryMutant,
} from '#policy-lang/mutate/run-mutants.ts';
import { runTests } from '#policy-lang/run-tests.ts';
import { readBundle } from '#policy-tools/read-bundle.ts';
import { type Command, UsageError, readArguments, requireWord } from './command.ts';
import { worldOf } from './known-assets.ts';
import { countInWords, printDiagnostics } from './print-diagnostics.ts';
import { type Terminal, printable, styled } from './terminal.ts';

const MUTANTS_MAX = 2_000;

export const policyMutate: Command = {
  name: 'policy mutate',
  usage: 'FILE|FOLDER [--min PERCENT] [--max COUNT] [--seed TEXT] [--json]',
  about: 'make small mistakes, and see whether the tests notice',
  details: [
    'Changes limits, operators and quorums and leaves out conditions and rules, one at a time. A mistake',
    'that no test notices survives, and shows what to test.',
    '  --min PERCENT   end with 1 where the tests notice less; 0 where absent',
    `  --max COUNT     try that many at most; ${MUTANTS_MAX} where absent`,
    '  --seed TEXT     which ones to try where there are more; the same text, the same ones',
    '  --json          print one JSON object instead',
    '',
    'Example: countersign policy mutate rules --min 90',
  ],
  run: async (args, terminal) => {
    const { words, options, flags } = readArguments(args, {
      words: 1,
      options: ['min', 'max', 'seed'],
      flags: ['json'],
    });
    const path = requireWord(words, 'Name a policy file or the folder of a bundle.');
    const min = requireNumber('min', options.min ?? '0', 100);
    const max = requireNumber('max', options.max ?? String(MUTANTS_MAX), 1_000_000);
    const seed = options.seed ?? '1';
    const bundle = await readBundle(path);
    const { policy, diagnostics } = compileBundle(bundle.files, worldOf(bundle));
    if (policy === undefined) {
      printDiagnostics({ ...terminal, out: terminal.err }, bundle, diagnostics);
      terminal.err(`Nothing was tried: ${countInWords(diagnostics)}`);
      return 1;
    }
    if (runTests(policy).failed > 0) {
      terminal.err('A test of the policy fails as it is: see "countersign policy test".');
      return 1;
    }
    const mutants = chooseMutants(bundle.files, max, seed);
    const results = mutants.map((mutant, index): MutantResult => {
      terminal.progress?.(`${index + 1} of ${mutants.length} mistakes`);
      return tryMutant(bundle.files, mutant, worldOf(bundle));
    });
    terminal.progress?.('');
    const score = scoreOf(results);
    if (flags.has('json')) terminal.out(jsonOf(results, score, seed));
    else printResults(terminal, bundle.root, results, score);
    return score < min ? 1 : 0;
  },
};

function requireNumber(name: string, text: string, most: number): number {
  const number = /^\d{1,7}$/.test(text) ? Number(text) : Infinity;
  if (number <= most) return number;
  throw new UsageError(`--${name} takes a whole number up to ${most}, and not ${text}.`);
}

const countOf = (results: readonly MutantResult[], verdict: MutantResult['verdict']): number =>
  results.filter((result) => result.verdict === verdict).length;

function printResults(
  terminal: Terminal,
  root: string,
  results: readonly MutantResult[],
  score: number,
): void {
  for (const { mutant, verdict } of results) {
    if (verdict !== 'survived') continue;
    const place = printable(join(root, placeOf(mutant.change.span)));
    terminal.out(`${styled(terminal, 'bold', place)} ${styled(terminal, 'yellow', 'not noticed')}`);
    terminal.out(`  ${printable(mutant.message)}`);
  }
  const survived = countOf(results, 'survived');
  if (survived > 0) terminal.out('');
  const killed = countOf(results, 'killed');
  const noticed = `${killed} of ${killed + survived} mistakes noticed (${score} %)`;
  terminal.out(styled(terminal, survived === 0 ? 'green' : 'yellow', noticed));
  const invalid = countOf(results, 'invalid');
  if (invalid > 0) terminal.out(`${invalid} more the compiler refuses by itself`);
}

function jsonOf(results: readonly MutantResult[], score: number, seed: string): string {
  const told = results.map(({ mutant, verdict, killedBy }) => ({
    kind: mutant.kind,
    message: mutant.message,
    span: mutant.change.span,
    verdict,
    killedBy: killedBy ?? null,
  }));
  const [killed, survived, invalid] = (['killed', 'survived', 'invalid'] as const).map((verdict) =>
    countOf(results, verdict),
  );
  return JSON.stringify({ score, seed, killed, survived, invalid, mutants: told });
}
