/** Policies: publishing and reading them. */
import { PlatformError } from '#core/errors.ts';
import type { Actor } from '#identity/actor.ts';
import type { Page, PageRequest } from '#persistence/page.ts';
import type { ChangeRequestRow, PolicyBundleRow } from '#persistence/policy.ts';
import type { PublishPolicyInput } from './inputs.ts';
import type { Services } from './services.ts';
import type { SignedAction } from './user-action.ts';

export type PublishedPolicy = {
  readonly change: ChangeRequestRow;
  readonly bundle: PolicyBundleRow;
};

/**
 * Publishes a bundle. Until there is governance, one Compliance user's signature applies it at once.
 * @throws FORBIDDEN, POLICY_SYNTAX with `diagnostics` (lines `PATH:LINE:COLUMN: CODE message`),
 *   POLICY_TOO_LARGE, POLICY_TOO_DEEP, POLICY_OVERFLOW, VERSION_CONFLICT, CHALLENGE_USED,
 *   CHALLENGE_EXPIRED, USER_ACTION_MISMATCH, WEBAUTHN_REFUSED, CREDENTIAL_CLONED
 */
export async function publishPolicy(
  _services: Services,
  _actor: Actor,
  _input: PublishPolicyInput,
  _signed: SignedAction,
): Promise<PublishedPolicy> {
  throw new PlatformError('NOT_CONFIGURED');
}

/** Newest first. @throws FORBIDDEN, INVALID_INPUT */
export async function listPolicyBundles(
  _services: Services,
  _actor: Actor,
  _page: PageRequest,
): Promise<Page<PolicyBundleRow>> {
  throw new PlatformError('NOT_CONFIGURED');
}

/** The bundle with this version, or the newest one. @throws FORBIDDEN, NOT_FOUND */
export async function readPolicyBundle(
  _services: Services,
  _actor: Actor,
  _version?: number,
): Promise<PolicyBundleRow> {
  throw new PlatformError('NOT_CONFIGURED');
}
