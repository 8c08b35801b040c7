/**
 * Whether a transfer may go on with the approvals that it has. The policy is asked again, in the
 * version that the transfer was created under and in the one in force now, and the stricter of all
 * answers counts: a block blocks, and every requirement must be met, each by the people who are in
 * its policy's groups and active at this moment.
 */
import { PlatformError } from '#core/errors.ts';
import {
  eligibleGroups,
  type Groups,
  quorumState,
  type Vote,
} from '#policy-lang/approval-quorum.ts';
import type { ApprovalRequirement, Decision } from '#policy-lang/decision.ts';
import { mergeRequirements } from '#policy-lang/deciding/requirements.ts';
import type { ApprovalRow, VoteRow } from '#persistence/approval.ts';
import { reader, type Tx } from '#persistence/database.ts';
import type { DecisionRecord, EndReason, TransferRow } from '#persistence/transfer.ts';
import { Wallet, type WalletRow } from '#persistence/wallet.ts';
import { decideTransfer } from './decide-transfer.ts';
import { type Decided, factsOf, storeDecision } from '#identity/decision-record.ts';
import {
  gatherFinalInputs,
  type gatherInputs,
  type Inputs,
  readsScreening,
} from './gather-inputs.ts';
import { initiatorOf } from './initiator.ts';
import { groupsOf, type PolicyInForce, policyInForce, policyOfVersion } from './policy-in-force.ts';
import { lockTotals } from './running-totals.ts';
import { activityOfTransfer } from './transfer.ts';
import type { Services } from './services.ts';

export type Evaluation = {
  /** The policy in force, with its decision and what that looked at. */
  readonly policy: PolicyInForce;
  readonly record: DecisionRecord;
  /** What later totals are to know of the request. */
  readonly facts: string;
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

/**
 * The caller holds the locks of the wallet, the transfer and the approval.
 * @throws SCREENING_UNAVAILABLE where the policy asks for it, and nobody was asked
 */
export async function evaluate(
  services: Services,
  tx: Tx,
  subject: Subject,
  inputs: Inputs,
): Promise<Evaluation> {
  const { transfer, approval } = subject;
  const { organization } = transfer;
  const versions = await policiesAbout(services, tx, transfer);
  const present = versions.at(-1) as PolicyInForce;
  requireScreened(versions, inputs);
  await lockTotals(tx, organization, versions);
  const answers = [];
  for (const policy of versions) {
    const groups = await groupsOf(tx, policy);
    const decided = await askAgain(services, tx, policy, subject, inputs);
    storeDecision(tx, { organization, subject: transfer.id }, decided);
    answers.push({ policy, groups, decided, decision: decided.trace });
  }
  const { decided } = answers.at(-1) as (typeof answers)[number];
  const base = { policy: present, record: decided.record, facts: factsOf(decided.snapshot) };
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

/** The version that the transfer is bound to, and the one in force where it is another. */
export async function policiesAbout(
  services: Services,
  tx: Tx,
  { organization, policyVersion }: TransferRow,
): Promise<readonly PolicyInForce[]> {
  const pinned = await policyOfVersion(tx, organization, policyVersion ?? 0);
  const present = await policyInForce(tx, organization, services.clock.now());
  return pinned.hash === present.hash ? [present] : [pinned, present];
}

/** Inputs are asked for before the locks are taken; the policy may have changed since. */
function requireScreened(versions: readonly PolicyInForce[], { screening }: Inputs): void {
  if (screening !== undefined || !versions.some(readsScreening)) return;
  const reason = 'the policy asks for it since a moment ago';
  throw new PlatformError('SCREENING_UNAVAILABLE', { reason });
}

/** What is asked for from outside before a transfer is evaluated again. */
export async function inputsAbout(
  services: Services,
  transfer: TransferRow,
  gather: typeof gatherInputs = gatherFinalInputs,
): Promise<Inputs> {
  const db = reader(services.db);
  const { id, network, asset, units, recipient, wallet } = transfer;
  const { address } = await db.findOneOrFail(Wallet, { id: wallet });
  if (typeof address !== 'string') throw new Error(`${wallet} pays before it has an address`);
  const about = { activity: activityOfTransfer(transfer), network, asset, units };
  const request = { reference: id, from: address, to: recipient, ...about };
  return gather(services, await policiesAbout(services, db, transfer), request);
}

async function askAgain(
  services: Services,
  tx: Tx,
  policy: PolicyInForce,
  { transfer, wallet }: Subject,
  inputs: Inputs,
): Promise<Decided> {
  const { id, organization, asset, units, recipient } = transfer;
  const activity = activityOfTransfer(transfer);
  const initiator = await initiatorOf(tx, transfer.initiator);
  const now = services.clock.now();
  const about = { activity, wallet, asset, units, recipient };
  const question = { now, organization, initiator, inputs, ...about };
  return decideTransfer(services, tx, policy, { ...question, transfer: id });
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
