/** What the tests of a policy leave untried, rule by rule. */
import { join } from 'node:path';
import { placeOf } from '#policy-lang/diagnostics.ts';
import type { AtomCoverage, Boundary, Coverage, RuleCoverage } from '#policy-lang/test-coverage.ts';
import { type Terminal, printable, styled } from './terminal.ts';

export function printCoverage(terminal: Terminal, root: string, coverage: Coverage): void {
  const { rules, rulesMatched, atoms, atomsDecided, sides, sidesTried } = coverage;
  const line = (label: string, done: number, all: number, what: string): void => {
    const color = done === all ? 'green' : 'yellow';
    terminal.out(`${label.padEnd(13)}${styled(terminal, color, `${done} of ${all}`)} ${what}`);
  };
  terminal.out('');
  line('rules', rulesMatched, rules.length, 'matched');
  line('comparisons', atomsDecided, atoms, 'decided while true and while false');
  line('limits', sidesTried, sides, 'sides tried');
  for (const rule of rules) {
    const gaps = gapsOf(rule);
    if (gaps.length === 0) continue;
    const place = styled(terminal, 'dim', printable(join(root, placeOf(rule.span))));
    terminal.out('');
    terminal.out(`${styled(terminal, 'bold', printable(rule.id))}  ${place}`);
    for (const gap of gaps) terminal.out(`  ${printable(gap)}`);
  }
}

function gapsOf({ matched, notMatched, atoms, boundaries }: RuleCoverage): readonly string[] {
  if (matched + notMatched === 0) return ['No test asks this rule.'];
  return [
    ...(matched === 0 ? ['No test matches this rule.'] : []),
    ...(notMatched === 0 ? ['No test does not match this rule.'] : []),
    ...atoms.flatMap(atomGap),
    ...boundaries.flatMap(boundaryGap),
  ];
}

function atomGap({ text, isTrue, isFalse, decidesTrue, decidesFalse }: AtomCoverage): string[] {
  if (decidesTrue && decidesFalse) return [];
  const never = [...(isTrue ? [] : ['true']), ...(isFalse ? [] : ['false'])];
  if (never.length > 0) return [`${text}: never ${never.join(' or ')}`];
  const sides = [...(decidesTrue ? [] : ['true']), ...(decidesFalse ? [] : ['false'])];
  return [`${text}: never makes the difference while ${sides.join(' or ')}`];
}

function boundaryGap({ text, below, at, above }: Boundary): string[] {
  const untried = [
    ...(below ? [] : ['one step below']),
    ...(at ? [] : ['at the limit']),
    ...(above ? [] : ['one step above']),
  ];
  return untried.length === 0 ? [] : [`${text}: no test ${untried.join(', ')}`];
}
