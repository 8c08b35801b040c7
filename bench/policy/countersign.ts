/** Our engine: the rules as a bundle, compiled as any other. */
import type { BundleFile } from '#policy-lang/bundle-files.ts';
import { compileBundle } from '#policy-lang/compile-bundle.ts';
import type { CompiledPolicy } from '#policy-lang/compiled-policy.ts';
import { hasErrors } from '#policy-lang/diagnostics.ts';
import { BENCH_WORLD, type WorkRule } from './workload.ts';

const HEADER = `policy "Bench" {
  version 1
  effective from 2026-07-01T00:00 UTC
  governs transfer
  otherwise block
}
import group managers from "groups.yaml"
import group directors from "groups.yaml"
`;

const GROUPS: BundleFile = {
  path: 'groups.yaml',
  content: `managers: [a@x.example, b@x.example, c@x.example]\ndirectors: [d@x.example, e@x.example]\n`,
};

/** A file of a bundle is bounded. */
const RULES_A_FILE = 50;

const grouped = (number: number): string => number.toLocaleString('en-US');

/** The rule as an author writes it. */
export function textOf(rule: WorkRule): string {
  const { tag, role, wallet, asset, recipients, valueMax, valueAbove, amountAbove } = rule;
  const parts = [
    role && `initiator has role "${role}"`,
    tag && `wallet tagged "${tag}"`,
    wallet && `wallet in [wallet "${wallet}"]`,
    asset && `asset is ${asset}`,
    recipients && `recipient in [${recipients.join(', ')}]`,
    valueMax && `value <= ${grouped(valueMax)} USD`,
    valueAbove && `value > ${grouped(valueAbove)} USD`,
    amountAbove && `amount > ${grouped(amountAbove)} ${asset?.split('@')[0] ?? ''}`,
  ].filter((part) => part !== undefined && part !== 0);
  return `rule ${rule.id} { when ${parts.join(' and ')} then ${rule.effect} because "bench" }\n`;
}

export function bundleOf(rules: readonly WorkRule[]): readonly BundleFile[] {
  const files: BundleFile[] = [{ path: 'main.policy', content: HEADER }, GROUPS];
  for (let at = 0; at < rules.length; at += RULES_A_FILE) {
    const content = rules
      .slice(at, at + RULES_A_FILE)
      .map(textOf)
      .join('');
    files.push({ path: `rules-${String(at).padStart(6, '0')}.policy`, content });
  }
  return files;
}

/**
 * @param more rules as text
 * @throws with the first diagnostic where the rules do not compile
 */
export function compileRules(rules: readonly WorkRule[], more = ''): CompiledPolicy {
  const files = [...bundleOf(rules), { path: 'more.policy', content: more }];
  const { policy, diagnostics } = compileBundle(files, BENCH_WORLD);
  if (policy !== undefined && !hasErrors(diagnostics)) return policy;
  const first = diagnostics.find(({ severity }) => severity === 'error');
  throw new Error(`the rules do not compile: ${first?.message ?? ''}`);
}
