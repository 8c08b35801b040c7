/** A credential as clients see it. */
import type { CredentialRow } from '#persistence/identity.ts';
import type { Credential } from '#schema/organization.ts';

export const credentialView = (row: CredentialRow): Credential => ({
  id: row.id,
  credentialId: row.externalId,
  suspended: row.state === 'suspended',
  revoked: row.state === 'revoked',
  createdAt: row.createdAt,
  lastUsedAt: row.lastUsedAt,
});
