/** The organisation's word that its nodes may work together again; each operator's is needed, too. */
import { requireAction } from '#identity/action.ts';
import type { Actor } from '#identity/actor.ts';
import type { Effect } from '#identity/change-request.ts';
import { record } from '#identity/services.ts';
import { signedChange } from '#identity/signed-change.ts';
import type { SignedAction } from '#identity/user-action.ts';
import { keyChoiceChange } from '#mandate/change-input.ts';
import type { ChangeRequestRow } from '#persistence/change.ts';
import { reader } from '#persistence/database.ts';
import { findKey } from '#persistence/key.ts';
import { parseKeyChoice } from './inputs.ts';
import { requireKey } from './key.ts';
import type { Services } from './services.ts';

/**
 * What locked the key before this counts no more, once the operators of the nodes have said so as well and
 * the key has been refreshed.
 * @throws FORBIDDEN, INVALID_INPUT, NOT_FOUND, and what `signedChange` throws
 */
export async function unlockKey(
  services: Services,
  actor: Actor,
  input: { readonly keyId: string },
  signed: SignedAction | null | undefined,
): Promise<ChangeRequestRow> {
  await requireAction(services, actor, 'unlockKey');
  const choice = parseKeyChoice(input);
  await requireKey(reader(services.db), actor, choice.keyId, findKey);
  const change = { operation: 'unlockKey', input: keyChoiceChange(choice), signed };
  return signedChange(services, actor, change, keyUnlocked);
}

export const keyUnlocked: Effect<Services> = async (services, tx, { change, subject }) => {
  const { organization, requestedBy: actor } = change;
  await record(services, tx, { organization, actor, action: 'key.unlocked', subject });
};
