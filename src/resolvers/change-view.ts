/** A change of authority as clients see it. */
import type { ChangeId } from '#core/ids.ts';
import { type ChangeRequestRow, latestChangeOf } from '#persistence/change.ts';
import { reader } from '#persistence/database.ts';
import type { ChangeRequest } from '#schema/change.ts';
import type { Context } from './context.ts';

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

/** The change that a mutation has made of an object, or that the first of its retries made. */
export async function changeOf(
  { services, actor }: Context,
  operation: string,
  subject: string,
): Promise<ChangeView> {
  const { organization } = await actor();
  const row = await latestChangeOf(reader(services.db), { organization, operation, subject });
  if (row === null) throw new Error(`${subject} came without the change ${operation}`);
  return changeView(row);
}
