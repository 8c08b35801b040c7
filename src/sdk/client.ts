/**
 * The typed client of the platform, for browsers and for Node: one method for each mutation, query and
 * subscription.
 */
import {
  exportChange,
  importChange,
  invitationChange,
  keyChange,
  policyChange,
  reshareChange,
  serviceAccountChange,
  walletChange,
} from '#mandate/change-input.ts';
import type { ChangeInput } from '#mandate/change.ts';
import { ENROLMENT_SECRET_BYTES, enrolmentKeyOf } from '#mandate/enrolment.ts';
import { AuthorityRequests } from './authority-requests.ts';
import { withSecret } from './enrolment.ts';
import { type ToldChange, type ToldWallet, unverified, type WalletWithWords } from './node-keys.ts';
import { type Connection, pageOf } from './page.ts';
import type * as api from './types.ts';
import {
  requireAllowanceIntent,
  requireApprovalStatement,
  requireTransferIntent,
  type ShownApproval,
} from './user-action.ts';

export class CountersignClient extends AuthorityRequests {
  // ---- Signed mutations

  /**
   * Only the public half of the invitation's key is sent; the answer carries the secret. The link works
   * once the change is applied: with roles that have authority over others it waits for another person
   * who has some (`change.approval.eligible`), unless nobody else has.
   */
  async inviteUser(person: api.InviteUserInput): Promise<api.ChangedUser & api.Invitation> {
    const secret = this.random(ENROLMENT_SECRET_BYTES);
    const input = { ...person, enrolmentKey: enrolmentKeyOf(secret) };
    type Invited = api.ChangedUser & api.Invitation;
    const change = invitationChange(input);
    return withSecret(await this.change<Invited>('inviteUser', input, change), secret);
  }

  /** A user that is a program. `publicKey` is what `publicKeyOf` makes of its key. */
  createServiceAccount(input: api.CreateServiceAccountInput): Promise<api.ChangedUser> {
    return this.change('createServiceAccount', input, serviceAccountChange(input));
  }

  /** From here on the user may do nothing; open sessions end. Again changes nothing. */
  deactivateUser(input: { readonly userId: string }): Promise<{
    readonly user: api.User;
    readonly change: api.ChangeRequest | null;
  }> {
    return this.change('deactivateUser', input, input);
  }

  async createKey(input: api.CreateKeyInput): Promise<api.Key> {
    const { name, scheme, externalId = '' } = input;
    return this.#changeKey('createKey', input, keyChange({ name, scheme, externalId }));
  }

  /** Has every node take a new share: those of before are worth nothing afterwards. */
  async refreshKey(input: { readonly keyId: string }): Promise<api.Key> {
    return this.#changeKey('refreshKey', input, input);
  }

  /** Gives a key to other holders, or under another threshold; it waits for the dealers' operators. */
  async reshareKey(input: api.ReshareKeyInput): Promise<api.Key> {
    return this.#changeKey('reshareKey', input, reshareChange(input));
  }

  /** Has the nodes take in a key that was dealt for them; it waits for their operators. */
  async importKey(input: api.ImportKeyInput): Promise<api.Key> {
    return this.#changeKey('importKey', input, importChange({ externalId: '', ...input }));
  }

  /** Lets a key leave; it waits for the exporters' operators. Then nobody signs with it any more. */
  async exportKey(input: api.ExportKeyInput): Promise<api.Key> {
    return this.#changeKey('exportKey', input, exportChange(input));
  }

  async createWallet(input: api.CreateWalletInput): Promise<api.Wallet> {
    const { network, name, tags = [], keyId = '', externalId = '' } = input;
    const change = walletChange({ network, name, tags, keyId, externalId });
    type Created = { readonly wallet: ToldWallet };
    return unverified((await this.change<Created>('createWallet', input, change)).wallet);
  }

  async createTransfer(input: api.CreateTransferInput): Promise<api.Transfer> {
    const { transfer } = await this.signed<{ readonly transfer: api.Transfer }>(
      'createTransfer',
      input,
      (intent, signatory) => requireTransferIntent(intent, input, signatory),
    );
    return transfer;
  }

  /** Lets the spender take tokens of the wallet. It counts at its maximum against limits. */
  async createAllowance(input: api.CreateAllowanceInput): Promise<api.Transfer> {
    const { transfer } = await this.signed<{ readonly transfer: api.Transfer }>(
      'createAllowance',
      input,
      (intent, signatory) => requireAllowanceIntent(intent, input, signatory),
    );
    return transfer;
  }

  /** `shown` is the approval as the person saw it: what is signed is computed from its intent. */
  async decideApproval(
    input: api.DecideApprovalInput,
    shown: ShownApproval,
  ): Promise<api.Approval> {
    const { approval } = await this.signed<{ readonly approval: api.Approval }>(
      'decideApproval',
      input,
      (intent, signatory) => requireApprovalStatement(intent, input, shown, signatory),
    );
    return approval;
  }

  async publishPolicy(input: api.PublishPolicyInput): Promise<api.ChangeRequest> {
    const change = policyChange(input.files);
    type Published = { readonly changeRequest: api.ChangeRequest };
    return (await this.change<Published>('publishPolicy', input, change)).changeRequest;
  }

  // ---- Other mutations and queries

  async cancelTransfer(input: { readonly transferId: string }): Promise<api.Transfer> {
    const { transfer } = await this.run<{ readonly transfer: api.Transfer }>('cancelTransfer', {
      input,
    });
    return transfer;
  }

  /** Raises the fee of one that no block holds, once for each `externalId`; it returns before nodes sign. */
  async speedUpTransfer(input: api.SpeedUpTransferInput): Promise<api.Transfer> {
    type Raised = { readonly transfer: api.Transfer };
    return (await this.run<Raised>('speedUpTransfer', { input })).transfer;
  }

  viewer(): Promise<api.Viewer> {
    return this.run('viewer', {});
  }

  networks(): Promise<readonly api.Network[]> {
    return this.run('networks', {});
  }

  async assets(
    query: { readonly network?: string; readonly search?: string } & api.PageRequest = {},
  ): Promise<api.Page<api.Asset>> {
    return pageOf(await this.run<Connection<api.Asset>>('assets', query));
  }

  signers(): Promise<readonly api.Signer[]> {
    return this.run('signers', {});
  }

  async users(page: api.PageRequest = {}): Promise<api.Page<api.User>> {
    return pageOf(await this.run<Connection<api.User>>('users', page));
  }

  async keys(page: api.PageRequest = {}): Promise<api.Page<api.Key>> {
    return pageOf(await this.run<Connection<api.Key>>('keys', page));
  }

  key(id: string): Promise<api.Key> {
    return this.run('key', { id });
  }

  /** The extended public key at a path, or null where the key has no children or is not made yet. */
  async extendedKey(id: string, path: string): Promise<string | null> {
    const { xpub } = await this.run<{ readonly xpub: string | null }>(
      'extendedKey',
      { id, path },
      undefined,
      'key',
    );
    return xpub;
  }

  /** The shares of an exported key, encrypted to its recipient; null before, and for who may not. */
  async exportedShares(id: string): Promise<readonly string[] | null> {
    const { exportedShares } = await this.run<{
      readonly exportedShares: readonly string[] | null;
    }>('exportedShares', { id }, undefined, 'key');
    return exportedShares;
  }

  /** The wallets that are this key, or derived from it. */
  async keyWallets(id: string, page: api.PageRequest = {}): Promise<api.Page<api.Wallet>> {
    const variables = { id, ...page, proof: this.asksForProof };
    const { wallets } = await this.run<{ readonly wallets: Connection<WalletWithWords> }>(
      'keyWallets',
      variables,
      undefined,
      'key',
    );
    return this.#attestedPage(wallets);
  }

  /** @throws EVIDENCE_REJECTED as `wallet` does */
  async wallets(page: api.PageRequest = {}): Promise<api.Page<api.Wallet>> {
    const variables = { ...page, proof: this.asksForProof };
    return this.#attestedPage(await this.run<Connection<WalletWithWords>>('wallets', variables));
  }

  /**
   * A wallet. A client that was given the keys of the nodes verifies its address by what they have signed.
   * @throws EVIDENCE_REJECTED where it has an address that not all nodes have signed that hold its key
   */
  async wallet(id: string): Promise<api.Wallet> {
    const told = await this.run<WalletWithWords>('wallet', { id, proof: this.asksForProof });
    // What the nodes have signed of another wallet is about another wallet, whatever the platform calls it.
    return this.attested({ ...told, id });
  }

  /** What the wallet holds, read from the chain now. */
  async balances(walletId: string): Promise<readonly api.Balance[]> {
    const { balances } = await this.run<{ readonly balances: readonly api.Balance[] }>(
      'balances',
      { id: walletId },
      undefined,
      'wallet',
    );
    return balances;
  }

  async transfers(query: api.TransfersQuery = {}): Promise<api.Page<api.Transfer>> {
    return pageOf(await this.run<Connection<api.Transfer>>('transfers', query));
  }

  transfer(id: string): Promise<api.Transfer> {
    return this.run('transfer', { id });
  }

  /** Every decision about a transfer, with what the policy looked at; oldest first. */
  async decisions(id: string): Promise<readonly api.StoredDecision[]> {
    type Decided = { readonly decisions: readonly api.StoredDecision[] };
    return (await this.run<Decided>('decisions', { id }, undefined, 'transfer')).decisions;
  }

  policyBundle(version: number): Promise<api.PolicyBundleFiles> {
    return this.run('policyBundle', { version });
  }

  /** What the policy in force, or a draft, would decide now. */
  simulateTransfer(
    input: api.SimulateTransferInput,
    draftPolicy?: readonly api.PolicyFile[],
  ): Promise<api.PolicyDecision> {
    return this.run('simulateTransfer', { input, draftPolicy });
  }

  async approvals(
    query: { readonly state?: api.ApprovalState } & api.PageRequest = {},
  ): Promise<api.Page<api.Approval>> {
    return pageOf(await this.run<Connection<api.Approval>>('approvals', query));
  }

  approval(id: string): Promise<api.Approval> {
    return this.run('approval', { id });
  }

  /** Changes of authority, newest first. @throws EVIDENCE_REJECTED as `changeRequest` does */
  async changes(
    query: { readonly state?: api.ChangeState; readonly subject?: string } & api.PageRequest = {},
  ): Promise<api.Page<api.ChangeRequest>> {
    const variables = { ...query, proof: this.asksForProof };
    const page = pageOf(await this.run<Connection<ToldChange>>('changes', variables));
    return { ...page, items: page.items.map((told) => this.vouched(told)) };
  }

  /**
   * A change of authority. It is EFFECTIVE where a quorum of the nodes whose keys the client was given say so.
   * @throws EVIDENCE_REJECTED where the platform says so and the receipts do not hold
   */
  async changeRequest(id: string): Promise<api.ChangeRequest> {
    const variables = { id, proof: this.asksForProof };
    return this.vouched(await this.run<ToldChange>('change', variables));
  }

  /** Takes back one's own change while it waits for approvals. */
  async withdrawChange(input: { readonly changeId: string }): Promise<api.ChangeRequest> {
    type Withdrawn = { readonly change: api.ChangeRequest };
    return this.vouched((await this.run<Withdrawn>('withdrawChange', { input })).change);
  }

  async policyBundles(page: api.PageRequest = {}): Promise<api.Page<api.PolicyBundle>> {
    return pageOf(await this.run<Connection<api.PolicyBundle>>('policyBundles', page));
  }

  async auditEvents(
    query: {
      readonly filter?: { readonly subject?: string; readonly action?: string };
    } & api.PageRequest = {},
  ): Promise<api.Page<api.AuditEvent>> {
    return pageOf(await this.run<Connection<api.AuditEvent>>('auditEvents', query));
  }

  // ---- Streams: each goes on by itself after an interruption

  /** The transfer now, then after each change, once; ends only when the caller leaves it. */
  transferUpdated(id: string): AsyncIterableIterator<api.Transfer> {
    let version = -1;
    return this.stream<api.Transfer>(
      'transferUpdated',
      () => ({ id }),
      (transfer) => {
        const isNew = transfer.version > version;
        version = Math.max(version, transfer.version);
        return isNew;
      },
    );
  }

  /** The approvals that are open, then each that is asked for, once. */
  approvalRequested(): AsyncIterableIterator<api.Approval> {
    const seen = new Map<string, string>();
    return this.stream<api.Approval>(
      'approvalRequested',
      () => ({}),
      ({ id, expiresAt }) => {
        // One that is opened again, because the policy asks for more, has a new end.
        const isNew = seen.get(id) !== expiresAt;
        seen.set(id, expiresAt);
        return isNew;
      },
    );
  }

  /**
   * Everything that changes, in order, from the given cursor on, or from when the first one is asked
   * for. That moment is fixed once: a stream that is cut off before its first event misses nothing.
   */
  events(
    query: {
      readonly after?: string;
      readonly types?: readonly api.EventType[];
      readonly walletId?: string;
    } = {},
  ): AsyncIterableIterator<api.Event> {
    let { after } = query;
    return this.stream<api.Event>(
      'events',
      async () => {
        after ??= await this.run<string>('latestEventCursor', {});
        return { ...query, after };
      },
      ({ cursor }) => {
        after = cursor;
        return true;
      },
    );
  }

  #attestedPage(told: Connection<WalletWithWords>): api.Page<api.Wallet> {
    const page = pageOf(told);
    return { ...page, items: page.items.map((wallet) => this.attested(wallet)) };
  }

  async #changeKey(
    operation: 'createKey' | 'refreshKey' | 'reshareKey' | 'importKey' | 'exportKey',
    input: object,
    change: ChangeInput,
  ): Promise<api.Key> {
    return (await this.change<{ readonly key: api.Key }>(operation, input, change)).key;
  }
}
