/** Results of tests for other tools: JUnit XML for build servers, LCOV for coverage in editors. */
import type { Coverage } from '#policy-lang/test-coverage.ts';
import type { TestReport } from '#policy-lang/run-tests.ts';
import { placeOf } from '#policy-lang/diagnostics.ts';
import { escaped } from './markup.ts';

/** One suite of test cases, in the form that build servers share (windyroad's schema). */
export function junitXml(title: string, { tests, failed }: TestReport): string {
  const cases = tests.map(({ title: name, span, failures }) => {
    const attributes = `classname="${escaped(title)}" name="${escaped(name)}" file="${escaped(span.path)}" line="${span.start.line}" time="0"`;
    if (failures.length === 0) return `    <testcase ${attributes}/>`;
    const told = failures.map(
      ({ message, span: place }) =>
        `      <failure message="${escaped(message)}">${escaped(`${placeOf(place)} ${message}`)}</failure>`,
    );
    return [`    <testcase ${attributes}>`, ...told, '    </testcase>'].join('\n');
  });
  const counts = `tests="${tests.length}" failures="${failed}" errors="0" skipped="0" time="0"`;
  return [
    '<?xml version="1.0" encoding="UTF-8"?>',
    `<testsuites ${counts}>`,
    `  <testsuite name="${escaped(title)}" ${counts}>`,
    ...cases,
    '  </testsuite>',
    '</testsuites>',
    '',
  ].join('\n');
}

/**
 * LCOV's tracefile (geninfo(1)): a rule is a function and a line, each of its comparisons a branch
 * with two sides, taken where the comparison decided while it was true, and while it was false.
 * @param root folder of the bundle, in front of each path
 */
export function lcovTrace(root: string, { rules }: Coverage): string {
  const byFile = Map.groupBy(rules, ({ span }) => span.path);
  return [...byFile]
    .map(([path, own]) => {
      const functions = own.flatMap(({ id, span, matched }) => [
        `FN:${span.start.line},${id}`,
        `FNDA:${matched},${id}`,
      ]);
      const branches = own.flatMap(({ span, matched, notMatched, atoms }) =>
        atoms.flatMap(({ decidesTrue, decidesFalse }, index) =>
          [decidesTrue, decidesFalse].map((taken, side) => {
            const count = matched + notMatched === 0 ? '-' : taken ? '1' : '0';
            return `BRDA:${span.start.line},${index},${side},${count}`;
          }),
        ),
      );
      const taken = branches.filter((branch) => branch.endsWith(',1')).length;
      return [
        'TN:',
        `SF:${root === '' || root === '.' ? path : `${root.replace(/\/+$/, '')}/${path}`}`,
        ...functions,
        `FNF:${own.length}`,
        `FNH:${own.filter(({ matched }) => matched > 0).length}`,
        ...branches,
        `BRF:${branches.length}`,
        `BRH:${taken}`,
        ...own.map(({ span, matched }) => `DA:${span.start.line},${matched}`),
        `LF:${own.length}`,
        `LH:${own.filter(({ matched }) => matched > 0).length}`,
        'end_of_record',
        '',
      ].join('\n');
    })
    .join('');
}
