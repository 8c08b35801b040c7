/** The signature beside a mutation's input. */
import { PlatformError } from '#core/errors.ts';
import type { SignedAction } from '#identity/user-action.ts';
import type { UserActionInput } from '#schema/session.ts';

/** @throws USER_ACTION_REQUIRED */
export function requireUserAction(userAction: UserActionInput | null | undefined): SignedAction {
  if (userAction) return userAction as SignedAction;
  throw new PlatformError('USER_ACTION_REQUIRED', {
    hint: 'Call beginUserAction, sign its intent, and send the signature as userAction.',
  });
}
