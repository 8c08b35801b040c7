/** A policy's decision as clients see it. */
import type { DecisionId } from '#core/ids.ts';
import { parseInstant } from '#core/time.ts';
import type { PolicyDecisionRow } from '#persistence/policy-decision.ts';
import type { DecisionRecord } from '#persistence/transfer.ts';
import type {
  ApprovalRequirement,
  DecisionReason,
  PolicyDecision,
  PolicyFlag,
  RuleTrace,
} from '#schema/policy-decision.ts';

/** Canonical texts, which may be large. */
export type DecisionTexts = Pick<PolicyDecisionRow, 'snapshot' | 'trace'>;

/** What is large is read where a query asks for it. */
export type DecisionView = Omit<PolicyDecision, 'rules' | 'snapshot' | 'trace'> & {
  readonly id: DecisionId;
  /** There already, as of a simulation that is nowhere stored. */
  readonly texts?: DecisionTexts;
};

/** The shape of a stored decision: the policy floor's Decision as plain JSON. */
type StoredDecision = {
  readonly outcome: PolicyDecision['outcome'];
  readonly reasons: readonly DecisionReason[];
  readonly requirements: readonly StoredRequirement[];
  readonly flags: readonly PolicyFlag[];
  readonly policy: { readonly hash: string; readonly version: number };
};

type StoredRequirement = {
  readonly quorums: ApprovalRequirement['quorums'];
  readonly excludeInitiator: boolean;
  readonly expiresAfterMs?: number;
};

export const requirementView = (requirement: StoredRequirement): ApprovalRequirement => ({
  quorums: requirement.quorums,
  excludeInitiator: requirement.excludeInitiator,
  ...(requirement.expiresAfterMs === undefined
    ? {}
    : { expiresAfterSeconds: Math.floor(requirement.expiresAfterMs / 1000) }),
});

export function decisionView(record: DecisionRecord): DecisionView {
  const decision = record.decision as unknown as StoredDecision;
  return {
    id: record.id,
    outcome: decision.outcome,
    reasons: decision.reasons,
    requirements: decision.requirements.map(requirementView),
    flags: decision.flags,
    policyHash: decision.policy.hash,
    policyVersion: decision.policy.version,
    decidedAt: parseInstant(record.at),
    digest: record.digest,
    warnings: [],
  };
}

/** One of the decisions about an object, with everything that is kept of it. */
export function storedDecisionView(row: PolicyDecisionRow): DecisionView {
  const { id, at, digest, snapshot, trace } = row;
  const decision = JSON.parse(trace) as DecisionRecord['decision'];
  const record = { id, at: new Date(at).toISOString(), decision, digest };
  return { ...decisionView(record), texts: { snapshot, trace } };
}

export const rulesIn = ({ trace }: DecisionTexts): readonly RuleTrace[] =>
  (JSON.parse(trace) as { readonly rules: readonly RuleTrace[] }).rules;
