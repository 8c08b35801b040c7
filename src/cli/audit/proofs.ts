/**
 * What of an audit log is judged by arithmetic alone, whatever stands before it: signatures, and
 * decisions that are made again. Plain data, so that other threads can do it.
 */
import type { Signature } from '#chains/adapter.ts';
import { verbsOf } from '#chains/verbs.ts';
import { type Bytes, parseHex } from '#core/bytes.ts';
import { type Canonical, canonicalText } from '#core/canonical.ts';
import { isPlatformError, PlatformError } from '#core/errors.ts';
import { formatInstant } from '#core/time.ts';
import {
  type CredentialKind,
  relyingPartyOf,
  requireAssertion,
  type SignedStatement,
} from '#mandate/assertion.ts';
import { knownNetwork } from '#mandate/authority/assets.ts';
import type { AuthorityState } from '#mandate/authority/state.ts';
import type { DecisionWords } from '#mandate/audit-export.ts';
import { type Intent, parseIntent } from '#mandate/intent.ts';
import { requireIntended } from '#mandate/intent-match.ts';
import { requireQuorum } from '#mandate/quorum.ts';
import type { NodeKeys, Receipt, SpendSubject } from '#mandate/receipt-text.ts';
import { requireReceipts } from '#mandate/receipt.ts';
import { type Registry, registryFields } from '#policy-lang/registry.ts';
import { isCountedAs } from '#policy-lang/snapshot.ts';
import { readSnapshotText } from '#policy-lang/snapshot-text.ts';
import { type BundleEvidence, replayer } from '#policy-tools/replay.ts';
import { isSignedBy } from '#signing/verify.ts';
import { KNOWN_WORLD } from '#cli/known-assets.ts';

export type Proof =
  | {
      readonly kind: 'assertion';
      readonly signed: SignedStatement;
      readonly credential: { readonly kind: CredentialKind; readonly publicKey: Bytes };
      readonly origin: string;
    }
  | {
      readonly kind: 'decision';
      readonly decision: DecisionWords;
      /** What it must have looked at; absent where that was erased, or is told again. */
      readonly facts?: LoggedFacts;
    }
  | {
      readonly kind: 'transaction';
      readonly intent: string;
      readonly unsigned: Bytes;
      readonly publicKey: Bytes;
      /** The address of that key. */
      readonly from: string;
      readonly signatures: readonly Signature[];
      readonly hash: string;
      /** The organisation's own tokens. */
      readonly own: Pick<AuthorityState, 'assets'>;
    }
  | {
      readonly kind: 'receipts';
      readonly receipts: readonly Receipt[];
      readonly subject: SpendSubject;
      readonly nodes: NodeKeys;
      /** Heads of the authority log at which the payment was allowed. */
      readonly heads: readonly string[];
    };

/** What the log itself can tell of a decision's snapshot, each in one spelling. */
export type LoggedFacts = { readonly request: string; readonly registry: string };

/** The lists and groups that a policy read. */
export const registryText = (registry: Registry): string => canonicalText(registryFields(registry));

/** The facts of a request, without prices, totals and what a provider found. */
export const factsText = (facts: { readonly [field: string]: Canonical }): string =>
  canonicalText(facts);

export class ProofReader {
  readonly #replay = replayer(KNOWN_WORLD);
  readonly #bundles = new Map<string, BundleEvidence>();

  /** A policy that was published: decisions by it follow. */
  learn(bundle: BundleEvidence): void {
    this.#bundles.set(bundle.hash, bundle);
  }

  /** What is wrong, in words, or undefined. */
  fault(proof: Proof): string | undefined {
    try {
      this.#check(proof);
      return undefined;
    } catch (error) {
      if (!isPlatformError(error)) throw error;
      const { reason } = error.context;
      return reason === undefined ? error.message : String(reason);
    }
  }

  #check(proof: Proof): void {
    switch (proof.kind) {
      case 'assertion':
        requireAssertion(proof.signed, proof.credential, relyingPartyOf(proof.origin));
        return;
      case 'decision':
        this.#checkDecision(proof);
        return;
      case 'transaction':
        checkTransaction(proof);
        return;
      case 'receipts':
        checkReceipts(proof);
    }
  }

  #checkDecision({ decision, facts }: Proof & { readonly kind: 'decision' }): void {
    const [fault] = this.#replay(decision, this.#bundles.get(decision.policyHash));
    require(fault === undefined, fault ?? '');
    const { now, activity, request, registry } = readSnapshotText(decision.snapshot);
    require(formatInstant(now) === decision.decidedAt, 'it was decided at another time');
    require(isCountedAs('transfer', activity), 'it was decided about something else');
    if (facts === undefined) return;
    const { network, wallet, initiator, asset, units, recipient } = request;
    const looked = factsText({
      activity,
      network: network ?? '',
      wallet: wallet?.id ?? '',
      tags: [...(wallet?.tags ?? [])].toSorted(),
      address: wallet?.address ?? '',
      initiator: initiator?.id ?? '',
      email: initiator?.email ?? '',
      roles: [...(initiator?.roles ?? [])].toSorted(),
      groups: [...(initiator?.groups ?? [])].toSorted(),
      asset: asset ?? '',
      units: units?.toString() ?? '',
      recipient: recipient ?? '',
    });
    require(looked === facts.request, 'it was decided about another payment');
    const read = registry === undefined ? '' : registryText(registry);
    require(read === facts.registry, 'it was decided with other lists and groups');
  }
}

function checkTransaction(proof: Proof & { readonly kind: 'transaction' }): void {
  const { unsigned, publicKey, from, signatures, hash, own } = proof;
  const intent: Intent = parseIntent(proof.intent);
  const network = knownNetwork(own, intent.network);
  const verbs = verbsOf(network);
  requireIntended(intent, verbs.explain(network, unsigned, from), { network, from });
  const payloads = verbs.payloads(network, unsigned);
  const isSigned = payloads.every((payload, index) => {
    const signature = signatures[index];
    return signature !== undefined && isSignedBy(publicKey, payload, signature);
  });
  require(isSigned, 'the wallet’s key did not sign the transaction');
  const sent = verbs.assemble(network, unsigned, signatures);
  require(sent.hash === hash, 'another transaction was sent');
}

/**
 * A quorum has it in writing, and at least one honest node gave its receipt at a head at which the
 * payment was allowed.
 */
function checkReceipts({ receipts, subject, nodes, heads }: Proof & { kind: 'receipts' }): void {
  const committee = committeeOf(receipts[0]);
  const sound = requireReceipts(receipts, subject, { ...nodes, committee });
  const waiting = sound.filter(({ own }) => (own['mode'] ?? 'safety') === 'safety');
  // A node in the mode availability had it in writing without waiting for the others.
  if (nodes.mode !== 'availability') {
    const parties = waiting.map(({ party }) => party);
    requireQuorum(nodes, parties, 'receipts in the mode safety');
  }
  const allowed = sound.filter(({ own }) => {
    const { hash } = (own['authority'] ?? {}) as { readonly hash?: Canonical };
    return typeof hash === 'string' && heads.includes(hash);
  });
  const parties = new Set(allowed.map(({ party }) => party)).size;
  const few = `${parties} nodes gave a receipt when it was allowed, and ${nodes.threshold} must`;
  require(parties >= nodes.threshold, few);
}

/** The record that a receipt names, and with it all receipts of its payment; nothing of it is believed yet. */
export function committeeOf(receipt: Receipt | undefined): string {
  const { committee } = fieldsOf(receipt?.statement ?? '');
  return typeof committee === 'string' ? committee : '';
}

/** The authority log's head that a receipt names; nothing of it is believed yet. */
export function headOf({ statement }: Receipt): string {
  const own = fieldsOf(statement)['own'] as { readonly authority?: { readonly hash?: unknown } };
  const hash = own?.authority?.hash;
  return typeof hash === 'string' ? hash : '';
}

function fieldsOf(text: string): { readonly [field: string]: unknown } {
  try {
    const value: unknown = JSON.parse(text);
    return typeof value === 'object' && value !== null ? { ...value } : {};
  } catch {
    // Its check says what is wrong with it.
    return {};
  }
}

export function signatureOf(value: Canonical): Signature {
  const fields = (value ?? {}) as { readonly [field: string]: Canonical };
  const bytesOf = (name: string) => {
    const text = fields[name];
    return parseHex(typeof text === 'string' ? text : 'none', name);
  };
  if ('bytes' in fields) return { bytes: bytesOf('bytes') };
  return { r: bytesOf('r'), s: bytesOf('s'), recovery: Number(fields['recovery']) };
}

function require(condition: boolean, reason: string): asserts condition {
  if (!condition) throw new PlatformError('EVIDENCE_REJECTED', { reason });
}
