/** Published policy bundles, and the change requests that publish them. */
import { defineEntity, type InferEntity, p } from '@mikro-orm/core';
import type { ChangeId, PolicyId, UserId } from '#core/ids.ts';
import { at, jsonOf, textOf } from './columns.ts';
import { Organization } from './organization.ts';
import type { StoredStatement } from './transfer.ts';

export type BundleFile = { readonly path: string; readonly content: string };

export type ChangeState = 'OPEN' | 'APPLIED' | 'REJECTED';

/** A change that is governed: who asked for it, with which signature, and what became of it. */
export const ChangeRequest = defineEntity({
  name: 'ChangeRequest',
  tableName: 'change_requests',
  indexes: [{ properties: ['organization', 'id'] }],
  properties: {
    id: textOf<ChangeId>().primary(),
    organization: () => p.manyToOne(Organization).mapToPk(),
    operation: textOf<'publishPolicy'>(),
    state: textOf<ChangeState>(),
    requestedBy: textOf<UserId>(),
    statement: jsonOf<StoredStatement>(),
    createdAt: at(),
    appliedAt: at().nullable(),
    version: p.integer().version(),
  },
});
export type ChangeRequestRow = InferEntity<typeof ChangeRequest>;

export const PolicyBundle = defineEntity({
  name: 'PolicyBundle',
  tableName: 'policy_bundles',
  uniques: [{ properties: ['organization', 'version'] }],
  properties: {
    id: textOf<PolicyId>().primary(),
    organization: () => p.manyToOne(Organization).mapToPk(),
    change: () => p.oneToOne(ChangeRequest).mapToPk(),
    /** The author's version number: it grows with each bundle. */
    version: p.integer(),
    title: p.text(),
    /** SHA-256 of the canonical bundle, in hex. */
    hash: p.text(),
    files: jsonOf<readonly BundleFile[]>(),
    /** The user of each e-mail address of the groups, as it was at publishing. */
    members: jsonOf<{ readonly [email: string]: UserId }>(),
    effectiveFrom: at(),
    effectiveUntil: at().nullable(),
    /** When it takes the place of the one before: the later of its beginning and its publication. */
    begins: at(),
    publishedBy: textOf<UserId>(),
    publishedAt: at(),
  },
});
export type PolicyBundleRow = InferEntity<typeof PolicyBundle>;
