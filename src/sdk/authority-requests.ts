/** Changes of who may do what, beside invitations: roles, passkeys, freezing, and the registry. */
import {
  addressListChange,
  assetChange,
  assetChoiceChange,
  groupChange,
  keyChoiceChange,
  passkeyChange,
  recoveryChange,
  readmissionChange,
  restoreChange,
  revocationChange,
  rolesChange,
  walletChoiceChange,
  walletUpdate,
} from '#mandate/change-input.ts';
import type { ChangeInput } from '#mandate/change.ts';
import { ENROLMENT_SECRET_BYTES, enrolmentKeyOf } from '#mandate/enrolment.ts';
import type { CreationOptions } from './authenticator.ts';
import type { ChallengeOffer } from './ceremony.ts';
import { passkeyIn, withSecret } from './enrolment.ts';
import { Requests } from './requests.ts';
import { type ToldWallet, unverified } from './node-keys.ts';
import type * as api from './types.ts';

type WalletChoice = { readonly walletId: string };
type OrganizationChoice = { readonly organizationId: string };
type WalletChanged = { readonly wallet: api.Wallet; readonly change: api.ChangeRequest };
type OrganizationChanged = {
  readonly organization: api.Organization;
  readonly change: api.ChangeRequest;
};

export class AuthorityRequests extends Requests {
  /**
   * All the roles that the user is to have. Roles that give authority over others wait for another person
   * who has some (`change.approval.eligible`), unless nobody else has; all others count at once.
   */
  changeRoles(input: {
    readonly userId: string;
    readonly roles: readonly api.RoleName[];
  }): Promise<{ readonly user: api.User; readonly change: api.ChangeRequest }> {
    return this.change('changeRoles', input, rolesChange(input));
  }

  /**
   * A one-time link for somebody who has lost every passkey; it works once another person has approved.
   * Only the public half of its key is sent; the answer carries the secret.
   */
  async recoverUser({
    userId,
  }: {
    readonly userId: string;
  }): Promise<{ readonly user: api.User; readonly change: api.ChangeRequest } & api.Invitation> {
    const secret = this.random(ENROLMENT_SECRET_BYTES);
    const input = { userId, enrolmentKey: enrolmentKeyOf(secret) };
    type Recovered = { readonly user: api.User; readonly change: api.ChangeRequest };
    const change = recoveryChange(input);
    return withSecret(
      await this.change<Recovered & api.Invitation>('recoverUser', input, change),
      secret,
    );
  }

  /** Has the browser make one more passkey, and signs with one that is there that it is one's own. */
  async addCredential(): Promise<{
    readonly credential: api.Credential | null;
    readonly change: api.ChangeRequest;
  }> {
    const offer = await this.run<ChallengeOffer<CreationOptions>>('beginAddCredential', {});
    const input = await this.newPasskey(offer);
    return this.change('addCredential', input, passkeyChange(passkeyIn(input.credential)));
  }

  /** Nothing is signed with it any more, and the sessions that it opened end. */
  async revokeCredential(input: { readonly credentialId: string }): Promise<api.ChangeRequest> {
    const change = revocationChange({ credential: input.credentialId });
    type Revoked = { readonly change: api.ChangeRequest };
    return (await this.change<Revoked>('revokeCredential', input, change)).change;
  }

  /** The credentials of whoever is signed in, ended ones too. */
  async credentials(): Promise<readonly api.Credential[]> {
    type Own = { readonly credentials: readonly api.Credential[] };
    return (await this.run<Own>('credentials', {}, undefined, 'viewer')).credentials;
  }

  /** All tags that the wallet is to have: policies decide by them, also about payments that wait. */
  updateWallet(input: {
    readonly walletId: string;
    readonly tags: readonly string[];
  }): Promise<WalletChanged> {
    return this.#changeWallet('updateWallet', input, walletUpdate(input));
  }

  freezeWallet(input: WalletChoice): Promise<WalletChanged> {
    return this.#changeWallet('freezeWallet', input, walletChoiceChange(input));
  }

  /** Another person has to approve of it. */
  unfreezeWallet(input: WalletChoice): Promise<WalletChanged> {
    return this.#changeWallet('unfreezeWallet', input, walletChoiceChange(input));
  }

  freezeOrganization(input: OrganizationChoice): Promise<OrganizationChanged> {
    return this.change('freezeOrganization', input, {});
  }

  /** Another person has to approve of it. */
  unfreezeOrganization(input: OrganizationChoice): Promise<OrganizationChanged> {
    return this.change('unfreezeOrganization', input, {});
  }

  /** The organisation's part of it: the operators of the nodes must agree as well. */
  unlockKey(input: { readonly keyId: string }): Promise<{
    readonly key: api.Key;
    readonly change: api.ChangeRequest;
  }> {
    return this.change('unlockKey', input, keyChoiceChange(input));
  }

  /** The organisation's part of it: the operators of the node's peers must accept it, and another person approve. */
  async restoreNode(input: api.RestoreNodeInput): Promise<api.ChangeRequest> {
    type Restored = { readonly change: api.ChangeRequest };
    return (await this.change<Restored>('restoreNode', input, restoreChange(input))).change;
  }

  /** The organisation's part of it: the operators of those who banned it must agree, and another person approve. */
  async readmitNode(input: api.ReadmitNodeInput): Promise<api.ChangeRequest> {
    type Readmitted = { readonly change: api.ChangeRequest };
    return (await this.change<Readmitted>('readmitNode', input, readmissionChange(input))).change;
  }

  /** The whole list, as it is to be. Addresses in their network's own spelling. */
  async setAddressList(input: api.AddressListInput): Promise<api.ChangeRequest> {
    type Set = { readonly change: api.ChangeRequest };
    return (await this.change<Set>('setAddressList', input, addressListChange(input))).change;
  }

  /** The whole group, as it is to be. */
  async setGroup(input: api.GroupInput): Promise<api.ChangeRequest> {
    type Set = { readonly change: api.ChangeRequest };
    return (await this.change<Set>('setGroup', input, groupChange(input))).change;
  }

  /**
   * A token of the organisation's own: `contract` in its network's own spelling. Policies that are published
   * from then on know it, as SYMBOL@network.
   */
  async registerAsset(input: api.RegisterAssetInput): Promise<api.ChangeRequest> {
    type Registered = { readonly change: api.ChangeRequest };
    return (await this.change<Registered>('registerAsset', input, assetChange(input))).change;
  }

  /** Nothing new is paid with it, for good. */
  async retireAsset(input: { readonly asset: string }): Promise<api.ChangeRequest> {
    type Retired = { readonly change: api.ChangeRequest };
    return (await this.change<Retired>('retireAsset', input, assetChoiceChange(input))).change;
  }

  addressLists(): Promise<readonly api.AddressList[]> {
    return this.run('addressLists', {});
  }

  groups(): Promise<readonly api.Group[]> {
    return this.run('groups', {});
  }

  async #changeWallet(
    operation: 'updateWallet' | 'freezeWallet' | 'unfreezeWallet',
    input: WalletChoice,
    change: ChangeInput,
  ): Promise<WalletChanged> {
    type Told = Omit<WalletChanged, 'wallet'> & { readonly wallet: ToldWallet };
    const told = await this.change<Told>(operation, input, change);
    return { ...told, wallet: unverified(told.wallet) };
  }
}
