/**
 * The mutations that need a permission. One place decides, and an attempt that it refuses leaves its
 * entry in the audit log, like one that succeeds.
 */
import { PlatformError } from '#core/errors.ts';
import type { Actor } from './actor.ts';
import { type Permission, requirePermission } from '#mandate/permissions.ts';
import { recordRefusal } from './refused-action.ts';
import type { IdentityServices } from './services.ts';

type Rule = {
  readonly permission: Permission;
  /**
   * Whoever makes or lends authority must be a person: with the key file of a service account nobody
   * can approve a payment, change the policy, or make another user.
   */
  readonly peopleOnly?: true;
};

const RULES = {
  inviteUser: { permission: 'users:invite', peopleOnly: true },
  createServiceAccount: { permission: 'users:invite', peopleOnly: true },
  deactivateUser: { permission: 'users:deactivate', peopleOnly: true },
  createWallet: { permission: 'wallets:create' },
  createKey: { permission: 'keys:create' },
  refreshKey: { permission: 'keys:refresh' },
  reshareKey: { permission: 'keys:reshare' },
  importKey: { permission: 'keys:import' },
  exportKey: { permission: 'keys:export' },
  createTransfer: { permission: 'transfers:create' },
  cancelTransfer: { permission: 'transfers:cancel' },
  decideApproval: { permission: 'approvals:decide', peopleOnly: true },
  decideChange: { permission: 'changes:decide', peopleOnly: true },
  withdrawChange: { permission: 'changes:read', peopleOnly: true },
  publishPolicy: { permission: 'policies:publish', peopleOnly: true },
} as const satisfies Readonly<Record<string, Rule>>;

/** A mutation's name. */
export type ActionName = keyof typeof RULES;

/** Call it before anything else: whoever may not do it learns nothing of its objects. @throws FORBIDDEN */
export async function requireAction(
  services: IdentityServices,
  actor: Actor,
  operation: ActionName,
): Promise<void> {
  try {
    requireRule(actor, RULES[operation]);
  } catch (error) {
    const { organization, user } = actor;
    const attempt = { organization, user, action: 'user-action.refused', subject: user };
    await recordRefusal(services, { ...attempt, detail: { operation } }, error);
    throw error;
  }
}

function requireRule(actor: Actor, { permission, peopleOnly }: Rule): void {
  requirePermission(actor, permission);
  if (peopleOnly !== true || actor.kind === 'person') return;
  throw new PlatformError('FORBIDDEN', {
    permission,
    reason: 'this takes a person, and a service account is none',
  });
}
