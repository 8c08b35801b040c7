/** What policies decided, with everything that is needed to decide it again. */
import { defineEntity, type InferEntity, p } from '@mikro-orm/core';
import type { ChangeId, DecisionId, OrganizationId, TransferId, UserId } from '#core/ids.ts';
import { at, textOf } from './columns.ts';
import type { Tx } from './database.ts';
import { Organization } from './organization.ts';

/** Written once, in the transaction of the step that rests on it. */
export const PolicyDecision = defineEntity({
  name: 'PolicyDecision',
  tableName: 'policy_decisions',
  indexes: [{ properties: ['organization', 'subject', 'id'] }],
  properties: {
    id: textOf<DecisionId>().primary(),
    organization: () => p.manyToOne(Organization).mapToPk(),
    /** What was decided about. */
    subject: textOf<TransferId | ChangeId | UserId>(),
    at: at(),
    /** SHA-256 of the bundle in hex, and its version; version 0 is before the first bundle. */
    policyHash: p.text(),
    policyVersion: p.integer(),
    outcome: textOf<'ALLOW' | 'BLOCK' | 'PENDING'>(),
    /** Canonical texts: what the policy looked at, and what it said, rule by rule. */
    snapshot: p.text(),
    trace: p.text(),
    /** SHA-256 over both in hex; the audit log has it. */
    digest: p.text(),
  },
});
export type PolicyDecisionRow = InferEntity<typeof PolicyDecision>;

/** Oldest first. Those of one moment stand in the order of their versions. */
export const DECISION_ORDER = { at: 'asc', policyVersion: 'asc', id: 'asc' } as const;

/** The decisions about one object. */
export const decisionsAbout = (
  tx: Tx,
  organization: OrganizationId,
  subject: PolicyDecisionRow['subject'],
): Promise<PolicyDecisionRow[]> =>
  tx.find(PolicyDecision, { organization, subject }, { orderBy: DECISION_ORDER });
