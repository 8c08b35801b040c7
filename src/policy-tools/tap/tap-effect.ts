/** What a rule does with a request that it matches. */
import { emailsOf } from './tap-condition.ts';
import type { TapMap } from './tap-map.ts';
import type { TapRule } from './read-tap.ts';

export type TapEffect = {
  /** Behind `then`. */
  readonly text: string;
  /** Groups that it names, with their people. */
  readonly groups: ReadonlyMap<string, readonly string[]>;
  readonly notes: readonly string[];
};

const NOBODY: TapEffect['groups'] = new Map();

/** @param gaps what could not be said of the condition: then the rule cannot allow anything */
export function effectOf(rule: TapRule, gaps: readonly string[], map: TapMap): TapEffect {
  const block = `block "TAP rule ${rule.number}"`;
  if (rule.action === 'BLOCK' || gaps.length > 0) return { text: block, groups: NOBODY, notes: [] };
  if (rule.action === 'ALLOW' && rule.signers === undefined) {
    return { text: 'allow', groups: NOBODY, notes: [] };
  }
  const approval = approvalOf(rule, map);
  return typeof approval === 'string'
    ? { text: block, groups: NOBODY, notes: [approval] }
    : approval;
}

/** Why nobody can be asked, where that is so. */
function approvalOf(rule: TapRule, map: TapMap): TapEffect | string {
  const { number, action, approvals, signers } = rule;
  const groups = new Map<string, readonly string[]>();
  const quorums: string[] = [];
  for (const [index, group] of (action === 'ALLOW' ? [] : approvals.groups).entries()) {
    const emails = emailsOf(group, map);
    if (typeof emails === 'string') return `The rule blocks: its approvals need ${emails}.`;
    if (group.count === 0) continue;
    if (group.count > emails.length) {
      return `The rule blocks: ${group.count} of ${emails.length} people would have to approve.`;
    }
    const name = `tap-${number}-approvers-${index + 1}`;
    groups.set(name, emails);
    quorums.push(`by ${group.count} of ${name}`);
  }
  if (action !== 'ALLOW' && quorums.length === 0) {
    return 'The rule blocks: nobody is named who could approve.';
  }
  const isStricter = approvals.isAny && quorums.length > 1;
  if (signers !== undefined) {
    const emails = emailsOf(signers, map);
    if (typeof emails === 'string') return `The rule blocks: it is signed by ${emails}.`;
    groups.set(`tap-${number}-signers`, emails);
    quorums.push(`by 1 of tap-${number}-signers`);
  }
  const initiator = approvals.mayInitiator ? 'also by initiator' : 'not by initiator';
  return {
    text: `allow with approval ${quorums.join(' and ')}, ${initiator}`,
    groups,
    notes: [
      ...(isStricter ? ['Any of the groups could approve; here all of them do.'] : []),
      ...(signers === undefined ? [] : ['Who signs there approves here.']),
    ],
  };
}
