/**
 * Freezing: one person, or program, with the permission stops a wallet or the whole organisation at
 * once, and only two people, or more where the policy asks for more, release it.
 */
import { PlatformError } from '#core/errors.ts';
import { type OrganizationId, parseId, type WalletId } from '#core/ids.ts';
import { requireAction } from '#identity/action.ts';
import type { Actor } from '#identity/actor.ts';
import type { Effect } from '#identity/change-request.ts';
import { record } from '#identity/services.ts';
import { signedChange } from '#identity/signed-change.ts';
import type { SignedAction } from '#identity/user-action.ts';
import { walletChoiceChange } from '#mandate/change-input.ts';
import type { ChangeRequestRow } from '#persistence/change.ts';
import { reader } from '#persistence/database.ts';
import { findWallet, Wallet } from '#persistence/wallet.ts';
import type { Services } from './services.ts';
import { appendWalletEvent } from './wallet-event.ts';

export type WalletChoiceInput = { readonly walletId: string };
export type OrganizationChoiceInput = { readonly organizationId: string };

/** The canonical form: what is signed. @throws INVALID_INPUT */
export const parseWalletChoice = ({ walletId }: WalletChoiceInput) => ({
  walletId: parseId('wallet', walletId, 'walletId'),
});

/** @throws NOT_FOUND for another organisation's wallet */
export async function requireOwnWallet(
  services: Services,
  { organization }: Actor,
  id: WalletId,
): Promise<void> {
  if ((await findWallet(reader(services.db), organization, id)) !== null) return;
  throw new PlatformError('NOT_FOUND', { field: 'walletId' });
}

/** Nobody names another organisation than their own. @throws INVALID_INPUT, NOT_FOUND */
export function requireOwnOrganization(
  { organization }: Actor,
  { organizationId }: OrganizationChoiceInput,
): OrganizationId {
  const id = parseId('organization', organizationId, 'organizationId');
  if (id === organization) return id;
  throw new PlatformError('NOT_FOUND', { field: 'organizationId' });
}

type WalletUseCase = (
  services: Services,
  actor: Actor,
  input: WalletChoiceInput,
  signed: SignedAction | null | undefined,
) => Promise<ChangeRequestRow>;

const ofWallet =
  (operation: 'freezeWallet' | 'unfreezeWallet', effect: Effect<Services>): WalletUseCase =>
  async (services, actor, input, signed) => {
    await requireAction(services, actor, operation);
    const choice = parseWalletChoice(input);
    await requireOwnWallet(services, actor, choice.walletId);
    const change = { operation, input: walletChoiceChange(choice), signed };
    return signedChange(services, actor, change, effect);
  };

type OrganizationUseCase = (
  services: Services,
  actor: Actor,
  input: OrganizationChoiceInput,
  signed: SignedAction | null | undefined,
) => Promise<ChangeRequestRow>;

const ofOrganization =
  (
    operation: 'freezeOrganization' | 'unfreezeOrganization',
    effect: Effect<Services>,
  ): OrganizationUseCase =>
  async (services, actor, input, signed) => {
    await requireAction(services, actor, operation);
    requireOwnOrganization(actor, input);
    return signedChange(services, actor, { operation, input: {}, signed }, effect);
  };

/** For the record, and for who follows the wallet. */
const tellWallet =
  (action: 'wallet.frozen' | 'wallet.unfrozen'): Effect<Services> =>
  async (services, tx, { change, subject }) => {
    const { organization, requestedBy: actor } = change;
    const frozen = action === 'wallet.frozen';
    const wallet = await tx.findOneOrFail(Wallet, { id: parseId('wallet', subject) });
    await record(services, tx, { organization, actor, action, subject });
    await appendWalletEvent(services, tx, wallet, { frozen });
  };

const tellOrganization =
  (action: 'organization.frozen' | 'organization.unfrozen'): Effect<Services> =>
  async (services, tx, { change, subject }) => {
    const { organization, requestedBy: actor } = change;
    await record(services, tx, { organization, actor, action, subject });
  };

export const walletFrozen = tellWallet('wallet.frozen');
export const walletUnfrozen = tellWallet('wallet.unfrozen');
export const organizationFrozen = tellOrganization('organization.frozen');
export const organizationUnfrozen = tellOrganization('organization.unfrozen');

/** @throws FORBIDDEN, INVALID_INPUT, NOT_FOUND, and what `signedChange` throws */
export const freezeWallet = ofWallet('freezeWallet', walletFrozen);
export const unfreezeWallet = ofWallet('unfreezeWallet', walletUnfrozen);
export const freezeOrganization = ofOrganization('freezeOrganization', organizationFrozen);
export const unfreezeOrganization = ofOrganization('unfreezeOrganization', organizationUnfrozen);
