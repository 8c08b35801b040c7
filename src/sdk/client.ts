/**
 * The typed client of the platform, for browsers and for Node. It signs nothing that it has not
 * compared with the caller's own input, and keeps the session's token in memory only.
 */
import type { Bytes } from '#core/bytes.ts';
import { LOGIN_DOMAIN, REGISTRATION_DOMAIN } from '#mandate/ceremony.ts';
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
import type { Authenticator, CreationOptions, RequestOptions } from './authenticator.ts';
import { type ChallengeOffer, completeCeremony } from './ceremony.ts';
import { DOCUMENTS, type DocumentName } from './documents.ts';
import type { ClientOptions } from './client-options.ts';
import { enrol, invitationOf, type RegistrationOffer, withSecret } from './enrolment.ts';
import { asCountersignError, CountersignError } from './error.ts';
import { type Connection, pageOf } from './page.ts';
import { createStreams, type Streams } from './streams.ts';
import { createHttpTransport, type HttpTransport, type Variables } from './transport.ts';
import type * as api from './types.ts';
import {
  type ActionStatement,
  type BegunAction,
  requireApprovalStatement,
  requireChangeStatement,
  requireTransferIntent,
  type ShownApproval,
  type Signatory,
  signatoryOf,
  signingOptions,
} from './user-action.ts';

const webRandom = (size: number): Bytes => crypto.getRandomValues(new Uint8Array(size));

/** What the person signs, made of the server's text and the caller's own input. */
type Check = (intent: string, signatory: Signatory) => ActionStatement;

export class CountersignClient {
  readonly #http: HttpTransport;
  readonly #streams: Streams;
  readonly #authenticator: Authenticator;
  readonly #origin: string;
  readonly #random: (size: number) => Bytes;
  readonly #now: () => number;
  #session: { readonly token: string; readonly signatory: Signatory } | undefined;

  constructor(options: ClientOptions) {
    const endpoint = new URL('/graphql', options.url);
    const fetch = options.fetch ?? globalThis.fetch.bind(globalThis);
    this.#http = createHttpTransport(endpoint.href, fetch);
    this.#streams = createStreams({
      endpoint: endpoint.href.replace(/^http/, 'ws'),
      webSocket: options.webSocket ?? globalThis.WebSocket,
      token: () => this.#session?.token,
    });
    this.#authenticator = options.authenticator;
    this.#origin = options.origin;
    this.#random = options.random ?? webRandom;
    this.#now = options.now ?? Date.now;
  }

  // ---- Sessions

  /** Makes a tenant; authorised by the installation's operator token. */
  async createOrganization(
    input: api.CreateOrganizationInput,
    operatorToken: string,
  ): Promise<{ readonly organization: api.Viewer['organization'] } & api.Invitation> {
    return this.#run('createOrganization', { input }, operatorToken);
  }

  /** A wallet on a local network, for the operator who funds it. */
  localWallet(id: string, operatorToken: string): Promise<api.LocalWallet> {
    return this.#run('localWallet', { id }, operatorToken);
  }

  /**
   * Registers a passkey with an invitation, and signs in. The invitation's secret stays here: it signs
   * that this passkey is the invited person's.
   */
  async register({ inviteToken }: { readonly inviteToken: string }): Promise<api.Session> {
    const { token, secret } = invitationOf(inviteToken);
    const input = { inviteToken: token };
    const offer = await this.#run<RegistrationOffer>('beginRegistration', { input });
    const { enrolment, ...begun } = offer;
    const answer = await this.#ceremony(REGISTRATION_DOMAIN, begun, (options) =>
      this.#authenticator.create(options),
    );
    const enrolled = enrol(enrolment, answer.credential, { secret, now: this.#now() });
    return this.#enter(
      await this.#run('completeRegistration', { input: { ...answer, ...enrolled } }),
    );
  }

  /** Signs in, with any passkey of this site or with one of the named user. */
  async login(input: { readonly email?: string } = {}): Promise<api.Session> {
    const offer = await this.#run<ChallengeOffer<RequestOptions>>('beginLogin', { input });
    const answer = await this.#ceremony(LOGIN_DOMAIN, offer, (options) =>
      this.#authenticator.get(options),
    );
    return this.#enter(await this.#run('completeLogin', { input: answer }));
  }

  /** Ends the session; open streams end with it. */
  async logout(): Promise<void> {
    await this.#run('logout', {});
    this.#session = undefined;
    this.#streams.reset();
  }

  /** Goes on with a session that was opened before. @throws SESSION_EXPIRED, SESSION_REVOKED */
  async resume(sessionToken: string): Promise<api.Viewer> {
    const viewer = await this.#run<api.Viewer>('viewer', {}, sessionToken);
    this.#session = { token: sessionToken, signatory: signatoryOf(viewer) };
    return viewer;
  }

  /** Ends every stream and closes the connection; the session stays. */
  close(): void {
    this.#streams.close();
  }

  // ---- Signed mutations

  /** Only the public half of the invitation's key is sent; the answer carries the secret. */
  async inviteUser(
    person: api.InviteUserInput,
  ): Promise<{ readonly user: api.User } & api.Invitation> {
    const secret = this.#random(ENROLMENT_SECRET_BYTES);
    const input = { ...person, enrolmentKey: enrolmentKeyOf(secret) };
    type Invited = { readonly user: api.User } & api.Invitation;
    const change = invitationChange(input);
    return withSecret(await this.#change<Invited>('inviteUser', input, change), secret);
  }

  /** A user that is a program. `publicKey` is what `publicKeyOf` makes of its key. */
  async createServiceAccount(input: api.CreateServiceAccountInput): Promise<api.User> {
    const change = serviceAccountChange(input);
    type Created = { readonly user: api.User };
    return (await this.#change<Created>('createServiceAccount', input, change)).user;
  }

  /** From here on the user may do nothing; open sessions end. */
  async deactivateUser(input: { readonly userId: string }): Promise<api.User> {
    type Ended = { readonly user: api.User };
    return (await this.#change<Ended>('deactivateUser', input, input)).user;
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
    type Created = { readonly wallet: api.Wallet };
    return (await this.#change<Created>('createWallet', input, change)).wallet;
  }

  async createTransfer(input: api.CreateTransferInput): Promise<api.Transfer> {
    const { transfer } = await this.#signed<{ readonly transfer: api.Transfer }>(
      'createTransfer',
      input,
      (intent, signatory) => requireTransferIntent(intent, input, signatory),
    );
    return transfer;
  }

  /** `shown` is the approval as the person saw it: what is signed is computed from its intent. */
  async decideApproval(
    input: api.DecideApprovalInput,
    shown: ShownApproval,
  ): Promise<api.Approval> {
    const { approval } = await this.#signed<{ readonly approval: api.Approval }>(
      'decideApproval',
      input,
      (intent, signatory) => requireApprovalStatement(intent, input, shown, signatory),
    );
    return approval;
  }

  async publishPolicy(input: api.PublishPolicyInput): Promise<api.ChangeRequest> {
    const change = policyChange(input.files);
    type Published = { readonly changeRequest: api.ChangeRequest };
    return (await this.#change<Published>('publishPolicy', input, change)).changeRequest;
  }

  // ---- Other mutations and queries

  async cancelTransfer(input: { readonly transferId: string }): Promise<api.Transfer> {
    const { transfer } = await this.#run<{ readonly transfer: api.Transfer }>('cancelTransfer', {
      input,
    });
    return transfer;
  }

  viewer(): Promise<api.Viewer> {
    return this.#run('viewer', {});
  }

  networks(): Promise<readonly api.Network[]> {
    return this.#run('networks', {});
  }

  async assets(
    query: { readonly network?: string; readonly search?: string } & api.PageRequest = {},
  ): Promise<api.Page<api.Asset>> {
    return pageOf(await this.#run<Connection<api.Asset>>('assets', query));
  }

  signers(): Promise<readonly api.Signer[]> {
    return this.#run('signers', {});
  }

  async users(page: api.PageRequest = {}): Promise<api.Page<api.User>> {
    return pageOf(await this.#run<Connection<api.User>>('users', page));
  }

  async keys(page: api.PageRequest = {}): Promise<api.Page<api.Key>> {
    return pageOf(await this.#run<Connection<api.Key>>('keys', page));
  }

  key(id: string): Promise<api.Key> {
    return this.#run('key', { id });
  }

  /** The extended public key at a path, or null where the key has no children or is not made yet. */
  async extendedKey(id: string, path: string): Promise<string | null> {
    const { xpub } = await this.#run<{ readonly xpub: string | null }>(
      'extendedKey',
      { id, path },
      undefined,
      'key',
    );
    return xpub;
  }

  /** The shares of an exported key, encrypted to its recipient; null before, and for who may not. */
  async exportedShares(id: string): Promise<readonly string[] | null> {
    const { exportedShares } = await this.#run<{
      readonly exportedShares: readonly string[] | null;
    }>('exportedShares', { id }, undefined, 'key');
    return exportedShares;
  }

  /** The wallets that are this key, or derived from it. */
  async keyWallets(id: string, page: api.PageRequest = {}): Promise<api.Page<api.Wallet>> {
    const variables = { id, ...page };
    const { wallets } = await this.#run<{ readonly wallets: Connection<api.Wallet> }>(
      'keyWallets',
      variables,
      undefined,
      'key',
    );
    return pageOf(wallets);
  }

  async wallets(page: api.PageRequest = {}): Promise<api.Page<api.Wallet>> {
    return pageOf(await this.#run<Connection<api.Wallet>>('wallets', page));
  }

  wallet(id: string): Promise<api.Wallet> {
    return this.#run('wallet', { id });
  }

  /** What the wallet holds, read from the chain now. */
  async balances(walletId: string): Promise<readonly api.Balance[]> {
    const { balances } = await this.#run<{ readonly balances: readonly api.Balance[] }>(
      'balances',
      { id: walletId },
      undefined,
      'wallet',
    );
    return balances;
  }

  async transfers(query: api.TransfersQuery = {}): Promise<api.Page<api.Transfer>> {
    return pageOf(await this.#run<Connection<api.Transfer>>('transfers', query));
  }

  transfer(id: string): Promise<api.Transfer> {
    return this.#run('transfer', { id });
  }

  /** Every decision about a transfer, with what the policy looked at; oldest first. */
  async decisions(id: string): Promise<readonly api.StoredDecision[]> {
    type Decided = { readonly decisions: readonly api.StoredDecision[] };
    const { token } = this.#session ?? {};
    return (await this.#run<Decided>('decisions', { id }, token, 'transfer')).decisions;
  }

  policyBundle(version: number): Promise<api.PolicyBundleFiles> {
    return this.#run('policyBundle', { version });
  }

  /** What the policy in force, or a draft, would decide now. */
  simulateTransfer(
    input: api.SimulateTransferInput,
    draftPolicy?: readonly api.PolicyFile[],
  ): Promise<api.PolicyDecision> {
    return this.#run('simulateTransfer', { input, draftPolicy });
  }

  async approvals(
    query: { readonly state?: api.ApprovalState } & api.PageRequest = {},
  ): Promise<api.Page<api.Approval>> {
    return pageOf(await this.#run<Connection<api.Approval>>('approvals', query));
  }

  approval(id: string): Promise<api.Approval> {
    return this.#run('approval', { id });
  }

  async policyBundles(page: api.PageRequest = {}): Promise<api.Page<api.PolicyBundle>> {
    return pageOf(await this.#run<Connection<api.PolicyBundle>>('policyBundles', page));
  }

  async auditEvents(
    query: {
      readonly filter?: { readonly subject?: string; readonly action?: string };
    } & api.PageRequest = {},
  ): Promise<api.Page<api.AuditEvent>> {
    return pageOf(await this.#run<Connection<api.AuditEvent>>('auditEvents', query));
  }

  /** Any other operation of the API. */
  query<Data>(document: string, variables: Variables = {}): Promise<Data> {
    return this.#http.run(document, variables, this.#session?.token);
  }

  // ---- Streams: each goes on by itself after an interruption

  /** The transfer now, then after each change, once; ends only when the caller leaves it. */
  transferUpdated(id: string): AsyncIterableIterator<api.Transfer> {
    let version = -1;
    return this.#stream<api.Transfer>(
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
    return this.#stream<api.Approval>(
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
    return this.#stream<api.Event>(
      'events',
      async () => {
        after ??= await this.#run<string>('latestEventCursor', {});
        return { ...query, after };
      },
      ({ cursor }) => {
        after = cursor;
        return true;
      },
    );
  }

  // ---- What they share

  async #changeKey(
    operation: 'createKey' | 'refreshKey' | 'reshareKey' | 'importKey' | 'exportKey',
    input: object,
    change: ChangeInput,
  ): Promise<api.Key> {
    return (await this.#change<{ readonly key: api.Key }>(operation, input, change)).key;
  }

  /** Signs a change of the authority log, and nothing but the caller's own. */
  #change<Payload>(operation: DocumentName, input: object, change: ChangeInput): Promise<Payload> {
    return this.#signed<Payload>(operation, input, (intent, signatory) =>
      requireChangeStatement(intent, operation, change, signatory),
    );
  }

  /** Runs one of the SDK's documents; the answer is the value of its one field. */
  async #run<Value>(
    name: DocumentName,
    variables: Variables,
    token: string | undefined = this.#session?.token,
    field: string = name,
  ): Promise<Value> {
    const data = await this.#http.run<Record<string, Value>>(DOCUMENTS[name], variables, token);
    return data[field] as Value;
  }

  async #ceremony<Options extends CreationOptions | RequestOptions>(
    domain: Parameters<typeof completeCeremony>[0],
    offer: ChallengeOffer<Options>,
    answer: (options: Options) => Promise<unknown>,
  ) {
    try {
      const own = { random: this.#random, origin: this.#origin };
      return await completeCeremony(domain, offer, own, answer);
    } catch (error) {
      throw asCountersignError(error);
    }
  }

  #enter(session: api.Session): api.Session {
    const { sessionToken, viewer } = session;
    this.#session = { token: sessionToken, signatory: signatoryOf(viewer) };
    this.#streams.reset();
    return session;
  }

  /** Asks what is to be signed, compares it, has it signed, and sends the mutation. */
  async #signed<Payload>(operation: DocumentName, input: object, check: Check): Promise<Payload> {
    if (this.#session === undefined) {
      throw new CountersignError('UNAUTHENTICATED', 'Sign in first.');
    }
    const { signatory } = this.#session;
    const begun = await this.#run<BegunAction>('beginUserAction', { input: { operation, input } });
    const credential = await this.#sign(begun, () => check(begun.intent, signatory));
    const userAction = { challengeId: begun.challengeId, credential };
    return this.#run(operation, { input, userAction });
  }

  async #sign(begun: BegunAction, check: () => ActionStatement): Promise<unknown> {
    try {
      return await this.#authenticator.get(signingOptions(begun, check(), this.#now()));
    } catch (error) {
      throw asCountersignError(error);
    }
  }

  #stream<Item>(
    name: DocumentName,
    variables: () => Variables | Promise<Variables>,
    accept: (item: Item) => boolean,
  ): AsyncIterableIterator<Item> {
    return this.#streams.open<Item>(
      name,
      async () => ({ query: DOCUMENTS[name], variables: await variables() }),
      accept,
    );
  }
}
