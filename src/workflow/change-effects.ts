/**
 * What follows from each kind of change that may wait for approvals, when it is applied at last: the same
 * that follows at once where nobody has to approve.
 */
import type { Effect } from '#identity/change-request.ts';
import { endRevoked, insertAdded } from '#identity/credential.ts';
import { suspendDeactivated } from '#identity/deactivation.ts';
import { addInvitedUser } from '#identity/invitation.ts';
import { expectAnew } from '#identity/recovery.ts';
import { setRoles } from '#identity/roles.ts';
import { addServiceAccount } from '#identity/service-account.ts';
import { assetRegistered, assetRetired } from './assets.ts';
import { organizationUnfrozen, walletUnfrozen } from './freezing.ts';
import { nodeReadmitted, nodeRestored } from './node-change.ts';
import { addPolicy } from './publish-policy.ts';
import { groupSet, listSet } from './registry.ts';
import { walletUpdated } from './update-wallet.ts';
import type { Services } from './services.ts';

const EFFECTS: Readonly<Record<string, Effect<Services>>> = {
  inviteUser: addInvitedUser,
  createServiceAccount: addServiceAccount,
  deactivateUser: suspendDeactivated,
  changeRoles: setRoles,
  recoverUser: expectAnew,
  addCredential: insertAdded,
  revokeCredential: endRevoked,
  publishPolicy: addPolicy,
  setAddressList: listSet,
  setGroup: groupSet,
  registerAsset: assetRegistered,
  retireAsset: assetRetired,
  updateWallet: walletUpdated,
  unfreezeWallet: walletUnfrozen,
  unfreezeOrganization: organizationUnfrozen,
  restoreNode: nodeRestored,
  readmitNode: nodeReadmitted,
};

/** A mutation whose change may wait has its line here. */
export function effectOf(operation: string): Effect<Services> {
  const effect = EFFECTS[operation];
  if (effect === undefined) throw new Error(`nothing is known to follow from ${operation}`);
  return effect;
}
