/** A policy bundle as clients see it. */
import type { PolicyBundleRow } from '#persistence/policy.ts';
import type { PolicyBundle } from '#schema/policy.ts';

export type BundleView = Omit<PolicyBundle, 'publishedBy'> & { readonly row: PolicyBundleRow };

export const bundleView = (row: PolicyBundleRow): BundleView => ({
  row,
  id: row.id,
  version: row.version,
  title: row.title,
  hash: row.hash,
  files: row.files,
  publishedAt: row.publishedAt,
  effectiveFrom: row.effectiveFrom,
  effectiveUntil: row.effectiveUntil,
});
