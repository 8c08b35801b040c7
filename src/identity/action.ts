/**
 * The mutations that need a permission. One place decides, and an attempt that it refuses leaves its
 * entry in the audit log, like one that succeeds.
 */
import type { Actor } from './actor.ts';
import { type Permission, requirePermission } from './permissions.ts';
import { recordRefusal } from './refused-action.ts';
import type { IdentityServices } from './services.ts';

const PERMISSION_OF = {
  inviteUser: 'users:invite',
  createWallet: 'wallets:create',
  createTransfer: 'transfers:create',
  cancelTransfer: 'transfers:cancel',
  decideApproval: 'approvals:decide',
  publishPolicy: 'policies:publish',
} as const satisfies Readonly<Record<string, Permission>>;

/** A mutation's name. */
export type ActionName = keyof typeof PERMISSION_OF;

/** Call it before anything else: whoever may not do it learns nothing of its objects. @throws FORBIDDEN */
export async function requireAction(
  services: IdentityServices,
  actor: Actor,
  operation: ActionName,
): Promise<void> {
  try {
    requirePermission(actor, PERMISSION_OF[operation]);
  } catch (error) {
    const { organization, user } = actor;
    const attempt = { organization, user, action: 'user-action.refused', subject: user };
    await recordRefusal(services, { ...attempt, detail: { operation } }, error);
    throw error;
  }
}
