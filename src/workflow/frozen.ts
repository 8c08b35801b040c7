/**
 * What an organisation has frozen, as the platform's copy of its authority log has it. The signer nodes
 * refuse it by themselves; here nothing begins that they would refuse, and what has begun waits.
 */
import { PlatformError } from '#core/errors.ts';
import type { OrganizationId, WalletId } from '#core/ids.ts';
import { findAuthority } from '#identity/authority.ts';
import type { Tx } from '#persistence/database.ts';

/** @throws KEY_LOCKED */
export async function requireThawed(
  tx: Tx,
  organization: OrganizationId,
  wallet: WalletId,
): Promise<void> {
  const state = await findAuthority(tx, organization);
  const frozen = state?.frozen === true ? 'organisation' : undefined;
  const what = frozen ?? (state?.wallets.get(wallet)?.frozen === true ? 'wallet' : undefined);
  if (what !== undefined)
    throw new PlatformError('KEY_LOCKED', { reason: `the ${what} is frozen` });
}
