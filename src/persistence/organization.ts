/**
 * Organisations, and the row whose lock orders everything that an organisation records. An audit
 * sequence or an event cursor is given out under that lock, which is held until commit: numbers
 * have no gaps and become visible in their order.
 */
import { defineEntity, type InferEntity, p } from '@mikro-orm/core';
import type { OrganizationId } from '#core/ids.ts';
import type { Instant } from '#core/time.ts';
import { at, bytes, counter, textOf } from './columns.ts';
import type { Tx } from './database.ts';

export const Organization = defineEntity({
  name: 'Organization',
  tableName: 'organizations',
  properties: {
    id: textOf<OrganizationId>().primary(),
    name: p.text(),
    createdAt: at(),
  },
});
export type OrganizationRow = InferEntity<typeof Organization>;

export const OrganizationLog = defineEntity({
  name: 'OrganizationLog',
  tableName: 'organization_logs',
  properties: {
    organization: () => p.oneToOne(Organization).mapToPk().primary().deleteRule('no action'),
    auditSequence: counter(),
    /** The hash of the last audit entry; 32 zero bytes before the first. */
    auditHash: bytes(),
    eventCursor: counter(),
  },
});

/** Lets the gateways of a fresh installation through one by one, until the transaction's end. */
export async function lockFirstStart(tx: Tx): Promise<void> {
  await tx.execute("select pg_advisory_xact_lock(hashtextextended('first-start', 0))");
}

export const findOrganization = (tx: Tx, id: OrganizationId): Promise<OrganizationRow> =>
  tx.findOneOrFail(Organization, { id });

/** Creates the organisation and its empty log. */
export async function insertOrganization(
  tx: Tx,
  organization: { readonly id: OrganizationId; readonly name: string; readonly createdAt: Instant },
): Promise<void> {
  tx.create(Organization, organization);
  tx.create(OrganizationLog, {
    organization: organization.id,
    auditSequence: 0,
    auditHash: new Uint8Array(32),
    eventCursor: 0,
  });
  await tx.flush();
}
