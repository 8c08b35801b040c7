/** Wallets: creating one, and reading them. */
import { PlatformError } from '#core/errors.ts';
import type { Money } from '#core/money.ts';
import type { Actor } from '#identity/actor.ts';
import type { Page, PageRequest } from '#persistence/page.ts';
import type { WalletRow } from '#persistence/wallet.ts';
import type { CreateWalletInput } from './inputs.ts';
import type { Services } from './services.ts';
import type { SignedAction } from './user-action.ts';

/**
 * A wallet in state CREATING; a job has the nodes make its key, and it becomes ACTIVE with its
 * address. The same externalId and input return the first wallet.
 * @throws FORBIDDEN, INVALID_INPUT, IDEMPOTENCY_CONFLICT, CHALLENGE_USED, CHALLENGE_EXPIRED,
 *   USER_ACTION_MISMATCH, WEBAUTHN_REFUSED, CREDENTIAL_CLONED
 */
export async function createWallet(
  _services: Services,
  _actor: Actor,
  _input: CreateWalletInput,
  _signed: SignedAction,
): Promise<WalletRow> {
  throw new PlatformError('NOT_CONFIGURED');
}

/** Newest first. @throws FORBIDDEN, INVALID_INPUT */
export async function listWallets(
  _services: Services,
  _actor: Actor,
  _page: PageRequest,
): Promise<Page<WalletRow>> {
  throw new PlatformError('NOT_CONFIGURED');
}

/** @throws FORBIDDEN, NOT_FOUND, INVALID_INPUT */
export async function readWallet(
  _services: Services,
  _actor: Actor,
  _id: string,
): Promise<WalletRow> {
  throw new PlatformError('NOT_CONFIGURED');
}

/** What the chain says that the wallet holds, for each asset of its network. @throws CHAIN_UNAVAILABLE */
export async function readBalances(
  _services: Services,
  _actor: Actor,
  _wallet: WalletRow,
): Promise<readonly Money[]> {
  throw new PlatformError('NOT_CONFIGURED');
}
