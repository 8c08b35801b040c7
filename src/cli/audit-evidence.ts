/**
 * What the entries of an audit log rest on: every assertion, every decision of a policy and every
 * transaction's signature, judged by what the log itself has said before - which keys people have,
 * which policies were published, which key a wallet has.
 */
import type { Signature } from '#chains/adapter.ts';
import { findNetwork } from '#chains/registry.ts';
import { verbsOf } from '#chains/verbs.ts';
import { type Bytes, parseBase64url, parseHex } from '#core/bytes.ts';
import type { Canonical } from '#core/canonical.ts';
import { isPlatformError, PlatformError } from '#core/errors.ts';
import { type CredentialKind, relyingPartyOf, requireAssertion } from '#mandate/assertion.ts';
import type { EntryLine } from '#mandate/audit-export.ts';
import { parseApproval } from '#mandate/approval.ts';
import { type TransferIntent, parseIntent } from '#mandate/intent.ts';
import { requireIntended } from '#mandate/intent-match.ts';
import { evidenceHash } from '#mandate/log-proof.ts';
import { bundleHash } from '#policy-lang/bundle-files.ts';
import { type BundleEvidence, replayer } from '#policy-tools/replay.ts';
import { isSignedBy } from '#signing/verify.ts';
import { KNOWN_WORLD } from './known-assets.ts';

type KnownCredential = {
  readonly user: string;
  readonly kind: CredentialKind;
  readonly publicKey: Bytes;
};
type Fields = { readonly [field: string]: Canonical };

/** How much was judged; `erased` entries show nothing any more. */
export type Judged = {
  assertions: number;
  decisions: number;
  signatures: number;
  erased: number;
};

export class EvidenceJudge {
  readonly judged: Judged = { assertions: 0, decisions: 0, signatures: 0, erased: 0 };
  readonly #relyingParty;
  readonly #replay = replayer(KNOWN_WORLD);
  readonly #credentials = new Map<string, KnownCredential>();
  readonly #bundles = new Map<string, BundleEvidence>();
  readonly #wallets = new Map<string, Bytes>();
  /** Of transfers that are not signed yet. */
  readonly #intents = new Map<string, TransferIntent>();

  /** @throws INVALID_INPUT when the origin is none */
  constructor(origin: string) {
    this.#relyingParty = relyingPartyOf(origin);
  }

  /** What is wrong with the evidence of an entry that is in its place, or undefined. */
  fault(line: EntryLine): string | undefined {
    if (line.detail === null) {
      this.judged.erased += 1;
      return undefined;
    }
    try {
      this.#judge(line, line.detail);
      return undefined;
    } catch (error) {
      if (!isPlatformError(error)) throw error;
      const { reason } = error.context;
      return reason === undefined ? error.message : String(reason);
    }
  }

  #judge(line: EntryLine, detail: Fields): void {
    this.#learn(line, detail);
    if ('evidence' in detail) this.#judgeAssertion(line, textOf(detail, 'evidence'));
    if (typeof detail['decision'] === 'object')
      this.#judgeDecision(line, detail['decision'] as Fields);
    if (line.entry.action === 'transfer.broadcast') this.#judgeSignatures(line, detail);
  }

  /** What later entries are judged by. */
  #learn({ entry, evidence }: EntryLine, detail: Fields): void {
    const { action, actor, subject } = entry;
    if (action === 'credential.registered') {
      const kind = detail['kind'] as CredentialKind;
      this.#credentials.set(textOf(detail, 'credential'), {
        user: actor,
        kind,
        publicKey: parseBase64url(textOf(detail, 'publicKey')),
      });
    }
    if (action === 'service-account.created') {
      this.#credentials.set(textOf(detail, 'key'), {
        user: subject,
        kind: 'service-key',
        publicKey: parseBase64url(textOf(detail, 'publicKey')),
      });
    }
    if (action === 'policy.published') {
      const { files } = evidence;
      require(files !== undefined, 'the bundle is not in the export');
      const hash = textOf(detail, 'hash');
      require(bundleHash(files) === hash, 'another bundle was published');
      this.#bundles.set(hash, { hash, version: Number(detail['version']), files });
    }
    if (action === 'wallet.active') {
      this.#wallets.set(subject, parseHex(textOf(detail, 'publicKey')));
    }
  }

  #judgeAssertion({ entry, evidence }: EntryLine, hash: string): void {
    const { statement } = evidence;
    require(statement !== undefined, 'the signed statement is not in the export');
    require(evidenceHash(statement) === hash, 'another statement was signed');
    const credential = this.#credentials.get(statement.credentialId);
    require(credential !== undefined, 'it was signed by an unknown passkey or key');
    require(credential.user === entry.actor, `the passkey or key is not of ${entry.actor}`);
    requireAssertion(statement, credential, this.#relyingParty);
    if (entry.action === 'transfer.created') {
      const intent = parseIntent(statement.statement);
      require(intent.initiator === entry.actor, 'the request is another person’s');
      this.#intents.set(entry.subject, intent);
    }
    if (entry.action === 'approval.voted') {
      const vote = parseApproval(statement.statement);
      require(vote.approver === entry.actor, 'the vote is another person’s');
      require(vote.approval === entry.subject, 'the vote is about another approval');
    }
    this.judged.assertions += 1;
  }

  #judgeDecision({ evidence }: EntryLine, record: Fields): void {
    const { decision } = evidence;
    require(decision !== undefined, 'the decision is not in the export');
    require(decision.digest === record['digest'], 'it was another decision');
    const [fault] = this.#replay(decision, this.#bundles.get(decision.policyHash));
    require(fault === undefined, fault ?? '');
    this.judged.decisions += 1;
  }

  #judgeSignatures({ entry, evidence }: EntryLine, detail: Fields): void {
    const { signatures: told, hash } = detail;
    if (!Array.isArray(told)) return;
    const intent = this.#intents.get(entry.subject);
    require(intent !== undefined, 'nobody asked for this transfer');
    require(evidence.unsigned !== undefined, 'the transaction is not in the export');
    const publicKey = this.#wallets.get(intent.wallet);
    require(publicKey !== undefined, 'the wallet has no key');
    const network = findNetwork(intent.network);
    const verbs = verbsOf(network);
    const unsigned = parseHex(evidence.unsigned);
    const from = verbs.address(publicKey);
    requireIntended(intent, verbs.explain(network, unsigned, from), { network, from });
    const signatures = told.map(signatureOf);
    const payloads = verbs.payloads(network, unsigned);
    const isSigned = payloads.every((payload, index) => {
      const signature = signatures[index];
      return signature !== undefined && isSignedBy(publicKey, payload, signature);
    });
    require(isSigned, 'the wallet’s key did not sign the transaction');
    const sealed = verbs.seal(network, unsigned, signatures, from);
    require(sealed.hash === hash, 'another transaction was sent');
    this.judged.signatures += signatures.length;
  }
}

function signatureOf(value: Canonical): Signature {
  const fields = (value ?? {}) as Fields;
  if ('bytes' in fields) return { bytes: parseHex(textOf(fields, 'bytes')) };
  const [r, s] = [parseHex(textOf(fields, 'r')), parseHex(textOf(fields, 's'))];
  return { r, s, recovery: Number(fields['recovery']) };
}

function textOf(fields: Fields, name: string): string {
  const value = fields[name];
  require(typeof value === 'string', `the entry does not say its ${name}`);
  return value;
}

function require(condition: boolean, reason: string): asserts condition {
  if (!condition) throw new PlatformError('EVIDENCE_REJECTED', { reason });
}
