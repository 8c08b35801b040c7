/** Published policy bundles. */
import { defineEntity, type InferEntity, p } from '@mikro-orm/core';
import type { PolicyId, UserId } from '#core/ids.ts';
import { ChangeRequest } from './change.ts';
import { at, jsonOf, textOf } from './columns.ts';
import { Organization } from './organization.ts';

export type BundleFile = { readonly path: string; readonly content: string };

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
