/** The audit log as lines that can be verified without the platform, page by page. */
import { hex } from '#core/bytes.ts';
import { invalidInput } from '#core/errors.ts';
import type { ApprovalId, DecisionId, OrganizationId, PolicyId, TransferId } from '#core/ids.ts';
import { formatInstant } from '#core/time.ts';
import type { Actor } from '#identity/actor.ts';
import { requirePermission } from '#mandate/permissions.ts';
import {
  type DecisionWords,
  type EntryEvidence,
  EXPORT_FORMAT,
  type ExportLine,
} from '#mandate/audit-export.ts';
import { evidenceHash } from '#mandate/log-proof.ts';
import { Vote } from '#persistence/approval.ts';
import { AuditEntry, type AuditEntryRow, auditStatement } from '#persistence/audit.ts';
import { AuditCheckpoint, latestCheckpoint } from '#persistence/audit-tree.ts';
import { reader, type Tx } from '#persistence/database.ts';
import { PolicyBundle } from '#persistence/policy.ts';
import { PolicyDecision, type PolicyDecisionRow } from '#persistence/policy-decision.ts';
import { ChainTransaction } from '#persistence/transaction.ts';
import { type StoredStatement, Transfer } from '#persistence/transfer.ts';
import { takeCheckpoint } from './checkpoint.ts';
import type { Services } from './services.ts';

/** Lines of JSON; `next` is where the next page begins, null where there is none. */
export type ExportPage = { readonly lines: readonly string[]; readonly next: number | null };

const ENTRIES_MAX = 500;

/**
 * The entries after this sequence, at most 500, with the checkpoints between them. The first page
 * begins with a fresh checkpoint, and the last ends with the newest one.
 * @throws FORBIDDEN, INVALID_INPUT, and what `takeCheckpoint` throws
 */
export async function exportLog(
  services: Services,
  actor: Actor,
  after: number,
): Promise<ExportPage> {
  requirePermission(actor, 'audit:read');
  if (!Number.isSafeInteger(after) || after < 0) {
    throw invalidInput('after', 'not a sequence', 'Send the sequence of an entry, or 0.');
  }
  const { organization } = actor;
  if (after === 0) await takeCheckpoint(services, organization);
  const tx = reader(services.db);
  const end = (await latestCheckpoint({ tx, organization }))?.size ?? 0;
  const last = Math.min(after + ENTRIES_MAX, end);
  const range = { $gt: after, $lte: last };
  const entries = await tx.find(
    AuditEntry,
    { organization, sequence: range },
    { orderBy: { sequence: 'asc' } },
  );
  const checkpoints = await tx.find(AuditCheckpoint, { organization, size: range });
  const notes = new Map(checkpoints.map(({ size, note }) => [size, note]));
  const evidence = await evidenceOf(tx, organization, entries);
  const lines: ExportLine[] = after === 0 ? [headOf(services, organization)] : [];
  for (const row of entries) {
    lines.push({
      kind: 'entry',
      entry: auditStatement(row),
      hash: hex(row.hash),
      salt: row.salt ? hex(row.salt) : null,
      detail: row.detail ?? null,
      evidence: evidence(row),
    });
    const note = notes.get(row.sequence);
    if (note !== undefined) lines.push({ kind: 'checkpoint', note });
  }
  const texts = lines.map((line) => JSON.stringify(line));
  return { lines: texts, next: last < end ? last : null };
}

const headOf = ({ origin }: Services, organization: OrganizationId): ExportLine => ({
  kind: 'log',
  format: EXPORT_FORMAT,
  organization,
  origin,
});

/** What each entry of a page rests on, read in one go for all of them. */
async function evidenceOf(
  tx: Tx,
  organization: OrganizationId,
  rows: readonly AuditEntryRow[],
): Promise<(row: AuditEntryRow) => EntryEvidence> {
  const subjects = <Id extends string>(action: string): Id[] =>
    rows.filter((row) => row.action === action).map(({ subject }) => subject as Id);
  const decisionIds = rows.flatMap((row) => decisionIdOf(row) ?? []);
  const [transfers, votes, bundles, drafts, decisions] = await Promise.all([
    tx.find(Transfer, { organization, id: { $in: subjects<TransferId>('transfer.created') } }),
    tx.find(Vote, { organization, approval: { $in: subjects<ApprovalId>('approval.voted') } }),
    tx.find(PolicyBundle, { organization, id: { $in: subjects<PolicyId>('policy.published') } }),
    tx.find(ChainTransaction, {
      transfer: { $in: subjects<TransferId>('transfer.broadcast') },
    }),
    tx.find(PolicyDecision, { organization, id: { $in: decisionIds } }),
  ]);
  const statements = new Map<string, StoredStatement>(
    [...transfers, ...votes].map(({ statement }) => [evidenceHash(statement), statement]),
  );
  const files = new Map<string, EntryEvidence['files']>(
    bundles.map((bundle) => [bundle.id, bundle.files]),
  );
  const unsigned = new Map<string, string>(
    drafts.map((draft) => [draft.transfer, hex(draft.unsigned)]),
  );
  const words = new Map(decisions.map((decision) => [decision.id, wordsOf(decision)]));
  return (row) => ({
    ...found('statement', statements.get((row.detail?.['evidence'] ?? '') as string)),
    ...found('decision', words.get(decisionIdOf(row) ?? ('' as DecisionId))),
    ...found('files', row.action === 'policy.published' ? files.get(row.subject) : undefined),
    ...found(
      'unsigned',
      row.action === 'transfer.broadcast' ? unsigned.get(row.subject) : undefined,
    ),
  });
}

const found = <K extends string, V>(name: K, value: V | undefined): { readonly [N in K]?: V } =>
  (value === undefined ? {} : { [name]: value }) as { readonly [N in K]?: V };

function decisionIdOf({ detail }: AuditEntryRow): DecisionId | undefined {
  const decision = detail?.['decision'];
  const id = typeof decision === 'object' ? (decision as { readonly id?: unknown }).id : undefined;
  return typeof id === 'string' ? (id as DecisionId) : undefined;
}

const wordsOf = (row: PolicyDecisionRow): DecisionWords => ({
  id: row.id,
  decidedAt: formatInstant(row.at),
  policyVersion: row.policyVersion,
  policyHash: row.policyHash,
  digest: row.digest,
  snapshot: row.snapshot,
  trace: row.trace,
});
