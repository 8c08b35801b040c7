/** Reading the published policies. */
import { PlatformError } from '#core/errors.ts';
import type { Actor } from '#identity/actor.ts';
import { requirePermission } from '#mandate/permissions.ts';
import { reader } from '#persistence/database.ts';
import { findPage, type Page, type PageRequest } from '#persistence/page.ts';
import { PolicyBundle, type PolicyBundleRow } from '#persistence/policy.ts';
import type { Services } from './services.ts';

/** Newest first. @throws FORBIDDEN, INVALID_INPUT */
export async function listPolicyBundles(
  services: Services,
  actor: Actor,
  page: PageRequest,
): Promise<Page<PolicyBundleRow>> {
  requirePermission(actor, 'policies:read');
  const { organization } = actor;
  return findPage(reader(services.db), PolicyBundle, { organization }, 'id', page);
}

/** The bundle with this version and this hash, or the newest one. @throws FORBIDDEN, NOT_FOUND */
export async function readPolicyBundle(
  services: Services,
  actor: Actor,
  version?: number | null,
  hash?: string | null,
): Promise<PolicyBundleRow> {
  requirePermission(actor, 'policies:read');
  const where = {
    organization: actor.organization,
    ...(typeof version === 'number' ? { version } : {}),
    ...(typeof hash === 'string' ? { hash } : {}),
  };
  const orderBy = { version: 'desc' } as const;
  const bundle = await reader(services.db).findOne(PolicyBundle, where, { orderBy });
  if (bundle === null) throw new PlatformError('NOT_FOUND', { field: 'version' });
  return bundle;
}
