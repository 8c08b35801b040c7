/** What a wallet is tagged: which rules of the policy its payments fall under, from now on. */
import { parseId } from '#core/ids.ts';
import { requireAction } from '#identity/action.ts';
import type { Actor } from '#identity/actor.ts';
import type { Effect } from '#identity/change-request.ts';
import { record } from '#identity/services.ts';
import { signedChange } from '#identity/signed-change.ts';
import type { SignedAction } from '#identity/user-action.ts';
import { walletUpdate } from '#mandate/change-input.ts';
import type { ChangeRequestRow } from '#persistence/change.ts';
import { lockWallet } from '#persistence/wallet.ts';
import { requireOwnWallet } from './freezing.ts';
import { parseWalletUpdate, type UpdateWalletInput } from './inputs.ts';
import type { Services } from './services.ts';
import { appendWalletEvent } from './wallet-event.ts';

/**
 * All the tags that the wallet has afterwards. Payments that wait are decided again before they are signed.
 * @throws FORBIDDEN, INVALID_INPUT, NOT_FOUND, and what `signedChange` throws
 */
export async function updateWallet(
  services: Services,
  actor: Actor,
  input: UpdateWalletInput,
  signed: SignedAction | null | undefined,
): Promise<ChangeRequestRow> {
  await requireAction(services, actor, 'updateWallet');
  const update = parseWalletUpdate(input);
  await requireOwnWallet(services, actor, update.walletId);
  const change = { operation: 'updateWallet', input: walletUpdate(update), signed };
  return signedChange(services, actor, change, walletUpdated);
}

/** The row says what the log says: policies are asked with it. */
export const walletUpdated: Effect<Services> = async (services, tx, { change, subject, state }) => {
  const { organization, requestedBy: actor } = change;
  const id = parseId('wallet', subject);
  const made = state.wallets.get(id);
  const wallet = await lockWallet(tx, organization, id);
  if (made === undefined || wallet === null) throw new Error(`there is no wallet ${id}`);
  wallet.tags = made.tags;
  const detail = { tags: [...made.tags] };
  await record(services, tx, { organization, actor, action: 'wallet.updated', subject, detail });
  await appendWalletEvent(services, tx, wallet);
};
