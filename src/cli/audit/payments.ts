/**
 * What an audit log has said of each payment: who asked for it, who voted, and how it was decided.
 * From that, and what the authority log said when nodes wrote the payment down, it follows whether it
 * might be signed: `requirePermitted` of a node asks the same.
 */
import type { UserId } from '#core/ids.ts';
import { quorumState, type Vote } from '#policy-lang/approval-quorum.ts';
import type { ApprovalRequirement, DecisionTrace, Outcome } from '#policy-lang/decision.ts';
import type { SignedStatement } from '#mandate/assertion.ts';
import type { DecisionWords } from '#mandate/audit-export.ts';
import { groupsOf, policyOfVersion } from '#mandate/authority/policies.ts';
import type { AuthorityState } from '#mandate/authority/state.ts';
import type { Intent } from '#mandate/intent.ts';
import { hasPermission, type Permission } from '#mandate/permissions.ts';

export type CastVote = Vote & {
  readonly person: UserId;
  readonly signed: SignedStatement;
  readonly policyHash: string;
};

type KnownDecision = {
  readonly outcome: Outcome;
  readonly version: number;
  readonly requirements: readonly ApprovalRequirement[];
};

export class KnownPayment {
  readonly intent: Intent;
  /** SHA-256 of its text, in hex. */
  readonly id: string;
  readonly signed: SignedStatement;
  readonly #votes = new Map<UserId, CastVote>();
  /** The newest decision of each policy, by the policy's hash; the last that was made is the last. */
  readonly #decisions = new Map<string, KnownDecision>();
  readonly #decisionIds = new Set<string>();

  constructor(intent: Intent, id: string, signed: SignedStatement) {
    this.intent = intent;
    this.id = id;
    this.signed = signed;
  }

  /** @returns whether this person had no vote on it yet */
  vote(cast: CastVote): boolean {
    if (this.#votes.has(cast.person)) return false;
    this.#votes.set(cast.person, cast);
    return true;
  }

  /** @returns whether it is a new one; entries also tell again which decision a step rests on */
  decide({ id, policyHash, policyVersion, trace }: DecisionWords): boolean {
    const { outcome, requirements } = JSON.parse(trace) as DecisionTrace;
    this.#decisions.delete(policyHash);
    this.#decisions.set(policyHash, { outcome, requirements, version: policyVersion });
    const isNew = !this.#decisionIds.has(id);
    this.#decisionIds.add(id);
    return isNew;
  }

  /** Why it might not be signed by what the authority log said then; undefined where it might. */
  objection(state: AuthorityState): string | undefined {
    const { initiator, wallet } = this.intent;
    if (state.frozen) return 'the organisation was frozen';
    if (state.wallets.get(wallet)?.frozen !== false) return 'the wallet was frozen';
    return (
      lacks(state, this.signed, initiator, 'transfers:create') ??
      this.#decided() ??
      this.#unapproved(state)
    );
  }

  #decided(): string | undefined {
    const last = [...this.#decisions.values()].at(-1);
    if (last === undefined) return 'nobody decided about it';
    return last.outcome === 'BLOCK' ? 'the policy blocked it' : undefined;
  }

  /** Asked for by the policy that decided last, and by those under which somebody voted. */
  #unapproved(state: AuthorityState): string | undefined {
    const votes = [...this.#votes.values()];
    if (votes.some(({ decision }) => decision === 'REJECT')) return 'an approver rejected it';
    const counted = votes.filter(
      ({ signed, person }) => lacks(state, signed, person, 'approvals:decide') === undefined,
    );
    const last = [...this.#decisions.keys()].at(-1);
    for (const [hash, { version, requirements }] of this.#decisions) {
      if (hash !== last && !votes.some(({ policyHash }) => policyHash === hash)) continue;
      const policy = policyOfVersion(state, version);
      if (policy?.hash !== hash) return 'its policy was not published';
      const groups = groupsOf(state, policy);
      const { initiator } = this.intent;
      const isMet = (requirement: ApprovalRequirement): boolean =>
        quorumState({ requirement, groups, votes: counted, initiator }).state === 'SATISFIED';
      if (!requirements.every(isMet)) return 'too few of those who must had approved it';
    }
    return undefined;
  }
}

/** Why this signer might not do that, by the authority log as it stands; undefined where they might. */
export function lacks(
  state: AuthorityState,
  { credentialId }: SignedStatement,
  claimed: UserId,
  permission: Permission,
): string | undefined {
  const credential = state.credentials.get(credentialId);
  if (credential === undefined) return 'it was signed by an unknown passkey or key';
  if (credential.user !== claimed) return `the passkey or key is not of ${claimed}`;
  if (credential.state !== 'active') return 'the passkey or key was revoked';
  const user = state.users.get(claimed);
  if (user?.state !== 'active') return `${claimed} was not active`;
  const isVote = permission === 'approvals:decide' || permission === 'changes:decide';
  if (isVote && user.kind !== 'person') return 'a service account approves nothing';
  return hasPermission(user, permission) ? undefined : `${claimed} had not ${permission}`;
}
