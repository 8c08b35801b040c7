/** The input of each change of authority, as it is signed: what the mutation itself makes of the same. */
import { invalidInput } from '#core/errors.ts';
import type { Actor } from '#identity/actor.ts';
import { parseNewCredential, parseRevocation } from '#identity/credential.ts';
import { parseDeactivation } from '#identity/deactivation.ts';
import { parseInvite } from '#identity/invitation.ts';
import { parseRecovery } from '#identity/recovery.ts';
import { parseRoleChange } from '#identity/roles.ts';
import { parseServiceAccount } from '#identity/service-account.ts';
import type { ChangeInput } from '#mandate/change.ts';
import {
  exportChange,
  importChange,
  invitationChange,
  keyChange,
  passkeyChange,
  policyChange,
  recoveryChange,
  reshareChange,
  revocationChange,
  rolesChange,
  serviceAccountChange,
  walletChange,
  walletChoiceChange,
  walletUpdate,
} from '#mandate/change-input.ts';
import { reader } from '#persistence/database.ts';
import { parseAssetChoice, parseNewAsset } from './assets.ts';
import { parseWalletChoice, requireOwnOrganization } from './freezing.ts';
import {
  parseExportInput,
  parseImportInput,
  parseKeyChoice,
  parseKeyInput,
  parseReshareInput,
  parseWalletInput,
  parseWalletUpdate,
  type PublishPolicyInput,
  type UserActionRequest,
} from './inputs.ts';
import { parseReadmission, parseRestore } from './node-change.ts';
import { requirePublishable } from './publish-policy.ts';
import { parseAddressList, parseGroup } from './registry.ts';
import type { Services } from './services.ts';

/**
 * The input of a change in its canonical form, as the mutation makes it.
 * @throws INVALID_INPUT, POLICY_SYNTAX, NOT_FOUND and the codes of a ceremony
 */
export async function changeInputOf(
  services: Services,
  actor: Actor,
  request: Exclude<
    UserActionRequest,
    { operation: 'createTransfer' | 'createAllowance' | 'decideApproval' }
  >,
): Promise<ChangeInput> {
  switch (request.operation) {
    case 'createWallet':
      return walletChange(parseWalletInput(request.input));
    case 'updateWallet':
      return walletUpdate(parseWalletUpdate(request.input));
    case 'createKey':
      return keyChange(parseKeyInput(request.input));
    case 'refreshKey':
    case 'unlockKey':
      return parseKeyChoice(request.input);
    case 'importKey':
      return importChange(parseImportInput(request.input));
    case 'reshareKey':
      return reshareChange(parseReshareInput(request.input));
    case 'exportKey':
      return exportChange(parseExportInput(request.input));
    case 'publishPolicy':
      return publishableInput(services, actor, request.input.files);
    case 'inviteUser':
      return invitationChange(parseInvite(request.input));
    case 'createServiceAccount':
      return serviceAccountChange(parseServiceAccount(request.input));
    case 'deactivateUser':
      return parseDeactivation(request.input);
    case 'changeRoles':
      return rolesChange(parseRoleChange(request.input));
    case 'recoverUser':
      return recoveryChange(parseRecovery(request.input));
    case 'addCredential':
      return passkeyChange(await parseNewCredential(services, request.input));
    case 'revokeCredential':
      return revocationChange(parseRevocation(request.input));
    case 'setAddressList':
      return parseAddressList(request.input);
    case 'registerAsset':
      return parseNewAsset(request.input);
    case 'retireAsset':
      return parseAssetChoice(request.input);
    case 'setGroup':
      return parseGroup(request.input);
    case 'freezeWallet':
    case 'unfreezeWallet':
      return walletChoiceChange(parseWalletChoice(request.input));
    case 'freezeOrganization':
    case 'unfreezeOrganization':
      requireOwnOrganization(actor, request.input);
      return {};
    case 'restoreNode':
      return parseRestore(request.input);
    case 'readmitNode':
      return parseReadmission(request.input);
    default:
      throw invalidInput('operation', 'not an operation', 'Write the name of a signed mutation.');
  }
}

async function publishableInput(
  services: Services,
  { organization }: Actor,
  files: PublishPolicyInput['files'],
): Promise<ChangeInput> {
  await requirePublishable(reader(services.db), organization, files, services.clock.now());
  return policyChange(files);
}
