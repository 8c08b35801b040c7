/** A new organisation with its first administrator, made by whoever operates the platform. */
import type { OrganizationId } from '#core/ids.ts';
import { transaction } from '#persistence/database.ts';
import { insertOrganization } from '#persistence/organization.ts';
import { parseEmail, parsePersonName } from '#mandate/fields.ts';
import { type Invited, insertInvitedUser, inviteLink } from './invitation.ts';
import { type OperatorTokens, requireOperator } from './operator.ts';
import { type IdentityServices, freshId, record } from './services.ts';
import { TOKEN_BYTES, freshToken } from './token.ts';

export type CreateOrganizationInput = {
  readonly name: string;
  readonly adminName: string;
  readonly adminEmail?: string | null;
};

export type CreatedOrganization = {
  readonly organization: OrganizationId;
  readonly administrator: Invited;
};

/** @throws UNAUTHENTICATED for another operator token, INVALID_INPUT */
export async function createOrganization(
  services: IdentityServices,
  operatorTokens: OperatorTokens,
  input: CreateOrganizationInput,
): Promise<CreatedOrganization> {
  requireOperator(operatorTokens);
  const name = parsePersonName(input.name, 'name');
  const administrator = {
    name: parsePersonName(input.adminName, 'adminName'),
    email: input.adminEmail ? parseEmail(input.adminEmail, 'adminEmail') : null,
    roles: ['admin'] as const,
  };
  const organization = freshId(services, 'organization');
  const { token, hash } = freshToken(services.random(TOKEN_BYTES));
  return transaction(services.db, async (tx) => {
    await insertOrganization(tx, { id: organization, name, createdAt: services.clock.now() });
    const id = freshId(services, 'user');
    const invited = { ...administrator, id, organization };
    const { expiresAt } = await insertInvitedUser(services, tx, invited, hash);
    await record(services, tx, {
      organization,
      actor: 'system',
      action: 'organization.created',
      subject: organization,
      detail: { name, administrator: id },
    });
    const link = inviteLink(services, token);
    return { organization, administrator: { user: id, link, token, expiresAt } };
  });
}
