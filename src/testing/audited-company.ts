/**
 * An organisation whose audit log is made here, entry by entry, with genuine evidence: people's
 * signatures, decisions, nodes' receipts, and signatures of a wallet's key. What it tells can be changed
 * before the entries are chained and cosigned, as a gateway could that deceives from the beginning.
 */
import { secp256k1 } from '@noble/curves/secp256k1.js';
import { sha256 } from '@noble/hashes/sha2.js';
import { transferCall } from '#chains/evm/explain.ts';
import { encodeUnsigned } from '#chains/evm/transaction.ts';
import { findAsset, findNetwork } from '#chains/registry.ts';
import { verbsOf } from '#chains/verbs.ts';
import { AUDIT_DOMAIN, type AuditDetail, FIRST_AUDIT_HASH } from '#core/audit-entry.ts';
import { type Bytes, hex, utf8 } from '#core/bytes.ts';
import { parseId, type TransferId, type UserId, type WalletId } from '#core/ids.ts';
import { parseAssetId, parseNetworkId, parsePrice } from '#core/money.ts';
import { formatInstant, HOUR_MS, instant, MINUTE_MS } from '#core/time.ts';
import { decidedOf } from '#identity/decision-record.ts';
import { type ApprovalDecision, approvalStatement } from '#mandate/approval.ts';
import {
  type AuthorityLine,
  type EntryEvidence,
  type EntryLine,
  EXPORT_FORMAT,
} from '#mandate/audit-export.ts';
import { applyEntry, contentText } from '#mandate/authority/entry.ts';
import { genesisHash } from '#mandate/authority/genesis.ts';
import { initiatorFacts } from '#mandate/authority/governed.ts';
import { policyInForce } from '#mandate/authority/policies.ts';
import type { AuthorityState } from '#mandate/authority/state.ts';
import { type TransferIntent, transferIntent } from '#mandate/intent.ts';
import { addressListChange, groupChange } from '#mandate/change-input.ts';
import { evidenceHash } from '#mandate/log-proof.ts';
import type { Mode } from '#mandate/quorum.ts';
import type { Receipt, WalletSubject } from '#mandate/receipt-text.ts';
import { makeReceipt } from '#mandate/receipt.ts';
import { challengeOf } from '#mandate/statement.ts';
import { registryFact } from '#policy-lang/registry.ts';
import type { Snapshot } from '#policy-lang/snapshot.ts';
import { trace } from '#policy-lang/explaining/trace.ts';
import { policyFiles, VENDOR } from './acme-policy.ts';
import { type CosigningNode, type LogPart, NODES, placed, withCheckpoints } from './audit-log.ts';
import { type Member, TestAuthority } from './authority.ts';

const USDC = parseAssetId('USDC@local-evm');
const DOLLAR = 1_000_000n;
/** A committee of signer nodes, the hash of its record, and how many entries there were before it. */
type House = {
  readonly record: string;
  readonly nodes: readonly CosigningNode[];
  readonly from: number;
};

/** An entry before it has its place. */
export type Unplaced = Pick<EntryLine, 'entry' | 'salt' | 'detail' | 'evidence'> & {
  readonly kind: 'entry';
};

export type Told = {
  readonly action: string;
  readonly actor?: UserId;
  readonly subject: string;
  readonly detail?: AuditDetail;
  readonly evidence?: EntryEvidence;
};

/** 20,000 dollars, which take two managers, unless told otherwise. */
export type Paid = {
  readonly dollars?: bigint;
  readonly initiator?: Member;
  readonly approvers?: readonly Member[];
  readonly decision?: ApprovalDecision;
  /** What the nodes knew when they wrote it down. */
  readonly state?: AuthorityState;
  readonly nodes?: readonly CosigningNode[];
  /** What they say of how they sign. */
  readonly mode?: Mode;
};

export class AuditedCompany {
  readonly authority: TestAuthority;
  /** Its committees; the last one is the present one. */
  readonly houses: House[] = [{ record: '5e'.repeat(32), nodes: NODES, from: 0 }];
  /** The entries and the changes of authority, in their order. */
  readonly parts: (Unplaced | AuthorityLine)[] = [];
  readonly genesis: string;
  alice!: Member;
  bob!: Member;
  ben!: Member;
  carol!: Member;
  wallet!: WalletId;
  /** Where the told changes lead. */
  private state: AuthorityState | undefined;
  private told = 0;
  private payments = 0;

  private constructor(authority: TestAuthority) {
    this.authority = authority;
    this.genesis = genesisHash(authority.genesis);
  }

  static async open(seed = 'an audited company'): Promise<AuditedCompany> {
    const authority = await TestAuthority.found(seed);
    const company = new AuditedCompany(authority);
    company.tellChanges();
    company.alice = await authority.join('Alice', 'finance-operator');
    company.bob = await authority.join('Bob', 'treasury-manager');
    company.ben = await authority.join('Ben', 'treasury-manager');
    company.carol = await authority.join('Carol', 'compliance');
    await company.publish(1);
    company.wallet = await authority.openWallet();
    company.tellChanges();
    const { key, path, publicKey, address } = company.own();
    const detail = { key, path, publicKey: hex(publicKey), address };
    const evidence = { attestations: company.attestations() };
    company.tell({ action: 'wallet.active', subject: company.wallet, detail, evidence });
    return company;
  }

  /** What these nodes sign of the wallet's address, or of what is told in its place. */
  attestations(told: Partial<WalletSubject> = {}, nodes = NODES): readonly Receipt[] {
    const { key, path, publicKey, address } = this.own();
    const subject: WalletSubject = {
      kind: 'wallet',
      organization: this.authority.state.organization,
      wallet: this.wallet,
      key,
      scheme: 'ecdsa-secp256k1',
      path,
      network: 'local-evm',
      publicKey: hex(publicKey),
      address,
      holders: NODES.map(({ party }) => party),
      ...told,
    };
    const { record: committee } = this.houses.at(-1) as House;
    return nodes.map(({ party, sign }) => makeReceipt({ committee, party, sign }, subject));
  }

  /** How many entries were told. */
  get entries(): number {
    return this.told;
  }

  publish(version: number, quorum = 2, isRegistered = false): Promise<AuthorityState> {
    const shape = { version, quorum, isRegistered, limit: '900,000,000,000' };
    return this.authority.publish(this.carol, policyFiles(shape).files);
  }

  /** Each change that was not told yet gets its audit entry. */
  tellChanges(): void {
    const next = this.state === undefined ? 0 : this.state.head.sequence + 1;
    for (const entry of this.authority.entries.slice(next)) {
      const { sequence, content } = entry;
      this.state = applyEntry(this.state, entry);
      this.parts.push({ kind: 'authority', sequence, content: contentText(content) });
      this.tell({ action: 'authority.changed', subject: this.state.organization });
    }
  }

  tell({ action, actor, subject, detail = {}, evidence = {} }: Told): void {
    this.told += 1;
    const { authority, told } = this;
    this.parts.push({
      kind: 'entry',
      entry: {
        domain: AUDIT_DOMAIN,
        id: authority.newId('audit'),
        organization: authority.state.organization,
        sequence: told,
        at: formatInstant(authority.now),
        actor: actor ?? 'system',
        action,
        subject,
        authority: this.state?.head.hash ?? '',
        commitment: '',
        previous: '',
      },
      salt: told.toString(16).padStart(64, '0'),
      detail,
      evidence,
    });
  }

  /** What policies read `from "registry"`. */
  async register(addresses: readonly string[]): Promise<void> {
    const entries = addresses.map((address) => ({
      label: 'Vendor',
      network: 'local-evm',
      address,
    }));
    const list = addressListChange({ name: 'approved-vendors', entries });
    await this.authority.change(this.carol, 'setAddressList', 'approved-vendors', list);
    const members = ['bob@acme.example', 'ben@acme.example'];
    const group = groupChange({ name: 'managers', members });
    await this.authority.change(this.carol, 'setGroup', 'managers', group);
    this.tellChanges();
  }

  /** A payment from its request to the chain, with a vote of each approver. */
  async pay(paid: Paid = {}): Promise<TransferId> {
    const { dollars = 20_000n, initiator = this.alice, decision: cast = 'APPROVE' } = paid;
    const approvers = paid.approvers ?? (dollars > 10_000n ? [this.bob, this.ben] : []);
    const transfer = this.authority.newId('transfer');
    const intent = this.intent(initiator, dollars);
    const intentHash = hex(challengeOf(intent));
    const signed = await initiator.sign(intent);
    const { detail: decision, evidence: decided } = this.decide(intent);
    const created = { intentHash, evidence: evidenceHash(signed), ...decision };
    const about = { subject: transfer };
    this.tell({
      ...about,
      action: 'transfer.created',
      actor: initiator.id,
      detail: created,
      evidence: { statement: signed, ...decided },
    });
    if (approvers.length > 0) this.tell({ ...about, action: 'transfer.pending_approval' });
    for (const approver of approvers) await this.vote(transfer, intent, approver, cast);
    this.tell({ ...about, action: 'transfer.queued' });
    this.tell({ ...about, action: 'transfer.signing', detail: decision, evidence: decided });
    const unsigned = this.bytesOf(intent);
    this.tell({
      ...about,
      action: 'transfer.broadcast',
      ...this.signed(intent, unsigned, this.receipts(intent, unsigned, paid)),
    });
    this.tell({ ...about, action: 'transfer.confirmed' });
    return transfer;
  }

  private intent(initiator: Member, dollars: bigint): TransferIntent {
    const { now, state } = this.authority;
    this.payments += 1;
    return transferIntent({
      organization: state.organization,
      wallet: this.wallet,
      asset: USDC,
      units: dollars * DOLLAR,
      recipient: VENDOR,
      externalId: `payment-${this.payments}`,
      initiator: initiator.id,
      created: now,
      expires: instant(now + HOUR_MS),
    });
  }

  private async vote(
    transfer: TransferId,
    intent: TransferIntent,
    { id: approver, sign }: Member,
    decision: ApprovalDecision,
  ): Promise<void> {
    const { now, state } = this.authority;
    const approval = parseId('approval', `apr_${transfer.slice('trf_'.length)}`);
    const signed = await sign(
      approvalStatement({
        organization: state.organization,
        approval,
        decision,
        intentHash: challengeOf(intent),
        policyHash: policyInForce(state, now).hash,
        approver,
        created: now,
        expires: instant(now + 5 * MINUTE_MS),
      }),
    );
    this.tell({
      action: 'approval.voted',
      actor: approver,
      subject: approval,
      detail: { decision, transfer, evidence: evidenceHash(signed) },
      evidence: { statement: signed },
    });
  }

  /** As the gateway decides, with no payments before it. */
  private decide(intent: TransferIntent) {
    const { now, state } = this.authority;
    const policy = policyInForce(state, now);
    const wallet = state.wallets.get(this.wallet);
    if (policy.compiled === undefined || wallet === undefined) throw new Error('nothing to decide');
    const snapshot: Snapshot = {
      now,
      activity: 'transfer',
      request: {
        network: parseNetworkId(intent.network),
        wallet: { id: intent.wallet, tags: wallet.tags, address: this.own().address },
        initiator: initiatorFacts(state, policy, intent.initiator),
        asset: USDC,
        units: BigInt(intent.units),
        recipient: intent.recipient,
      },
      prices: new Map([[USDC, [{ ...PRICE, asOf: now }]]]),
      aggregates: new Map(policy.compiled.aggregates.map(({ key }) => [key, { total: 0n }])),
      ...registryFact(policy.compiled),
    };
    const id = this.authority.newId('decision');
    const { record, texts } = decidedOf(id, snapshot, trace(policy.compiled, snapshot));
    const { hash: policyHash, version: policyVersion } = policy;
    const { digest, at: decidedAt } = record;
    const decision = { id, decidedAt, policyVersion, policyHash, digest, ...texts };
    return { detail: { decision: { ...record } }, evidence: { decision } };
  }

  private receipts(intent: TransferIntent, unsigned: Bytes, paid: Paid): readonly Receipt[] {
    const { record: committee, nodes: present } = this.houses.at(-1) as House;
    const { nodes = present, state = this.authority.state, mode } = paid;
    const subject = {
      kind: 'spend',
      organization: intent.organization,
      key: this.own().key,
      intent: hex(challengeOf(intent)),
      digests: this.payloads(unsigned).map(({ digest }) => hex(digest)),
    } as const;
    const word = { at: this.authority.now, authority: { ...state.head } };
    const own = mode === undefined ? word : { ...word, mode };
    return nodes.map(({ party, sign }) => makeReceipt({ committee, party, sign }, subject, own));
  }

  private signed(intent: TransferIntent, unsigned: Bytes, receipts: readonly Receipt[]) {
    const network = findNetwork(intent.network);
    const { key, address } = this.own();
    const signatures = this.payloads(unsigned).map(({ digest }) => signWith(key, digest));
    const { hash } = verbsOf(network).seal(network, unsigned, signatures, address);
    const told = signatures.map(({ r, s, recovery }) => ({ r: hex(r), s: hex(s), recovery }));
    return {
      detail: { hash, signatures: told },
      evidence: { unsigned: hex(unsigned), receipts },
    };
  }

  private payloads(unsigned: Bytes) {
    const network = findNetwork('local-evm');
    return verbsOf(network).payloads(network, unsigned);
  }

  private bytesOf({ asset, units, recipient }: TransferIntent): Bytes {
    return encodeUnsigned({
      chainId: findNetwork('local-evm').chainId,
      nonce: BigInt(this.payments),
      maxPriorityFeePerGas: 1_000_000_000n,
      maxFeePerGas: 20_000_000_000n,
      gasLimit: 70_000n,
      to: findAsset(asset).contract ?? '',
      value: 0n,
      data: transferCall(recipient, BigInt(units)),
    });
  }

  /** The wallet's key, as the authority log names it; the key itself is made of its name. */
  private own() {
    const wallet = this.authority.state.wallets.get(this.wallet);
    if (wallet === undefined) throw new Error('the log has no wallet');
    const publicKey = secp256k1.getPublicKey(secretOf(wallet.key));
    const address = verbsOf(findNetwork('local-evm')).address(publicKey);
    return { key: wallet.key, path: wallet.path, publicKey, address };
  }

  /** From now on another committee cosigns the log, and has payments in writing. */
  follow(record: string, nodes: readonly CosigningNode[]): void {
    this.houses.push({ record, nodes, from: this.entries + 1 });
  }

  /** The export, each entry in its place and under checkpoints of all nodes. */
  *lines(every = 1_000): Generator<string> {
    const { organization } = this.authority.state;
    yield JSON.stringify({ kind: 'log', format: EXPORT_FORMAT, organization });
    let lines: Iterable<LogPart> = this.chained();
    for (const { nodes, from } of this.houses) {
      lines = withCheckpoints(lines, every, nodes, { genuine: from });
    }
    for (const line of lines) yield JSON.stringify(line);
  }

  private *chained(): Generator<EntryLine | AuthorityLine> {
    let previous = hex(FIRST_AUDIT_HASH);
    let sequence = 0;
    for (const part of this.parts) {
      if (part.kind === 'authority') {
        yield part;
        continue;
      }
      sequence += 1;
      const line = placed(part, sequence, previous);
      previous = line.hash;
      yield line;
    }
  }
}

const PRICE = { price: parsePrice('1.00', 'USD'), maxAgeMs: MINUTE_MS, source: 'test' };

const secretOf = (key: string): Bytes => sha256(utf8(key));

function signWith(key: string, digest: Bytes) {
  const bytes = secp256k1.sign(digest, secretOf(key), { prehash: false, format: 'recovered' });
  return { r: bytes.slice(1, 33), s: bytes.slice(33), recovery: bytes[0] ?? 0 };
}
