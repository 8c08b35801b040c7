/** Parsing, beside Cedar's parser: equal rules without lists, text to tree. */
import { checkParsePolicySet } from '@cedar-policy/cedar-wasm/nodejs';
import type { Contender } from '#bench/measure.ts';
import { parse } from '#policy-lang/syntax/parse.ts';
import { SourceText } from '#policy-lang/syntax/source-text.ts';
import { cedarRule } from './cedar.ts';
import { kept } from './contenders.ts';
import { bundleOf } from './countersign.ts';
import { type WorkRule, workloadOf } from './workload.ts';

/** A rule whose list is gone would lose its point, so a wallet stands in for it. */
const withoutList = ({ recipients, ...rule }: WorkRule): WorkRule =>
  recipients === undefined ? rule : { ...rule, wallet: `w-${rule.id}` };

/** Milliseconds of doing it once. */
const timed = (name: string, work: () => unknown): Contender => ({
  name,
  sample: async () => {
    const started = performance.now();
    kept.answer = work();
    return performance.now() - started;
  },
});

/** Samples are milliseconds of parsing all rules once. */
export function parsing(ruleCount: number): readonly Contender[] {
  const rules = workloadOf(ruleCount, 1).rules.map(withoutList);
  const sources = bundleOf(rules)
    .filter(({ path }) => path.endsWith('.policy'))
    .map(({ path, content }) => new SourceText(path, content));
  const staticPolicies = rules.map(cedarRule).join('\n');
  return [
    timed('parse_ours', () => {
      const parsed = sources.map((source) => parse(source));
      requireClean(parsed.flatMap(({ diagnostics }) => diagnostics).length);
      return parsed;
    }),
    timed('parse_cedar', () => {
      const answer = checkParsePolicySet({ staticPolicies });
      requireClean(answer.type === 'failure' ? answer.errors.length : 0);
      return answer;
    }),
  ];
}

function requireClean(errors: number): void {
  if (errors > 0) throw new Error(`${errors} errors while parsing`);
}
