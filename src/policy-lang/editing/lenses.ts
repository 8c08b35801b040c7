/** What an editor writes above tests and rules: whether a test passes, and which tests reach a rule. */
import type { Span } from '#policy-lang/diagnostics.ts';
import { type TestResult, runTests } from '#policy-lang/run-tests.ts';
import type { EditedBundle } from './edited-bundle.ts';

export type Lens = {
  readonly span: Span;
  readonly title: string;
  /** The test to run when the lens is chosen; absent where it only tells. */
  readonly test?: string;
};

const times = (count: number, what: string): string =>
  `${count === 0 ? 'no' : count} ${what}${count === 1 ? '' : 's'}`;

/** None for a bundle with an error: nothing decides then. In the order of files and places. */
export function lensesOf(bundle: EditedBundle, path: string): readonly Lens[] {
  const { policy } = bundle.compilation;
  if (policy === undefined) return [];
  const { tests } = runTests(policy);
  const lenses = tests.filter(({ span }) => span.path === path).map(testLens);
  for (const rule of bundle.namesOf(path)) {
    if (rule.kind !== 'rule' || !rule.defines) continue;
    const matching = tests.filter(({ decision }) => matches(decision, rule.name));
    lenses.push({ span: rule.span, title: `matched by ${times(matching.length, 'test')}` });
  }
  return lenses.toSorted((left, right) => left.span.start.offset - right.span.start.offset);
}

const matches = ({ rules }: TestResult['decision'], name: string): boolean =>
  rules.some(
    ({ id, outcome }) => outcome === 'matched' && (id === name || id.startsWith(`${name}/`)),
  );

function testLens({ title, span, passed, failures }: TestResult): Lens {
  const verdict = passed ? 'passes' : `fails: ${failures[0]?.message ?? ''}`;
  return { span, title: `run test: ${verdict}`, test: title };
}

/** What a run of one test says, line by line; undefined when the bundle has no such test. */
export function testReport(bundle: EditedBundle, title: string): readonly string[] | undefined {
  const { policy } = bundle.compilation;
  const result = policy && runTests(policy).tests.find((test) => test.title === title);
  if (result === undefined) return undefined;
  const { decision, failures, passed } = result;
  return [
    `${passed ? 'passed' : 'FAILED'}: ${title}`,
    ...failures.map(({ message }) => `  ${message}`),
    `  The policy answers ${decision.outcome}.`,
    ...decision.reasons.map(({ rule, message }) => `  ${rule}: ${message}`),
    ...decision.rules
      .filter(({ outcome }) => outcome !== 'not-matched')
      .map(({ id, outcome, sentence }) => `  ${id} (${outcome}): ${sentence}`),
  ];
}
