/**
 * The mutations that need a permission. One place decides, and an attempt that it refuses leaves its
 * entry in the audit log, like one that succeeds.
 */
import { PlatformError } from '#core/errors.ts';
import type { Kind } from '#mandate/authority/kind.ts';
import { type ChangeOperation, isChangeOperation, KINDS } from '#mandate/authority/kinds.ts';
import { requirePermission } from '#mandate/permissions.ts';
import type { Actor } from './actor.ts';
import { recordRefusal } from './refused-action.ts';
import type { IdentityServices } from './services.ts';

type Rule = Pick<Kind, 'permission' | 'peopleOnly' | 'isOwn'>;

/** What changes no authority; the changes of authority have their rules in the log's own table. */
const RULES = {
  createTransfer: { permission: 'transfers:create' },
  createAllowance: { permission: 'transfers:create' },
  cancelTransfer: { permission: 'transfers:cancel' },
  speedUpTransfer: { permission: 'transfers:create' },
  decideApproval: { permission: 'approvals:decide', peopleOnly: true },
  decideChange: { permission: 'changes:decide', peopleOnly: true },
  withdrawChange: { permission: 'changes:read', peopleOnly: true },
} as const satisfies Readonly<Record<string, Rule>>;

/** A mutation's name. */
export type ActionName = keyof typeof RULES | Exclude<ChangeOperation, 'registerCredential'>;

const ruleOf = (operation: ActionName): Rule =>
  isChangeOperation(operation) ? KINDS[operation] : RULES[operation];

/** Call it before anything else: whoever may not do it learns nothing of its objects. @throws FORBIDDEN */
export async function requireAction(
  services: IdentityServices,
  actor: Actor,
  operation: ActionName,
): Promise<void> {
  try {
    requireRule(actor, ruleOf(operation));
  } catch (error) {
    const { organization, user } = actor;
    const attempt = { organization, user, action: 'user-action.refused', subject: user };
    await recordRefusal(services, { ...attempt, detail: { operation } }, error);
    throw error;
  }
}

/** Whether what is changed is the actor's own, the log says when it takes the change. */
function requireRule(actor: Actor, { permission, peopleOnly, isOwn }: Rule): void {
  const isGranted = permission !== 'own' && permission !== 'enrolment';
  if (isGranted && isOwn === undefined) requirePermission(actor, permission);
  if (peopleOnly !== true || actor.kind === 'person') return;
  throw new PlatformError('FORBIDDEN', {
    permission,
    reason: 'this takes a person, and a service account is none',
  });
}
