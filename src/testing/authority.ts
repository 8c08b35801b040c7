/**
 * An organisation with a real authority log, for the tests of whatever reads one: its genesis, and a
 * helper for each change. Everybody signs with a software passkey, as people do; the times and the
 * random numbers are the log's own, so two runs make the same log.
 */
import { ed25519 } from '@noble/curves/ed25519.js';
import { sha256 } from '@noble/hashes/sha2.js';
import { type Bytes, base64url, utf8 } from '#core/bytes.ts';
import { canonicalText, type Statement } from '#core/canonical.ts';
import {
  type Id,
  type IdKind,
  type KeyId,
  newId,
  type OrganizationId,
  type UserId,
  type WalletId,
} from '#core/ids.ts';
import type { Role } from '#core/roles.ts';
import type { Scheme } from '#core/scheme.ts';
import { type Instant, instant, MINUTE_MS } from '#core/time.ts';
import { approvalStatement } from '#mandate/approval.ts';
import type { SignedStatement } from '#mandate/assertion.ts';
import { applyChange } from '#mandate/authority/apply-change.ts';
import type { AuthorityEntry } from '#mandate/authority/entry.ts';
import { type Genesis, genesisOf } from '#mandate/authority/genesis.ts';
import { type ChangeOperation, KINDS } from '#mandate/authority/kinds.ts';
import { isSameHand } from '#mandate/authority/members.ts';
import { hasAuthorityOverOthers, isOverseer } from '#mandate/authority/over-others.ts';
import { governingPolicy } from '#mandate/authority/policies.ts';
import type { SignedChange } from '#mandate/authority/signed-change.ts';
import { type AuthorityState, stateOfGenesis } from '#mandate/authority/state.ts';
import { type ChangeInput, type ChangeStatement, changeStatement } from '#mandate/change.ts';
import {
  deactivationChange,
  invitationChange,
  keyChange,
  passkeyChange,
  policyChange,
  recoveryChange,
  serviceAccountChange,
  walletChange,
} from '#mandate/change-input.ts';
import { serviceKeyInfo } from '#mandate/service-key.ts';
import { challengeOf } from '#mandate/statement.ts';
import { coseKeyOf, SoftwareAuthenticator, type Tampering } from './authenticator.ts';

export const ORIGIN = 'http://localhost:4000';

/** Who signs: a passkey of a person, or the key of a service account. */
export type Signer = {
  readonly id: UserId;
  readonly sign: (statement: Statement, tampering?: Tampering) => Promise<SignedStatement>;
};

export type Member = Signer & { readonly authenticator: SoftwareAuthenticator };

/** Who may register a passkey, and the secret half of the one-time key. */
export type Enrolling = {
  readonly id: UserId;
  readonly secret: Bytes;
  readonly enrolmentKey: string;
};

/** What a test may choose otherwise of the statement that is signed. */
export type Otherwise = Partial<{
  readonly [field in keyof ChangeStatement]: ChangeStatement[field];
}>;

export class TestAuthority {
  readonly genesis: Genesis;
  readonly administrator: Member;
  readonly entries: AuthorityEntry[];
  state: AuthorityState;
  /** The time of the next statement; a test moves it. */
  now: Instant;
  /** Who has registered a passkey here, with the latest one. */
  readonly #enrolled: Member[] = [];
  readonly #random: (size: number) => Bytes;

  private constructor(start: {
    readonly genesis: Genesis;
    readonly administrator: Member;
    readonly now: Instant;
    readonly random: (size: number) => Bytes;
  }) {
    this.genesis = start.genesis;
    this.administrator = start.administrator;
    this.entries = [{ sequence: 0, content: start.genesis }];
    this.state = stateOfGenesis(start.genesis);
    this.now = start.now;
    this.#random = start.random;
  }

  /**
   * An organisation with its first administrator, Ada. The same seed gives the same organisation, and an
   * id where none is named.
   */
  static async found(
    seed = 'authority',
    now: Instant = instant(Date.UTC(2026, 6, 1, 9, 30)),
    organization?: OrganizationId,
  ): Promise<TestAuthority> {
    const random = randomOf(seed);
    const id = newId('user', now, random(10));
    const administrator = await newMember(id, random);
    const [passkey] = administrator.authenticator.credentials;
    if (passkey === undefined) throw new Error('the authenticator made no passkey');
    const genesis = genesisOf({
      organization: organization ?? newId('organization', now, random(10)),
      name: 'Acme',
      origin: ORIGIN,
      administrator: {
        id,
        name: 'Ada',
        email: 'ada@acme.example',
        credential: { id: passkey.id, publicKey: base64url(coseKeyOf(passkey)) },
      },
      created: now,
    });
    return new TestAuthority({ genesis, administrator, now, random });
  }

  /** A new id of this organisation's log. */
  newId<K extends IdKind>(kind: K): Id<K> {
    return newId(kind, this.now, this.#random(10));
  }

  /** The statement of a change as an honest platform writes it. */
  statement(
    operation: ChangeOperation,
    subject: string,
    input: ChangeInput,
    initiator: UserId,
    otherwise: Otherwise = {},
  ): ChangeStatement {
    const statement = changeStatement({
      organization: this.state.organization,
      operation,
      subject,
      replaces: KINDS[operation].versionOf(this.state, subject),
      input,
      initiator,
      nonce: this.#random(16),
      created: this.now,
      expires: instant(this.now + 5 * MINUTE_MS),
    });
    return { ...statement, ...otherwise };
  }

  /** One more person's vote on a change, under the policy that governs it. */
  async approve(
    statement: ChangeStatement,
    person: Signer,
    decision: 'APPROVE' | 'REJECT' = 'APPROVE',
  ): Promise<SignedStatement> {
    return person.sign(
      approvalStatement({
        organization: this.state.organization,
        approval: this.newId('approval'),
        decision,
        intentHash: challengeOf(statement),
        policyHash: governingPolicy(this.state, this.now).policy.hash,
        approver: person.id,
        created: this.now,
        expires: instant(this.now + 5 * MINUTE_MS),
      }),
    );
  }

  /** Adds a signed change to the log. @throws what `applyChange` throws */
  append(content: SignedChange): AuthorityState {
    this.state = applyChange(this.state, content);
    this.entries.push({ sequence: this.state.head.sequence, content });
    return this.state;
  }

  /** Signs a change, has it approved, and adds it to the log. */
  async change(
    initiator: Signer,
    operation: ChangeOperation,
    subject: string,
    input: ChangeInput,
    approvers: readonly Signer[] = [],
  ): Promise<AuthorityState> {
    const statement = this.statement(operation, subject, input, initiator.id);
    const change = await initiator.sign(statement);
    const approvals: SignedStatement[] = [];
    for (const approver of approvers) approvals.push(await this.approve(statement, approver));
    return this.append({ change, approvals });
  }

  /** Somebody who may stand behind the administrator's appointments, once there is anybody. */
  get #second(): readonly Signer[] {
    const { administrator, state } = this;
    const second = this.#enrolled.find(
      ({ id, authenticator }) =>
        isOverseer(state, id) &&
        !isSameHand(state, id, administrator.id) &&
        authenticator.credentials.some(
          (passkey) => state.credentials.get(passkey.id)?.state === 'active',
        ),
    );
    return second === undefined ? [] : [second];
  }

  /**
   * Invites a person, of which a second one approves where it takes two: `invite('Bob',
   * 'treasury-manager')`. The one-time key is in the answer.
   */
  async invite(name: string, ...roles: Role[]) {
    const secret = this.#random(32);
    const enrolmentKey = base64url(ed25519.getPublicKey(secret));
    const id = this.newId('user');
    const email = `${name.toLowerCase()}@acme.example`;
    const input = invitationChange({ name, email, roles, enrolmentKey });
    const approvers = hasAuthorityOverOthers({ roles }) ? this.#second : [];
    await this.change(this.administrator, 'inviteUser', id, input, approvers);
    return { id, secret, enrolmentKey };
  }

  /** Invites a person who registers a passkey at once. */
  async join(name: string, ...roles: Role[]): Promise<Member> {
    return this.enrol(await this.invite(name, ...roles));
  }

  /** A service account with an Ed25519 key. */
  async employ(name: string, ...roles: Role[]): Promise<Signer> {
    const secret = this.#random(32);
    const info = serviceKeyInfo({ curve: 'Ed25519', x: ed25519.getPublicKey(secret) });
    const publicKey = base64url(info);
    const id = this.newId('user');
    const input = serviceAccountChange({ name, roles, publicKey });
    await this.change(this.administrator, 'createServiceAccount', id, input);
    const credentialId = base64url(sha256(info));
    return { id, sign: async (statement) => signWithKey(statement, secret, credentialId) };
  }

  async deactivate(id: UserId): Promise<AuthorityState> {
    const input = deactivationChange({ userId: id });
    return this.change(this.administrator, 'deactivateUser', id, input);
  }

  /** The user's passkeys end; a new one may be registered with the answered secret. */
  async recover(userId: UserId, approver: Signer) {
    const secret = this.#random(32);
    const enrolmentKey = base64url(ed25519.getPublicKey(secret));
    const input = recoveryChange({ userId, enrolmentKey });
    await this.change(this.administrator, 'recoverUser', userId, input, [approver]);
    return { id: userId, secret, enrolmentKey };
  }

  /** A new passkey of a person who was invited or recovered. */
  async enrol({ id, secret, enrolmentKey }: Enrolling): Promise<Member> {
    const member = await newMember(id, this.#random);
    const statement = this.statement('registerCredential', id, passkeyOf(member), id);
    this.append({ change: signEnrolment(statement, secret, enrolmentKey), approvals: [] });
    this.#enrolled.push(member);
    return member;
  }

  async publish(
    publisher: Signer,
    files: readonly { readonly path: string; readonly content: string }[],
    approvers: readonly Signer[] = [],
  ): Promise<AuthorityState> {
    const subject = this.newId('policy');
    return this.change(publisher, 'publishPolicy', subject, policyChange(files), approvers);
  }

  /** A wallet with a key of its own, or below the named one. */
  async openWallet(
    wallet: {
      readonly network?: string;
      readonly name?: string;
      readonly tags?: readonly string[];
      readonly keyId?: KeyId;
    } = {},
  ): Promise<WalletId> {
    const id = this.newId('wallet');
    const { network = 'local-evm', name = 'Operations', tags = ['payments'], keyId = '' } = wallet;
    const input = walletChange({ network, name, tags, keyId, externalId: '' });
    await this.change(this.administrator, 'createWallet', id, input);
    return id;
  }

  async createKey(scheme: Scheme = 'ecdsa-secp256k1', name = 'Treasury'): Promise<KeyId> {
    const id = this.newId('key');
    const input = keyChange({ name, scheme, externalId: '' });
    await this.change(this.administrator, 'createKey', id, input);
    return id;
  }
}

/** The passkey of a member, as `registerCredential` names it. */
export function passkeyOf({ authenticator }: Member): ChangeInput {
  const [passkey] = authenticator.credentials;
  if (passkey === undefined) throw new Error('the member has no passkey');
  return passkeyChange({ credential: passkey.id, publicKey: base64url(coseKeyOf(passkey)) });
}

/** What the client of an invited person signs with the secret of the link. */
export const signEnrolment = (
  statement: ChangeStatement,
  secret: Bytes,
  enrolmentKey: string,
): SignedStatement => signWithKey(statement, secret, enrolmentKey);

export function signWithKey(
  statement: Statement,
  secret: Bytes,
  credentialId: string,
): SignedStatement {
  const signature = base64url(ed25519.sign(challengeOf(statement), secret));
  const empty = { authenticatorData: '', clientDataJSON: '' };
  return { statement: canonicalText(statement), credentialId, ...empty, signature };
}

/** A person with one passkey. */
export async function newMember(
  id: UserId,
  random: (size: number) => Bytes,
  origin = ORIGIN,
): Promise<Member> {
  const authenticator = new SoftwareAuthenticator({ origin, random });
  const rpId = new URL(origin).hostname;
  const user = { id: base64url(utf8(id)), name: id, displayName: id };
  await authenticator.create({
    rp: { id: rpId, name: 'Countersign' },
    user,
    challenge: base64url(random(32)),
    pubKeyCredParams: [{ type: 'public-key', alg: -7 }],
  });
  const sign: Signer['sign'] = async (statement, tampering) => {
    const challenge = base64url(challengeOf(statement));
    const { id: credentialId, response } = await authenticator.get(
      { challenge, rpId, userVerification: 'required' },
      tampering,
    );
    const { authenticatorData, clientDataJSON, signature } = response;
    const signed = { statement: canonicalText(statement), credentialId };
    return { ...signed, authenticatorData, clientDataJSON, signature };
  };
  return { id, authenticator, sign };
}

/** Uniform bytes that follow from a seed: SHA-256 of the seed and a counter. */
export function randomOf(seed: string): (size: number) => Bytes {
  let counter = 0;
  return (size) => {
    const blocks: number[] = [];
    while (blocks.length < size) blocks.push(...sha256(utf8(`${seed} ${counter++}`)));
    return Uint8Array.from(blocks.slice(0, size));
  };
}
