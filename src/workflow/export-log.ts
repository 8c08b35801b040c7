/** The audit log as lines that can be verified without the platform, page by page. */
import { hex } from '#core/bytes.ts';
import { invalidInput } from '#core/errors.ts';
import type {
  ApprovalId,
  AuditId,
  DecisionId,
  OrganizationId,
  TransferId,
  WalletId,
} from '#core/ids.ts';
import { formatInstant } from '#core/time.ts';
import type { Actor } from '#identity/actor.ts';
import { requirePermission } from '#mandate/permissions.ts';
import {
  type AuthorityLine,
  type DecisionWords,
  type EntryEvidence,
  EXPORT_FORMAT,
  type ExportLine,
} from '#mandate/audit-export.ts';
import { evidenceHash } from '#mandate/log-proof.ts';
import { Vote } from '#persistence/approval.ts';
import { AuditEntry, type AuditEntryRow, auditStatement } from '#persistence/audit.ts';
import { AuditCheckpoint, latestCheckpoint } from '#persistence/audit-tree.ts';
import { authorityEntries, authorityLength, type AuthorityRowOf } from '#persistence/authority.ts';
import { reader, type Tx } from '#persistence/database.ts';
import { PolicyDecision, type PolicyDecisionRow } from '#persistence/policy-decision.ts';
import { FeeRaise, type Version } from '#persistence/fee-raise.ts';
import { ChainTransaction } from '#persistence/transaction.ts';
import { type StoredStatement, Transfer } from '#persistence/transfer.ts';
import { Wallet } from '#persistence/wallet.ts';
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
  const authority = await authorityBefore(tx, organization, after, entries);
  const lines: ExportLine[] = after === 0 ? [headOf(organization)] : [];
  for (const row of entries) {
    lines.push(...(authority.get(row.id) ?? []));
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

const headOf = (organization: OrganizationId): ExportLine => ({
  kind: 'log',
  format: EXPORT_FORMAT,
  organization,
});

/** The entries of the authority log that came in after the page before, each before the row that names it. */
async function authorityBefore(
  tx: Tx,
  organization: OrganizationId,
  after: number,
  rows: readonly AuditEntryRow[],
): Promise<ReadonlyMap<AuditId, readonly AuthorityLine[]>> {
  const last = await tx.findOne(AuditEntry, { organization, sequence: after });
  let next = last === null ? 0 : await authorityLength(tx, organization, last.authority);
  const end = await authorityLength(tx, organization, rows.at(-1)?.authority ?? '');
  const entries = await authorityEntries(tx, organization, next, end - next);
  const lengths = new Map(entries.map(({ hash, sequence }) => [hash, sequence + 1]));
  const before = new Map<AuditId, readonly AuthorityLine[]>();
  for (const { id, authority } of rows) {
    const count = (lengths.get(authority) ?? next) - next;
    if (count <= 0) continue;
    const lines = entries.splice(0, count).map(lineOf);
    before.set(id, lines);
    next += count;
  }
  return before;
}

const lineOf = ({ sequence, content }: AuthorityRowOf): AuthorityLine => ({
  kind: 'authority',
  sequence,
  content,
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
  const [wallets, transfers, votes, drafts, raises, decisions] = await Promise.all([
    tx.find(Wallet, { organization, id: { $in: subjects<WalletId>('wallet.active') } }),
    tx.find(Transfer, { organization, id: { $in: subjects<TransferId>('transfer.created') } }),
    tx.find(Vote, { organization, approval: { $in: subjects<ApprovalId>('approval.voted') } }),
    tx.find(ChainTransaction, {
      transfer: { $in: subjects<TransferId>('transfer.broadcast') },
    }),
    tx.find(FeeRaise, { transfer: { $in: subjects<TransferId>('transfer.sped-up') } }),
    tx.find(PolicyDecision, { organization, id: { $in: decisionIds } }),
  ]);
  const statements = new Map<string, StoredStatement>(
    [...transfers, ...votes].map(({ statement }) => [evidenceHash(statement), statement]),
  );
  const signed = new Map<string, Pick<EntryEvidence, 'unsigned' | 'receipts'>>(
    drafts.map((draft) => [draft.transfer, signedOf(draft)]),
  );
  const raised = new Map(
    raises.map((raise) => [replacementName(raise.transfer, raise.ordinal), signedOf(raise)]),
  );
  const attested = new Map(wallets.map(({ id, attestations }) => [id, attestations ?? []]));
  const words = new Map(decisions.map((decision) => [decision.id, wordsOf(decision)]));
  return (row) => ({
    ...found('statement', statements.get((row.detail?.['evidence'] ?? '') as string)),
    ...found('decision', words.get(decisionIdOf(row) ?? ('' as DecisionId))),
    ...found(
      'attestations',
      row.action === 'wallet.active' ? attested.get(row.subject as WalletId) : undefined,
    ),
    ...(row.action === 'transfer.broadcast' ? signed.get(row.subject) : {}),
    ...(row.action === 'transfer.sped-up'
      ? raised.get(replacementName(row.subject, row.detail?.['replacement']))
      : {}),
  });
}

/** Which of a transfer's transactions with a raised fee. */
const replacementName = (transfer: string, ordinal: unknown): string =>
  `${transfer} ${Number(ordinal)}`;

const signedOf = ({ unsigned, receipts }: Pick<Version, 'unsigned' | 'receipts'>) => ({
  unsigned: hex(unsigned),
  ...(receipts ? { receipts } : {}),
});

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
