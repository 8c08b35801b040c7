/**
 * casbin with a condition in each policy. Its effects stop at the first answer, so a function of ours
 * notes each policy whose condition holds and lets the search go on.
 */
import { StringAdapter, newEnforcer, newModelFromString } from 'casbin';
import type { Engine } from './engine.ts';
import type { PlainRequest, WorkRule } from './workload.ts';

const MODEL = `
[request_definition]
r = q
[policy_definition]
p = rule, id
[policy_effect]
e = some(where (p.eft == allow))
[matchers]
m = eval(p.rule) && noted(p.id)
`;

function conditionOf(rule: WorkRule): string {
  return [
    rule.tag !== undefined && `hasTag(r.q.tags, '${rule.tag}')`,
    rule.role !== undefined && `r.q.role == '${rule.role}'`,
    rule.wallet !== undefined && `r.q.wallet == '${rule.wallet}'`,
    rule.asset !== undefined && `r.q.asset == '${rule.asset}'`,
    rule.recipients !== undefined && `isListed('${rule.id}', r.q.recipient)`,
    rule.valueMax !== undefined && `r.q.usd <= ${rule.valueMax}`,
    rule.valueAbove !== undefined && `r.q.usd > ${rule.valueAbove}`,
    rule.amountAbove !== undefined && `r.q.amount > ${rule.amountAbove}`,
  ]
    .filter((condition) => condition !== false)
    .join(' && ');
}

export async function casbin(rules: readonly WorkRule[]): Promise<Engine<PlainRequest>> {
  const lines = rules.map((rule) => `p, "${conditionOf(rule)}", ${rule.id}`);
  const enforcer = await newEnforcer(
    newModelFromString(MODEL),
    new StringAdapter(lines.join('\n')),
  );
  const lists = new Map(rules.map(({ id, recipients }) => [id, new Set(recipients)]));
  const matched: string[] = [];
  await enforcer.addFunction('hasTag', (tags: readonly string[], tag: string) =>
    tags.includes(tag),
  );
  await enforcer.addFunction(
    'isListed',
    (rule: string, address: string) => lists.get(rule)?.has(address) === true,
  );
  await enforcer.addFunction('noted', (id: string) => {
    matched.push(id);
    return false;
  });
  return {
    name: 'casbin',
    prepare: ({ plain }) => plain,
    decide: async (request) => {
      matched.length = 0;
      await enforcer.enforce(request);
      return [...matched];
    },
  };
}
