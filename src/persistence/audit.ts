/**
 * The audit log: append-only, one chain of hashes per organisation. The entry is written in the
 * transaction of the change that it records, so neither exists without the other. `audit-tree.ts`
 * takes the hashes as the leaves of a Merkle tree.
 */
import { defineEntity, type InferEntity, p } from '@mikro-orm/core';
import {
  AUDIT_DOMAIN,
  type AuditDetail,
  auditHash,
  type AuditStatement,
  commitmentOf,
  FIRST_AUDIT_HASH,
} from '#core/audit-entry.ts';
import { type Bytes, hex } from '#core/bytes.ts';
import type { AuditId, OrganizationId, UserId } from '#core/ids.ts';
import { formatInstant, type Instant } from '#core/time.ts';
import { at, bytes, counter, jsonOf, textOf } from './columns.ts';
import { authorityHead } from './authority.ts';
import type { Tx } from './database.ts';
import { Organization } from './organization.ts';

export const AuditEntry = defineEntity({
  name: 'AuditEntry',
  tableName: 'audit_entries',
  uniques: [{ properties: ['organization', 'sequence'] }],
  indexes: [{ properties: ['organization', 'subject', 'sequence'] }],
  properties: {
    id: textOf<AuditId>().primary(),
    organization: () => p.manyToOne(Organization).mapToPk(),
    /** 1, 2, 3, ... within the organisation, in the order of commits. */
    sequence: counter(),
    at: at(),
    /** Who did it: a user's id, or `system`. */
    actor: textOf<UserId | 'system'>(),
    /** What was done, e.g. `transfer.created`. */
    action: p.text(),
    /** The id of what it was done to. */
    subject: p.text(),
    /** The hash of the authority log's newest entry; empty before its first. */
    authority: p.text(),
    /** The particulars and what hides them in the log; both are absent once they were erased. */
    detail: jsonOf<AuditDetail>().nullable(),
    salt: bytes().nullable(),
    commitment: bytes(),
    previous: bytes(),
    hash: bytes(),
  },
});
export type AuditEntryRow = InferEntity<typeof AuditEntry>;

export type NewAuditEntry = {
  readonly id: AuditId;
  readonly organization: OrganizationId;
  readonly at: Instant;
  readonly actor: UserId | 'system';
  readonly action: string;
  readonly subject: string;
  readonly detail: AuditDetail;
  /** 32 fresh random bytes. */
  readonly salt: Bytes;
};

/** The canonical form of a stored entry. */
export const auditStatement = (
  row: Omit<AuditEntryRow, 'detail' | 'salt' | 'hash'>,
): AuditStatement => ({
  domain: AUDIT_DOMAIN,
  id: row.id,
  organization: row.organization,
  sequence: row.sequence,
  at: formatInstant(row.at),
  actor: row.actor,
  action: row.action,
  subject: row.subject,
  authority: row.authority,
  commitment: hex(row.commitment),
  previous: hex(row.previous),
});

/**
 * Appends an entry in the caller's transaction. From here to the commit the transaction holds the
 * organisation's log row: lock everything else first, and append last.
 */
export async function appendAudit(tx: Tx, entry: NewAuditEntry): Promise<number> {
  await tx.flush();
  const [log] = await tx.execute<{ audit_sequence: string; audit_hash: Uint8Array }[]>(
    'select audit_sequence, audit_hash from organization_logs where organization_id = ? for update',
    [entry.organization],
  );
  if (log === undefined) throw new Error(`organisation ${entry.organization} has no log`);
  const sequence = Number(log.audit_sequence) + 1;
  const previous = new Uint8Array(log.audit_hash);
  const commitment = commitmentOf(entry.salt, entry.detail);
  // INVARIANT: whoever changes authority also appends here, so nobody does between this and the commit.
  const authority = (await authorityHead(tx, entry.organization))?.hash ?? '';
  const made = { ...entry, sequence, authority, commitment, previous };
  const hash = auditHash(auditStatement(made));
  await tx.insert(AuditEntry, { ...made, hash });
  await tx.execute(
    'update organization_logs set audit_sequence = ?, audit_hash = ? where organization_id = ?',
    [sequence, Buffer.from(hash), entry.organization],
  );
  return sequence;
}

/**
 * Erases the particulars of an entry, and the salt without which nobody can tell what they were. The
 * entry, its hash and every proof of it stay.
 */
export async function eraseAuditDetail(tx: Tx, id: AuditId): Promise<void> {
  await tx.execute('select erase_audit_detail(?)', [id]);
}

/** The sequence of the first entry whose content, hash, place or predecessor is wrong, or undefined. */
export async function findAuditBreak(
  tx: Tx,
  organization: OrganizationId,
): Promise<number | undefined> {
  const entries = await tx.find(AuditEntry, { organization }, { orderBy: { sequence: 'asc' } });
  let previous = FIRST_AUDIT_HASH;
  for (const [index, entry] of entries.entries()) {
    const hash = auditHash({ ...auditStatement(entry), previous: hex(previous) });
    const isPlaced = entry.sequence === index + 1 && hex(hash) === hex(entry.hash);
    if (!isPlaced || !isOpening(entry)) return index + 1;
    previous = entry.hash;
  }
  return undefined;
}

/** The particulars are those that were committed to, or were erased with their salt. */
function isOpening({ detail, salt, commitment }: AuditEntryRow): boolean {
  if (!detail || !salt) return !detail && !salt;
  return hex(commitmentOf(salt, detail)) === hex(commitment);
}
