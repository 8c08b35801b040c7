/**
 * What the entries of an audit log rest on, in their order: every request and every vote against the
 * people of the authority log at that entry, every decision against the policy in force, and every
 * signature against the receipts of the nodes. What is arithmetic alone is handed on as proofs.
 */
import { findNetwork } from '#chains/registry.ts';
import { verbsOf } from '#chains/verbs.ts';
import { type Bytes, hex, parseBase64url, parseHex } from '#core/bytes.ts';
import type { Canonical } from '#core/canonical.ts';
import { isPlatformError, PlatformError } from '#core/errors.ts';
import type { UserId, WalletId } from '#core/ids.ts';
import { type Instant, MINUTE_MS, parseInstant } from '#core/time.ts';
import { parseApproval } from '#mandate/approval.ts';
import type { SignedStatement } from '#mandate/assertion.ts';
import type { EntryLine } from '#mandate/audit-export.ts';
import { initiatorFacts } from '#mandate/authority/governed.ts';
import { type PolicyInForce, policyInForce, policyOfVersion } from '#mandate/authority/policies.ts';
import type { AuthorityState } from '#mandate/authority/state.ts';
import { activityOf, type Intent, parseIntent, unitsOf } from '#mandate/intent.ts';
import { evidenceHash } from '#mandate/log-proof.ts';
import type { Permission } from '#mandate/permissions.ts';
import type { NodeKeys, Receipt } from '#mandate/receipt-text.ts';
import { challengeOf } from '#mandate/statement.ts';
import { requireAttested } from '#mandate/wallet-address.ts';
import type { CompiledPolicy } from '#policy-lang/compiled-policy.ts';
import { registryFact } from '#policy-lang/registry.ts';
import { KnownPayment, lacks } from './payments.ts';
import {
  committeeOf,
  factsText,
  headOf,
  type LoggedFacts,
  type Proof,
  registryText,
  signatureOf,
} from './proofs.ts';

type Fields = { readonly [field: string]: Canonical };

/** How much was judged; `erased` entries show nothing any more. */
export type Judged = {
  assertions: number;
  decisions: number;
  signatures: number;
  receipts: number;
  /** Of wallets, as the nodes have signed them. */
  addresses: number;
  erased: number;
};

/** From the decision to its entry: the transaction waits for locks in between. */
const DECISION_AGE_MAX_MS = 5 * MINUTE_MS;

const ENDED = ['confirmed', 'failed', 'replaced', 'rejected', 'expired', 'cancelled'].map(
  (state) => `transfer.${state}`,
);

export class EvidenceJudge {
  readonly judged: Judged = {
    assertions: 0,
    decisions: 0,
    signatures: 0,
    receipts: 0,
    addresses: 0,
    erased: 0,
  };
  readonly #nodesOf: (record: string) => NodeKeys;
  readonly #stateAt: (head: string) => AuthorityState | undefined;
  readonly #payments = new Map<string, KnownPayment>();
  readonly #registries = new WeakMap<CompiledPolicy, string>();
  /** Hashes of every intent, in hex: one stands for one payment. */
  readonly #intents = new Set<string>();
  /** Whose request was erased: nothing of them can be judged. */
  readonly #erased = new Set<string>();
  readonly #walletKeys = new Map<string, { readonly publicKey: Bytes; readonly address: string }>();

  /**
   * `nodesOf` are the keys of the committee with that record, `stateAt` what the authority log said at a head
   * of not long ago.
   */
  constructor(
    nodesOf: (record: string) => NodeKeys,
    stateAt: (head: string) => AuthorityState | undefined,
  ) {
    this.#nodesOf = nodesOf;
    this.#stateAt = stateAt;
  }

  /**
   * What of the entry is left to prove, or what is wrong with it. `state` is what the authority log says
   * at this entry.
   */
  judge(line: EntryLine, state: AuthorityState | undefined): readonly Proof[] | string {
    const { entry, detail } = line;
    if (detail === null) {
      this.judged.erased += 1;
      if (entry.action === 'transfer.created') this.#erased.add(entry.subject);
      return [];
    }
    try {
      const proofs = this.#proofs(line, detail, state);
      if (ENDED.includes(entry.action)) this.#payments.delete(entry.subject);
      return proofs;
    } catch (error) {
      if (!isPlatformError(error)) throw error;
      const { reason } = error.context;
      return reason === undefined ? error.message : String(reason);
    }
  }

  #proofs(line: EntryLine, detail: Fields, state: AuthorityState | undefined): readonly Proof[] {
    const { action } = line.entry;
    const isJudged = action.startsWith('transfer.') || action.startsWith('approval.');
    if (action === 'wallet.active') this.#learnKey(line, detail, state);
    if (!isJudged) return [];
    require(state !== undefined, 'it happened before anybody had authority');
    const proofs: Proof[] = [];
    if (action === 'transfer.created') proofs.push(this.#request(line, detail, state));
    if (action === 'approval.voted') proofs.push(...this.#vote(line, detail, state));
    if (typeof detail['decision'] === 'object') {
      proofs.push(this.#decision(line, detail['decision'] as Fields, state));
    }
    if (Array.isArray(detail['signatures'])) {
      proofs.push(...this.#signatures(line, detail, detail['signatures']));
    }
    return proofs;
  }

  /** A wallet's key lies where the authority log says; that it is this one, every node has signed that holds it. */
  #learnKey(
    { entry: { subject }, evidence }: EntryLine,
    detail: Fields,
    state: AuthorityState | undefined,
  ): void {
    const wallet = state?.wallets.get(subject as WalletId);
    const isOrdered = wallet?.key === detail['key'] && wallet?.path === detail['path'];
    const isKnown = state !== undefined && wallet !== undefined && isOrdered;
    require(isKnown, 'the authority log knows no such wallet');
    const publicKey = parseHex(textOf(detail, 'publicKey'));
    const address = verbsOf(findNetwork(wallet.network)).address(publicKey);
    require(address === detail['address'], 'the address is not of its key');
    const { organization } = state;
    const { key, path, network } = wallet;
    const told = { organization, wallet: subject, key, path, network, address };
    const { attestations = [] } = evidence;
    requireAttested(told, attestations, this.#nodesOf(committeeOf(attestations[0])));
    this.judged.addresses += 1;
    this.#walletKeys.set(subject, { publicKey, address });
  }

  #request({ entry, evidence }: EntryLine, detail: Fields, state: AuthorityState): Proof {
    const signed = signedBy(evidence.statement, detail);
    const intent = parseIntent(signed.statement);
    const id = hex(challengeOf(intent));
    require(intent.organization === state.organization, 'the request is another organisation’s');
    require(intent.initiator === entry.actor, 'the request is another person’s');
    require(id === detail['intentHash'], 'it is about another intent');
    require(!this.#payments.has(entry.subject), 'it was asked for twice');
    require(!this.#intents.has(id), 'the intent stands for another payment');
    this.#intents.add(id);
    this.#payments.set(entry.subject, new KnownPayment(intent, id, signed));
    return this.#assertion(signed, state, intent.initiator, 'transfers:create');
  }

  #vote({ entry, evidence }: EntryLine, detail: Fields, state: AuthorityState): readonly Proof[] {
    const signed = signedBy(evidence.statement, detail);
    const vote = parseApproval(signed.statement);
    const { approver: person, decision, policyHash } = vote;
    require(vote.organization === state.organization, 'the vote is another organisation’s');
    require(person === entry.actor, 'the vote is another person’s');
    require(vote.approval === entry.subject, 'the vote is about another approval');
    require(decision === detail['decision'], 'it was another vote');
    // A vote on a change is checked where it counts: with the change, in the authority log.
    const isOfChange = typeof detail['change'] === 'string';
    if (isOfChange) return [this.#assertion(signed, state, person, 'changes:decide')];
    const isPublished = state.policies.some(({ hash }) => hash === policyHash);
    require(isPublished, 'the vote is under a policy that was never published');
    const payment = this.#payments.get(textOf(detail, 'transfer'));
    if (payment !== undefined) {
      require(vote.intentHash === payment.id, 'the vote is about another payment');
      require(payment.vote({ person, decision, signed, policyHash }), 'a person voted twice');
    } else this.#requireErased(textOf(detail, 'transfer'));
    return [this.#assertion(signed, state, person, 'approvals:decide')];
  }

  #assertion(
    signed: SignedStatement,
    state: AuthorityState,
    person: UserId,
    permission: Permission,
  ): Proof {
    const objection = lacks(state, signed, person, permission);
    require(objection === undefined, objection ?? '');
    const credential = state.credentials.get(signed.credentialId);
    require(credential !== undefined, 'it was signed by an unknown passkey or key');
    this.judged.assertions += 1;
    return {
      kind: 'assertion',
      signed,
      credential: { kind: credential.kind, publicKey: parseBase64url(credential.publicKey) },
      origin: state.origin,
    };
  }

  /** By the policy in force, about this very payment by whoever the initiator was at that time. */
  #decision({ entry, evidence }: EntryLine, record: Fields, state: AuthorityState): Proof {
    const { decision } = evidence;
    require(decision !== undefined, 'the decision is not in the export');
    const isSame = decision.id === record['id'] && decision.digest === record['digest'];
    require(isSame, 'it was another decision');
    const { policyHash, policyVersion, decidedAt } = decision;
    const [at, told] = [parseInstant(decidedAt), parseInstant(entry.at)];
    const isInForce = (time: Instant): boolean => policyInForce(state, time).hash === policyHash;
    require(isInForce(at) || isInForce(told), 'another policy was in force');
    this.judged.decisions += 1;
    const payment = this.#payments.get(entry.subject);
    if (payment === undefined) {
      this.#requireErased(entry.subject);
      return { kind: 'decision', decision };
    }
    if (!payment.decide(decision)) return { kind: 'decision', decision };
    const isPresent = Math.abs(told - at) <= DECISION_AGE_MAX_MS;
    require(isPresent, 'it was decided at another time');
    return {
      kind: 'decision',
      decision,
      facts: this.#facts(payment.intent, state, policyVersion),
    };
  }

  /** What the log tells of a request: all but prices, totals and what a provider found. */
  #facts(intent: Intent, state: AuthorityState, version: number): LoggedFacts {
    const wallet = state.wallets.get(intent.wallet);
    const policy = policyOfVersion(state, version);
    require(wallet !== undefined, 'the authority log knows no such wallet');
    require(policy !== undefined, 'the policy was not published');
    const {
      id,
      email = '',
      roles = [],
      groups = [],
    } = initiatorFacts(state, policy, intent.initiator);
    const key = this.#walletKeys.get(intent.wallet);
    require(key !== undefined, 'the wallet has no key');
    const request = factsText({
      activity: activityOf(intent),
      network: wallet.network,
      wallet: intent.wallet,
      tags: [...wallet.tags].toSorted(),
      address: key.address,
      initiator: id,
      email,
      roles: [...roles].toSorted(),
      groups: [...groups].toSorted(),
      asset: intent.asset,
      units: unitsOf(intent).toString(),
      recipient: intent.recipient,
    });
    return { request, registry: this.#registry(policy) };
  }

  /** Spelled once for each policy as it was compiled. */
  #registry({ compiled }: PolicyInForce): string {
    const { registry } = compiled === undefined ? {} : registryFact(compiled);
    if (compiled === undefined || registry === undefined) return '';
    const text = this.#registries.get(compiled) ?? registryText(registry);
    this.#registries.set(compiled, text);
    return text;
  }

  /** That the nodes might sign it, had it in writing, and that the wallet's key made the signatures. */
  #signatures(
    { entry, evidence }: EntryLine,
    detail: Fields,
    told: readonly Canonical[],
  ): readonly Proof[] {
    const payment = this.#payments.get(entry.subject);
    if (payment === undefined) {
      this.#requireErased(entry.subject);
      return [];
    }
    const { intent } = payment;
    require(evidence.unsigned !== undefined, 'the transaction is not in the export');
    const unsigned = parseHex(evidence.unsigned);
    const key = this.#walletKeys.get(intent.wallet);
    require(key !== undefined, 'the wallet has no key');
    const signatures = told.map(signatureOf);
    this.judged.signatures += signatures.length;
    const transaction: Proof = {
      kind: 'transaction',
      intent: payment.signed.statement,
      unsigned,
      publicKey: key.publicKey,
      from: key.address,
      signatures,
      hash: textOf(detail, 'hash'),
      own: this.#ownAt(evidence.receipts ?? []),
    };
    return [transaction, this.#receipts(payment, unsigned, evidence.receipts ?? [])];
  }

  /** What the log had registered when the nodes gave their receipts; an entry never changes. */
  #ownAt(receipts: readonly Receipt[]): Pick<AuthorityState, 'assets'> {
    const states = receipts.map((receipt) => this.#stateAt(headOf(receipt)));
    return { assets: new Map(states.flatMap((state) => [...(state?.assets ?? [])])) };
  }

  #receipts(payment: KnownPayment, unsigned: Bytes, receipts: readonly Receipt[]): Proof {
    const { intent, id } = payment;
    const heads = new Set(receipts.map(headOf));
    let objection = 'no node had it in writing by a known authority log';
    let key = '';
    const allowed = [...heads].filter((head) => {
      const state = this.#stateAt(head);
      if (state === undefined) return false;
      const why = payment.objection(state);
      if (why !== undefined) objection = why;
      key = state.wallets.get(intent.wallet)?.key ?? '';
      return why === undefined;
    });
    require(allowed.length > 0, objection);
    const network = findNetwork(intent.network);
    const payloads = verbsOf(network).payloads(network, unsigned);
    const digests = payloads.map(({ digest }) => hex(digest));
    const { organization } = intent;
    this.judged.receipts += receipts.length;
    return {
      kind: 'receipts',
      receipts,
      subject: { kind: 'spend', organization, key, intent: id, digests },
      nodes: this.#nodesOf(committeeOf(receipts[0])),
      heads: allowed,
    };
  }

  #requireErased(payment: string): void {
    require(this.#erased.has(payment), 'nobody asked for this transfer');
  }
}

/** The statement of the evidence, which is the one that the log's particulars name. */
function signedBy(signed: SignedStatement | undefined, detail: Fields): SignedStatement {
  require(signed !== undefined, 'the signed statement is not in the export');
  const isSame = evidenceHash(signed) === textOf(detail, 'evidence');
  require(isSame, 'another statement was signed');
  return signed;
}

function textOf(fields: Fields, name: string): string {
  const value = fields[name];
  require(typeof value === 'string', `the entry does not say its ${name}`);
  return value;
}

function require(condition: boolean, reason: string): asserts condition {
  if (!condition) throw new PlatformError('EVIDENCE_REJECTED', { reason });
}
