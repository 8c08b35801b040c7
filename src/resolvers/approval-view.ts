/** An approval as clients see it. */
import type { ApprovalId } from '#core/ids.ts';
import type { ApprovalRow, VoteRow } from '#persistence/approval.ts';
import type { Approval, Decision } from '#schema/approval.ts';
import { requirementView } from './decision-view.ts';

type Linked = 'transfer' | 'change' | 'intent' | 'decisions' | 'eligible' | 'viewerMayDecide';
export type ApprovalView = Omit<Approval, Linked> & {
  readonly id: ApprovalId;
  readonly row: ApprovalRow;
};

export const approvalView = (row: ApprovalRow): ApprovalView => ({
  row,
  id: row.id,
  state: row.state,
  intentHash: row.intentHash,
  policyHash: row.policyHash,
  requirement: requirementView(row.requirement),
  createdAt: row.createdAt,
  expiresAt: row.expiresAt,
});

export type DecisionView = Omit<Decision, 'approver'> & { readonly row: VoteRow };

export const voteView = (row: VoteRow): DecisionView => ({
  row,
  id: row.id,
  decision: row.decision,
  ...(row.reason === '' ? {} : { reason: row.reason }),
  createdAt: row.createdAt,
});
