/**
 * What a careful developer writes without any engine: a loop over all rules, and an index over the
 * fields of the rules. Numbers in place of exact money, one answer in place of three, and no
 * decision: they name the rules that match, and that is all.
 */
import type { PlainRequest, WorkRule } from './workload.ts';

export type HandWritten = (request: HandRequest) => readonly string[];

/** The plain request, with what a loop looks up often made ready for it. */
export type HandRequest = Omit<PlainRequest, 'tags'> & { readonly tags: ReadonlySet<string> };

export const handRequest = (request: PlainRequest): HandRequest => ({
  ...request,
  tags: new Set(request.tags),
});

type HandRule = {
  readonly id: string;
  readonly kind: 'list' | 'tag' | 'wallet' | 'role' | 'deny';
  readonly tag: string;
  readonly role: string;
  readonly wallet: string;
  readonly asset: string;
  readonly recipients: ReadonlySet<string>;
  readonly limit: number;
};

function kindOf({ tag, role, wallet, recipients }: WorkRule): HandRule['kind'] {
  if (recipients !== undefined) return tag === undefined ? 'deny' : 'list';
  if (role !== undefined) return 'role';
  return wallet === undefined ? 'tag' : 'wallet';
}

function handRule(rule: WorkRule): HandRule {
  const { id, tag = '', role = '', wallet = '', asset = '', recipients } = rule;
  return {
    id,
    kind: kindOf(rule),
    tag,
    role,
    wallet,
    asset,
    recipients: new Set(recipients),
    limit: rule.valueMax ?? rule.valueAbove ?? rule.amountAbove ?? 0,
  };
}

export function handLoop(rules: readonly WorkRule[]): HandWritten {
  const all = rules.map(handRule);
  return (request) => {
    const matched: string[] = [];
    for (const rule of all) if (matches(rule, request)) matched.push(rule.id);
    return matched;
  };
}

function matches(rule: HandRule, request: HandRequest): boolean {
  switch (rule.kind) {
    case 'list':
      return (
        request.tags.has(rule.tag) &&
        rule.recipients.has(request.recipient) &&
        request.usd <= rule.limit
      );
    case 'tag':
      return request.tags.has(rule.tag) && request.usd > rule.limit;
    case 'wallet':
      return (
        request.wallet === rule.wallet &&
        request.asset === rule.asset &&
        request.amount > rule.limit
      );
    case 'role':
      return request.role === rule.role && request.tags.has(rule.tag) && request.usd > rule.limit;
    default:
      return rule.recipients.has(request.recipient);
  }
}

function file(index: Map<string, HandRule[]>, key: string, rule: HandRule): void {
  const rules = index.get(key);
  if (rules === undefined) index.set(key, [rule]);
  else rules.push(rule);
}

export function handIndex(rules: readonly WorkRule[]): HandWritten {
  const byTag = new Map<string, HandRule[]>();
  const byWallet = new Map<string, HandRule[]>();
  const byRecipient = new Map<string, HandRule[]>();
  for (const rule of rules.map(handRule)) {
    if (rule.recipients.size > 0) {
      for (const recipient of rule.recipients) file(byRecipient, recipient, rule);
    } else if (rule.wallet !== '') file(byWallet, rule.wallet, rule);
    else file(byTag, rule.tag, rule);
  }
  return (request) => {
    const matched: string[] = [];
    const tryAll = (candidates: readonly HandRule[] | undefined): void => {
      if (candidates === undefined) return;
      for (const rule of candidates) if (matches(rule, request)) matched.push(rule.id);
    };
    for (const tag of request.tags) tryAll(byTag.get(tag));
    tryAll(byWallet.get(request.wallet));
    tryAll(byRecipient.get(request.recipient));
    return matched;
  };
}
