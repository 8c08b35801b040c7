/** A change of authority as clients see it. */
import type { ChangeId } from '#core/ids.ts';
import type { ChangeRequestRow } from '#persistence/change.ts';
import type { ChangeRequest } from '#schema/change.ts';

type Linked = 'requestedBy' | 'proof' | 'approval' | 'policyBundle';
export type ChangeView = Omit<ChangeRequest, Linked> & {
  readonly id: ChangeId;
  readonly row: ChangeRequestRow;
};

export const changeView = (row: ChangeRequestRow): ChangeView => ({
  row,
  id: row.id,
  operation: row.operation,
  subject: row.subject,
  state: row.state,
  statement: row.statement.statement,
  hash: row.hash,
  reason: row.reason,
  sequence: row.sequence,
  createdAt: row.createdAt,
  expiresAt: row.expiresAt,
  appliedAt: row.appliedAt,
  effectiveAt: row.effectiveAt,
});
