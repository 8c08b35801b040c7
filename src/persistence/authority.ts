/**
 * The authority log of each organisation, as the gateway keeps it: append-only, one row an entry. What
 * the entries say is `mandate/authority/`'s; here they are texts with a place and a hash.
 */
import { defineEntity, type InferEntity, p } from '@mikro-orm/core';
import type { OrganizationId } from '#core/ids.ts';
import { at, counter } from './columns.ts';
import type { Tx } from './database.ts';
import { Organization } from './organization.ts';

export const AuthorityRow = defineEntity({
  name: 'AuthorityRow',
  tableName: 'authority_entries',
  properties: {
    organization: () => p.manyToOne(Organization).mapToPk().primary(),
    /** 0 is the genesis. */
    sequence: counter().primary(),
    /** The head with this entry: 64 hex digits. */
    hash: p.text(),
    /** Canonical JSON: a genesis, or a signed change. */
    content: p.text(),
    createdAt: at(),
  },
});
export type AuthorityRowOf = InferEntity<typeof AuthorityRow>;

/**
 * Lets one change of an organisation's authority happen at a time, until the transaction's end. Take
 * it after the challenge and the passkey of the user action, before the rows of the object.
 */
export async function lockAuthority(tx: Tx, organization: OrganizationId): Promise<void> {
  await tx.execute('select pg_advisory_xact_lock(hashtextextended(?, 0))', [
    `${organization} authority`,
  ]);
}

/**
 * Keeps an organisation's authority as it is until the transaction's end, together with others who do
 * the same: what is recorded then was decided by the authority that its audit entry names. In the
 * order of locks it stands where `lockAuthority` does.
 */
export async function holdAuthority(tx: Tx, organization: OrganizationId): Promise<void> {
  await tx.execute('select pg_advisory_xact_lock_shared(hashtextextended(?, 0))', [
    `${organization} authority`,
  ]);
}

/** The newest entry's place and hash; undefined before the genesis. */
export async function authorityHead(
  tx: Tx,
  organization: OrganizationId,
): Promise<{ readonly sequence: number; readonly hash: string } | undefined> {
  const [row] = await tx.execute<{ sequence: string; hash: string }[]>(
    `select sequence, hash from authority_entries where organization_id = ?
     order by sequence desc limit 1`,
    [organization],
  );
  return row && { sequence: Number(row.sequence), hash: row.hash };
}

/** How many entries the log had when this was its head; none where there is no such head. */
export async function authorityLength(
  tx: Tx,
  organization: OrganizationId,
  head: string,
): Promise<number> {
  if (head === '') return 0;
  const row = await tx.findOne(AuthorityRow, { organization, hash: head });
  return row === null ? 0 : row.sequence + 1;
}

/** The entries from a place on, in their order; all of them where there is no limit. */
export const authorityEntries = (
  tx: Tx,
  organization: OrganizationId,
  from: number,
  limit?: number,
): Promise<AuthorityRowOf[]> =>
  tx.find(
    AuthorityRow,
    { organization, sequence: { $gte: from } },
    { orderBy: { sequence: 'asc' }, ...(limit === undefined ? {} : { limit }) },
  );

/** Appends an entry; the caller holds `lockAuthority`. */
export async function insertAuthority(tx: Tx, entry: AuthorityRowOf): Promise<void> {
  await tx.flush();
  await tx.insert(AuthorityRow, entry);
}
