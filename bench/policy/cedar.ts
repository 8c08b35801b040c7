/**
 * Cedar through its WebAssembly package, with policies parsed beforehand and in Cedar's own idiom: tags
 * and roles are groups in the scope. Every rule is a permit, because Cedar names only those policies
 * that determine its answer, and all that match are asked for.
 */
import {
  type CedarValueJson,
  type EntityUid,
  preparsePolicySet,
  statefulIsAuthorized,
} from '@cedar-policy/cedar-wasm/nodejs';
import type { Engine } from './engine.ts';
import type { WorkRequest, WorkRule } from './workload.ts';

const cents = (dollars: number): number => Math.round(dollars * 100);

/** One policy; Cedar's numbers are whole, so money is in cents. */
export function cedarRule(rule: WorkRule): string {
  const principal = rule.role === undefined ? 'principal' : `principal in Role::"${rule.role}"`;
  const resource = rule.tag === undefined ? 'resource' : `resource in Tag::"${rule.tag}"`;
  const conditions = [
    rule.wallet !== undefined && `resource == Wallet::"${rule.wallet}"`,
    rule.asset !== undefined && `context.asset == "${rule.asset}"`,
    rule.recipients !== undefined &&
      `[${rule.recipients.map((one) => `"${one}"`).join(', ')}].contains(context.recipient)`,
    rule.valueMax !== undefined && `context.usd <= ${cents(rule.valueMax)}`,
    rule.valueAbove !== undefined && `context.usd > ${cents(rule.valueAbove)}`,
    rule.amountAbove !== undefined && `context.amount > ${cents(rule.amountAbove)}`,
  ].filter((condition) => condition !== false);
  const when = conditions.length === 0 ? '' : ` when { ${conditions.join(' && ')} }`;
  return `permit (${principal}, action, ${resource})${when};`;
}

type Call = Parameters<typeof statefulIsAuthorized>[0];

const USER: EntityUid = { type: 'User', id: 'alice' };

function callOf({ plain }: WorkRequest, policies: string): Call {
  const wallet: EntityUid = { type: 'Wallet', id: plain.wallet };
  const context: Record<string, CedarValueJson> = {
    asset: plain.asset,
    recipient: plain.recipient,
    usd: cents(plain.usd),
    amount: cents(plain.amount),
  };
  const tags = plain.tags.map((id): EntityUid => ({ type: 'Tag', id }));
  return {
    principal: USER,
    action: { type: 'Action', id: 'transfer' },
    resource: wallet,
    context,
    preparsedPolicySetId: policies,
    validateRequest: false,
    entities: [
      { uid: USER, attrs: {}, parents: [{ type: 'Role', id: plain.role }] },
      { uid: wallet, attrs: {}, parents: tags },
    ],
  };
}

export function cedar(rules: readonly WorkRule[]): Engine<Call> {
  const name = `bench-${rules.length}`;
  const staticPolicies = Object.fromEntries(rules.map((rule) => [rule.id, cedarRule(rule)]));
  const parsed = preparsePolicySet(name, { staticPolicies });
  if (parsed.type === 'failure') throw new Error(parsed.errors[0]?.message);
  return {
    name: 'cedar',
    prepare: (request) => callOf(request, name),
    decide: (call) => {
      const answer = statefulIsAuthorized(call);
      if (answer.type === 'failure') throw new Error(answer.errors[0]?.message);
      return answer.response.diagnostics.reason;
    },
  };
}
