/**
 * The audit log: append-only, one chain of hashes per organisation. The entry is written in the
 * transaction of the change that it records, so neither exists without the other. The hash of an
 * entry covers the hash of the one before it; the Merkle log will take these hashes as its leaves.
 */
import { defineEntity, type InferEntity, p } from '@mikro-orm/core';
import { type Bytes, hex } from '#core/bytes.ts';
import { type Canonical, hashOf } from '#core/canonical.ts';
import type { AuditId, OrganizationId, UserId } from '#core/ids.ts';
import { formatInstant, type Instant } from '#core/time.ts';
import { at, bytes, counter, jsonOf, textOf } from './columns.ts';
import type { Tx } from './database.ts';
import { Organization } from './organization.ts';

export const AUDIT_DOMAIN = 'countersign/audit/v1';

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
    detail: jsonOf<AuditDetail>(),
    previous: bytes(),
    hash: bytes(),
  },
});
export type AuditEntryRow = InferEntity<typeof AuditEntry>;

export type AuditDetail = { readonly [field: string]: Canonical };

export type NewAuditEntry = {
  readonly id: AuditId;
  readonly organization: OrganizationId;
  readonly at: Instant;
  readonly actor: UserId | 'system';
  readonly action: string;
  readonly subject: string;
  readonly detail: AuditDetail;
};

/** The hash that the next entry chains to: SHA-256 over the entry's canonical form, 32 bytes. */
export const auditHash = (entry: NewAuditEntry, sequence: number, previous: Bytes): Bytes =>
  hashOf({
    domain: AUDIT_DOMAIN,
    id: entry.id,
    organization: entry.organization,
    sequence,
    at: formatInstant(entry.at),
    actor: entry.actor,
    action: entry.action,
    subject: entry.subject,
    detail: entry.detail,
    previous: hex(previous),
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
  const hash = auditHash(entry, sequence, previous);
  await tx.insert(AuditEntry, { ...entry, sequence, previous, hash });
  await tx.execute(
    'update organization_logs set audit_sequence = ?, audit_hash = ? where organization_id = ?',
    [sequence, Buffer.from(hash), entry.organization],
  );
  return sequence;
}

/** The sequence of the first entry whose hash, place or predecessor is wrong, or undefined. */
export async function findAuditBreak(
  tx: Tx,
  organization: OrganizationId,
): Promise<number | undefined> {
  const entries = await tx.find(AuditEntry, { organization }, { orderBy: { sequence: 'asc' } });
  let previous: Bytes = new Uint8Array(32);
  for (const [index, entry] of entries.entries()) {
    const hash = auditHash(entry, index + 1, previous);
    if (entry.sequence !== index + 1 || hex(hash) !== hex(entry.hash)) return index + 1;
    previous = entry.hash;
  }
  return undefined;
}
