/**
 * A session at the platform and its requests: what the client's methods are made of. It signs nothing that
 * it has not compared with the caller's own input, and keeps the session's token in memory only.
 */
import type { Bytes } from '#core/bytes.ts';
import { LOGIN_DOMAIN, REGISTRATION_DOMAIN } from '#mandate/ceremony.ts';
import type { ChangeInput } from '#mandate/change.ts';
import type { NodeKeys } from '#mandate/receipt-text.ts';
import type { Authenticator, CreationOptions, RequestOptions } from './authenticator.ts';
import { type CeremonyCompletion, type ChallengeOffer, completeCeremony } from './ceremony.ts';
import type { ClientOptions } from './client-options.ts';
import { DOCUMENTS, type DocumentName } from './documents.ts';
import { enrol, invitationOf, type RegistrationOffer } from './enrolment.ts';
import { asCountersignError, CountersignError } from './error.ts';
import {
  attestedWallet,
  committeesOf,
  type ToldChange,
  type WalletWithWords,
  vouchedFor,
} from './node-keys.ts';
import { createStreams, type Streams } from './streams.ts';
import { createHttpTransport, type HttpTransport, type Variables } from './transport.ts';
import type * as api from './types.ts';
import {
  type ActionStatement,
  type BegunAction,
  requireChangeStatement,
  type Signatory,
  signatoryOf,
  signingOptions,
} from './user-action.ts';

const webRandom = (size: number): Bytes => crypto.getRandomValues(new Uint8Array(size));

/** What the person signs, made of the server's text and the caller's own input. */
type Check = (intent: string, signatory: Signatory) => ActionStatement;

/** What the payload of a change of authority may carry. */
type Told = { readonly change?: ToldChange | null; readonly changeRequest?: ToldChange | null };

/** A session at the platform, and what every method of the client is made of. */
export class Requests {
  readonly #http: HttpTransport;
  readonly #streams: Streams;
  readonly #authenticator: Authenticator;
  readonly #origin: string;
  protected readonly random: (size: number) => Bytes;
  readonly #now: () => number;
  readonly #committees: readonly NodeKeys[];
  /** Whether the nodes' receipts are asked for. */
  protected readonly asksForProof: boolean;
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
    this.random = options.random ?? webRandom;
    this.#now = options.now ?? Date.now;
    this.#committees = committeesOf(options.nodeKeys);
    this.asksForProof = this.#committees.length > 0;
  }

  // ---- Sessions

  /** Makes a tenant; authorised by the installation's operator token. */
  async createOrganization(
    input: api.CreateOrganizationInput,
    operatorToken: string,
  ): Promise<{ readonly organization: api.Viewer['organization'] } & api.Invitation> {
    return this.run('createOrganization', { input }, operatorToken);
  }

  /** A wallet on a local network, for the operator who funds it. */
  localWallet(id: string, operatorToken: string): Promise<api.LocalWallet> {
    return this.run('localWallet', { id }, operatorToken);
  }

  /**
   * Registers a passkey with an invitation, and signs in. The invitation's secret stays here: it signs
   * that this passkey is the invited person's.
   */
  async register({ inviteToken }: { readonly inviteToken: string }): Promise<api.Session> {
    const { token, secret } = invitationOf(inviteToken);
    const input = { inviteToken: token };
    const offer = await this.run<RegistrationOffer>('beginRegistration', { input });
    const { enrolment, ...begun } = offer;
    const answer = await this.newPasskey(begun);
    const enrolled = enrol(enrolment, answer.credential, { secret, now: this.#now() });
    return this.#enter(
      await this.run('completeRegistration', { input: { ...answer, ...enrolled } }),
    );
  }

  /** Signs in, with any passkey of this site or with one of the named user. */
  async login(input: { readonly email?: string } = {}): Promise<api.Session> {
    const offer = await this.run<ChallengeOffer<RequestOptions>>('beginLogin', { input });
    const answer = await this.#ceremony(LOGIN_DOMAIN, offer, (options) =>
      this.#authenticator.get(options),
    );
    return this.#enter(await this.run('completeLogin', { input: answer }));
  }

  /** Ends the session; open streams end with it. */
  async logout(): Promise<void> {
    await this.run('logout', {});
    this.#session = undefined;
    this.#streams.reset();
  }

  /** Goes on with a session that was opened before. @throws SESSION_EXPIRED, SESSION_REVOKED */
  async resume(sessionToken: string): Promise<api.Viewer> {
    const viewer = await this.run<api.Viewer>('viewer', {}, sessionToken);
    this.#session = { token: sessionToken, signatory: signatoryOf(viewer) };
    return viewer;
  }

  /** Ends every stream and closes the connection; the session stays. */
  close(): void {
    this.#streams.close();
  }

  /** Any other operation of the API. */
  query<Data>(document: string, variables: Variables = {}): Promise<Data> {
    return this.#http.run(document, variables, this.#session?.token);
  }

  // ---- What the methods share

  /** Has the authenticator make a passkey as the server offers, under a challenge of both. */
  protected newPasskey(offer: ChallengeOffer<CreationOptions>): Promise<CeremonyCompletion> {
    return this.#ceremony(REGISTRATION_DOMAIN, offer, (options) =>
      this.#authenticator.create(options),
    );
  }

  /** Signs a change of the authority log, and nothing but the caller's own. */
  protected async change<Payload extends object>(
    operation: DocumentName,
    input: object,
    change: ChangeInput,
  ): Promise<Payload> {
    const payload = await this.signed<Payload & Told>(operation, input, (intent, signatory) =>
      requireChangeStatement(intent, operation, change, signatory),
    );
    const { change: made, changeRequest: requested } = payload;
    return {
      ...payload,
      ...(made ? { change: this.vouched(made) } : {}),
      ...(requested ? { changeRequest: this.vouched(requested) } : {}),
    };
  }

  /** The change with the state that this client can vouch for. @throws EVIDENCE_REJECTED */
  protected vouched(told: ToldChange): api.ChangeRequest {
    const { organization = '' } = this.#session?.signatory ?? {};
    return vouchedFor(told, organization, this.#committees);
  }

  /** The wallet, with what this client can say of its address. @throws EVIDENCE_REJECTED */
  protected attested(told: WalletWithWords): api.Wallet {
    const { organization = '' } = this.#session?.signatory ?? {};
    return attestedWallet(told, organization, this.#committees);
  }

  /** Runs one of the SDK's documents; the answer is the value of its one field. */
  protected async run<Value>(
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
      const own = { random: this.random, origin: this.#origin };
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
  protected async signed<Payload>(
    operation: DocumentName,
    input: object,
    check: Check,
  ): Promise<Payload> {
    if (this.#session === undefined) {
      throw new CountersignError('UNAUTHENTICATED', 'Sign in first.');
    }
    const { signatory } = this.#session;
    const begun = await this.run<BegunAction>('beginUserAction', { input: { operation, input } });
    const credential = await this.#sign(begun, () => check(begun.intent, signatory));
    const userAction = { challengeId: begun.challengeId, credential };
    return this.run(operation, { input, userAction });
  }

  async #sign(begun: BegunAction, check: () => ActionStatement): Promise<unknown> {
    try {
      return await this.#authenticator.get(signingOptions(begun, check(), this.#now()));
    } catch (error) {
      throw asCountersignError(error);
    }
  }

  protected stream<Item>(
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
