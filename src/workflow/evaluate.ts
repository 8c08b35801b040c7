/**
 * Whether a transfer may go on with the approvals that it has. The policy is asked again, in the
 * version that the transfer was created under and in the one in force now, and the stricter of all
 * answers counts: a block blocks, and every requirement must be met, each by the people who are in
 * its policy's groups and active at this moment.
 */
import {
  eligibleGroups,
  type Groups,
  quorumState,
  type Vote,
} from '#policy-lang/approval-quorum.ts';
import type { ApprovalRequirement, Decision } from '#policy-lang/decision.ts';
import { mergeRequirements } from '#policy-lang/requirements.ts';
import type { ApprovalRow, VoteRow } from '#persistence/approval.ts';
import type { Tx } from '#persistence/database.ts';
import { rolesOf } from '#persistence/identity.ts';
import type { DecisionRecord, EndReason, TransferRow } from '#persistence/transfer.ts';
import type { WalletRow } from '#persistence/wallet.ts';
import { decideTransfer, type Prices } from './decide-transfer.ts';
import { groupsOf, type PolicyInForce, policyInForce, policyOfVersion } from './policy-in-force.ts';
import type { Services } from './services.ts';

export type Evaluation = {
  /** The policy in force, with its decision and what that looked at. */
  readonly policy: PolicyInForce;
  readonly record: DecisionRecord;
} & (
  | { readonly outcome: 'BLOCKED'; readonly reason: EndReason }
  | { readonly outcome: 'OPEN'; readonly requirement: ApprovalRequirement }
  | { readonly outcome: 'CLEAR' }
);

export type Subject = {
  readonly transfer: TransferRow;
  readonly wallet: WalletRow;
  /** Absent where none was required so far. */
  readonly approval: ApprovalRow | null;
  readonly votes: readonly VoteRow[];
};

type Demand = { readonly requirement: ApprovalRequirement; readonly groups: Groups };

/** The caller holds the locks of the wallet, the transfer and the approval. */
export async function evaluate(
  services: Services,
  tx: Tx,
  subject: Subject,
  prices: Prices,
): Promise<Evaluation> {
  const { transfer, approval } = subject;
  const { organization } = transfer;
  const pinned = await policyOfVersion(tx, organization, transfer.policyVersion ?? 0);
  const present = await policyInForce(tx, organization, services.clock.now());
  const isSame = pinned.hash === present.hash;
  const versions = isSame ? [present] : [pinned, present];
  const answers = [];
  for (const policy of versions) {
    const groups = await groupsOf(tx, policy);
    answers.push({ policy, groups, ...(await askAgain(services, tx, policy, subject, prices)) });
  }
  const { record } = answers.at(-1) as (typeof answers)[number];
  const base = { policy: present, record };
  const blocked = answers.find(({ decision }) => decision.outcome === 'BLOCK');
  if (blocked !== undefined) {
    return { ...base, outcome: 'BLOCKED', reason: blockReason(blocked.decision) };
  }
  const demands: Demand[] = answers.flatMap(({ decision, groups }) =>
    decision.requirements.map((requirement) => ({ requirement, groups })),
  );
  if (approval !== null) {
    const groups = overlay(answers.map((answer) => answer.groups));
    demands.unshift({ requirement: approval.requirement, groups });
  }
  const isOpen = demands.some((demand) => !isMet(demand, subject));
  if (!isOpen) return { ...base, outcome: 'CLEAR' };
  const requirement = mergeRequirements(demands.map((demand) => demand.requirement));
  return { ...base, outcome: 'OPEN', requirement };
}

async function askAgain(
  services: Services,
  tx: Tx,
  policy: PolicyInForce,
  { transfer, wallet }: Subject,
  prices: Prices,
) {
  const roles = await rolesOf(tx, transfer.initiator);
  return decideTransfer(tx, policy, {
    now: services.clock.now(),
    wallet: { id: wallet.id, tags: wallet.tags },
    asset: transfer.asset,
    units: transfer.units,
    recipient: transfer.recipient,
    initiator: { id: transfer.initiator, roles },
    prices,
    transfer: transfer.id,
  });
}

const isMet = ({ requirement, groups }: Demand, { transfer, votes }: Subject): boolean => {
  const { initiator } = transfer;
  const state = quorumState({ requirement, groups, votes: votes.map(voteOf), initiator });
  return state.state === 'SATISFIED';
};

const voteOf = ({ user, decision }: VoteRow): Vote => ({ person: user, decision });

/** The first reason names the code; the sentences of all are kept. */
export function blockReason({ reasons }: Decision): EndReason {
  const limit = reasons.find(({ code }) => code === 'LIMIT_EXCEEDED');
  const code = limit?.code ?? reasons[0]?.code ?? 'POLICY_DENIED';
  return { code, message: reasons.map(({ message }) => message).join(' ') };
}

/** Each group as the first of these knows it: a requirement may name groups of several versions. */
const overlay = (versions: readonly Groups[]): Groups =>
  new Map(versions.toReversed().flatMap((groups) => [...groups]));

/**
 * Through which memberships people may decide a transfer's approval: as the pinned version has its
 * groups, and as the present one does. These are the groups that `evaluate` counts votes by.
 */
export async function decidingGroups(
  services: Services,
  tx: Tx,
  { organization, policyVersion }: TransferRow,
): Promise<readonly Groups[]> {
  const pinned = await policyOfVersion(tx, organization, policyVersion ?? 0);
  const present = await policyInForce(tx, organization, services.clock.now());
  const pinnedGroups = await groupsOf(tx, pinned);
  if (pinned.hash === present.hash) return [pinnedGroups];
  const presentGroups = await groupsOf(tx, present);
  return [overlay([pinnedGroups, presentGroups]), presentGroups];
}

/** Whether this person may decide the approval, whether or not the vote was cast already. */
export const isEligible = (
  person: string,
  requirement: ApprovalRequirement,
  groups: readonly Groups[],
  initiator: string,
): boolean =>
  groups.some(
    (version) => eligibleGroups(person, { requirement, groups: version, initiator }).length > 0,
  );
