/**
 * An organisation whose authority log has everything that a forged mandate may lean on: people who have
 * left, a policy that became stricter, a frozen wallet, one that has spent its limit. What is asked of
 * it is a mandate, honest in every part, and what a signer node knows when it judges one.
 */
import { ed25519 } from '@noble/curves/ed25519.js';
import { secp256k1 } from '@noble/curves/secp256k1.js';
import { sha256 } from '@noble/hashes/sha2.js';
import { approveCall, transferCall } from '#chains/evm/explain.ts';
import { type Permit, encodePermit } from '#chains/evm/permit.ts';
import { type Transaction, encodeUnsigned } from '#chains/evm/transaction.ts';
import { encodePayment } from '#chains/solana/payment.ts';
import { findNetwork } from '#chains/registry.ts';
import { verbsOf } from '#chains/verbs.ts';
import { type Bytes, base64url, utf8 } from '#core/bytes.ts';
import { type Canonical, canonicalText } from '#core/canonical.ts';
import { parseAssetId, parsePrice } from '#core/money.ts';
import { HOUR_MS, type Instant, MINUTE_MS, formatInstant, instant } from '#core/time.ts';
import { type ApprovalStatementInput, approvalStatement } from '#mandate/approval.ts';
import type { SignedStatement } from '#mandate/assertion.ts';
import { knownAsset } from '#mandate/authority/assets.ts';
import type { AuthorityState } from '#mandate/authority/state.ts';
import {
  ALLOWANCE_DOMAIN,
  allowanceIntent,
  type Intent,
  PERMIT_DOMAIN,
  type PermitIntent,
  permitIntent,
  type TransferIntentInput,
  transferIntent,
  unitsOf,
} from '#mandate/intent.ts';
import { cosignerName } from '#mandate/checkpoint.ts';
import { Ledger } from '#mandate/ledger.ts';
import { type LogProof, logProofText } from '#mandate/log-proof.ts';
import type { Mandate, OwnKnowledge } from '#mandate/mandate.ts';
import { SCREENING_DOMAIN, type SignedScreening } from '#mandate/screening-word.ts';
import { challengeOf } from '#mandate/statement.ts';
import { verifyMandate } from '#mandate/verify-mandate.ts';
import type { Quote } from '#policy-lang/snapshot.ts';
import { VENDOR, VENDOR_ON_SOLANA } from './acme-policy.ts';
import {
  type Member,
  newMember,
  ORIGIN,
  randomOf,
  type Signer,
  type TestAuthority,
} from './authority.ts';
import { type Keys, proveLogged } from './logged.ts';
import { absent, type CompanyLog, openLog, type Wallet } from './paying-company-log.ts';

export const USDC = parseAssetId('USDC@local-evm');
const SOLANA_USDC = parseAssetId('USDC@local-solana');
const DOLLAR = 1_000_000n;
const SCREENER = sha256(utf8('the key of a screening provider'));

const NOTARIES: Keys = new Map(
  [1, 2, 3].map((party) => {
    const secret = sha256(utf8(`the identity of signer ${party}`));
    const sign = (message: Bytes) => ed25519.sign(message, secret);
    return [party, { publicKey: ed25519.getPublicKey(secret), sign }];
  }),
);

/** What a test may choose of a payment; all else is in order. */
export type Wanted = Partial<Omit<TransferIntentInput, 'wallet' | 'initiator' | 'organization'>> & {
  readonly wallet?: Wallet;
  /** By default a payment. */
  readonly kind?: 'payment' | 'allowance' | 'permit';
  /** Of a permit, in seconds since 1970. */
  readonly deadline?: bigint;
  readonly initiator?: Signer;
  readonly approvers?: readonly Signer[];
  readonly nonce?: bigint;
  /** What the bytes have otherwise than the intent says. */
  readonly bytes?: Partial<Transaction>;
};

export type Payment = {
  readonly wallet: Wallet;
  readonly intent: Intent;
  readonly mandate: Mandate;
};

export class PayingCompany {
  readonly authority: TestAuthority;
  readonly people: CompanyLog['people'];
  readonly robot: Signer;
  readonly bobAgain: Member;
  readonly wallets: CompanyLog['wallets'];
  readonly state: AuthorityState;
  readonly ledger = new Ledger();
  /** The nodes that have cosigned its audit log: all of them are a quorum here. */
  notaries: Keys = NOTARIES;
  private readonly clock: () => Instant;
  private payments = 0;
  private before: Payment | undefined;
  private lent: Payment | undefined;
  private promised: Payment | undefined;

  private constructor(log: CompanyLog, clock: () => Instant) {
    this.authority = log.authority;
    this.people = log.people;
    this.robot = log.robot;
    this.bobAgain = log.bobAgain;
    this.wallets = log.wallets;
    this.state = log.state;
    this.clock = clock;
  }

  /**
   * The same seed gives the same company.
   * @param now when its log begins
   * @param clock what time it is for whoever signs; without one it stands a minute after the log
   */
  static async open(
    seed = 'company',
    now?: Instant,
    clock?: () => Instant,
  ): Promise<PayingCompany> {
    const log = await openLog(seed, now);
    const still = instant(log.authority.now + MINUTE_MS);
    const company = new PayingCompany(log, clock ?? (() => still));
    await company.spend({ wallet: 'spent', units: 240_000n * DOLLAR });
    return company;
  }

  get now(): Instant {
    return this.clock();
  }

  /** What a node of the wallet's key knows. */
  own(wallet: Wallet, change: Partial<OwnKnowledge> = {}): OwnKnowledge {
    const { state, now, ledger } = this;
    const { key, path, network } = state.wallets.get(this.wallets[wallet]) ?? absent(wallet);
    const { scheme } = state.keys.get(key) ?? absent(key);
    const publicKey = publicKeyOf(key, scheme === 'frost-ed25519');
    const address = verbsOf(findNetwork(network)).address(publicKey);
    return {
      state,
      now,
      quotes: new Map([USDC, SOLANA_USDC].map((asset) => [asset, [this.quote('1.00')]])),
      ledger,
      key: { keyId: key, organization: state.organization, scheme },
      wallet: { path, publicKey, address },
      screeners: [ed25519.getPublicKey(SCREENER)],
      witnesses: {
        cosigners: [...this.notaries].map(([party, { publicKey: key }]) => ({
          name: cosignerName(party),
          publicKey: key,
        })),
        quorum: this.notaries.size,
      },
      ...change,
    };
  }

  quote(price: string, asOf = this.now): Quote {
    return { price: parsePrice(price, 'USD'), asOf, maxAgeMs: MINUTE_MS, source: 'the node' };
  }

  /** 50,000 USDC to the vendor, which the policy lets two managers approve. */
  intent(wanted: Wanted = {}): Intent {
    const { wallet = 'operations', initiator = this.people.alice } = wanted;
    const solana = wallet === 'solana';
    this.payments += 1;
    const { nonce = 7n, deadline = BigInt(Math.floor(this.now / 1_000) + 1_800) } = wanted;
    const make = {
      payment: transferIntent,
      allowance: allowanceIntent,
      permit: (input: TransferIntentInput) => permitIntent({ ...input, nonce, deadline }),
    }[wanted.kind ?? 'payment'];
    return make({
      asset: solana ? SOLANA_USDC : USDC,
      units: 50_000n * DOLLAR,
      recipient: solana ? VENDOR_ON_SOLANA : VENDOR,
      memo: `Invoice ${this.payments}`,
      externalId: `payment-${this.payments}`,
      created: instant(this.now - MINUTE_MS),
      expires: instant(this.now + HOUR_MS),
      ...wanted,
      organization: this.state.organization,
      wallet: this.wallets[wallet],
      initiator: initiator.id,
    });
  }

  /** A mandate in which everything is in order. */
  pay(wanted: Wanted = {}): Promise<Payment> {
    return this.payWith(wanted.wallet ?? 'operations', this.intent(wanted), wanted);
  }

  /** The same for an intent as it stands. */
  async payWith(wallet: Wallet, intent: Intent, wanted: Wanted = {}): Promise<Payment> {
    const { alice, bob, ben } = this.people;
    const { initiator = alice, approvers = [bob, ben] } = wanted;
    const approvals: SignedStatement[] = [];
    for (const approver of approvers) approvals.push(await this.approve(intent, approver));
    const mandate: Mandate = {
      intent: canonicalText(intent),
      initiator: await initiator.sign(intent),
      policy: this.policy(2),
      approvals,
      unsigned: this.bytesOf(intent, wanted),
    };
    return { wallet, intent, mandate: this.logged(mandate) };
  }

  /** With the proof that the audit log has its statements as they are in it now. */
  logged(mandate: Mandate): Mandate {
    return { ...mandate, log: logProofText(this.proof(mandate)) };
  }

  /** The same before it is a text. */
  proof({ initiator, approvals }: Mandate, keys: Keys = this.notaries): LogProof {
    const { organization } = this.state;
    return proveLogged({ organization, initiator, approvals }, keys, this.now);
  }

  /** Such a payment, which the ledger counts. */
  async spend(wanted: Wanted): Promise<Payment> {
    const payment = await this.pay(wanted);
    const { spend } = verifyMandate(payment.mandate, this.own(payment.wallet));
    if (spend !== undefined) this.ledger.count(spend);
    return payment;
  }

  /** A payment that was signed before: its intent stands for the transaction with this number. */
  async spentBefore(): Promise<{ readonly payment: Payment; readonly nonce: bigint }> {
    const nonce = 41n;
    this.before ??= await this.spend({ units: 100n * DOLLAR, approvers: [], nonce });
    return { payment: this.before, nonce };
  }

  /** A wallet that has given an allowance which leaves no room below its daily limit. */
  async lentBefore(): Promise<Payment> {
    this.lent ??= await this.spend({ wallet: 'lent', kind: 'allowance', units: 249_999n * DOLLAR });
    return this.lent;
  }

  /** The same of a wallet that has signed a permit. */
  async promisedBefore(): Promise<Payment> {
    const units = 249_999n * DOLLAR;
    this.promised ??= await this.spend({ wallet: 'promised', kind: 'permit', units });
    return this.promised;
  }

  policy(version: number): { readonly hash: string; readonly version: number } {
    const { hash } = this.state.policies[version - 1] ?? absent(`version ${version}`);
    return { hash, version };
  }

  async approve(
    intent: Intent,
    person: Signer,
    change: Partial<ApprovalStatementInput> = {},
  ): Promise<SignedStatement> {
    return person.sign(this.approval(intent, person, change));
  }

  approval(intent: Intent, person: Signer, change: Partial<ApprovalStatementInput> = {}) {
    return approvalStatement({
      organization: this.state.organization,
      approval: this.authority.newId('approval'),
      decision: 'APPROVE',
      intentHash: challengeOf(intent),
      policyHash: this.policy(2).hash,
      approver: person.id,
      created: instant(this.now - MINUTE_MS),
      expires: instant(this.now + 4 * MINUTE_MS),
      ...change,
    });
  }

  /** The transaction that does what the intent says. */
  bytesOf(intent: Intent, { wallet, nonce = 7n, bytes }: Wanted = {}): Bytes {
    const asset = knownAsset(this.authority.state, intent.asset);
    const units = unitsOf(intent);
    if (intent.domain === PERMIT_DOMAIN) return this.permitOf(intent, wallet);
    const call = intent.domain === ALLOWANCE_DOMAIN ? approveCall : transferCall;
    if (intent.network === 'local-solana') {
      return encodePayment({
        from: this.own(wallet ?? 'solana').wallet.address,
        nonce: sha256(utf8(`nonce ${nonce}`)),
        computeUnits: 80_000,
        unitPrice: 7_000n,
        to: intent.recipient,
        units,
        token: { mint: asset.contract ?? '', decimals: asset.decimals, createsAccount: false },
        memo: intent.memo,
      });
    }
    return encodeUnsigned({
      chainId: findNetwork(intent.network).chainId,
      nonce,
      maxPriorityFeePerGas: 1_000_000_000n,
      maxFeePerGas: 20_000_000_000n,
      gasLimit: 70_000n,
      to: asset.contract ?? intent.recipient,
      value: asset.contract === undefined ? units : 0n,
      data: asset.contract === undefined ? new Uint8Array() : call(intent.recipient, units),
      ...bytes,
    });
  }

  /** The typed data that does what the intent says, with what a test chooses otherwise. */
  permitOf(
    { network, asset, recipient: spender, nonce, deadline, ...intent }: PermitIntent,
    wallet: Wallet = 'operations',
    change: Partial<Permit> = {},
  ): Bytes {
    return encodePermit(findNetwork(network), {
      asset: knownAsset(this.authority.state, asset),
      owner: this.own(wallet).wallet.address,
      spender,
      units: unitsOf(intent),
      nonce: BigInt(nonce),
      deadline: BigInt(deadline),
      ...change,
    });
  }

  /** What the provider says of a payment from the screened wallet. */
  screen(
    { network, asset, units, recipient }: Intent,
    change: Readonly<Record<string, Canonical>> = {},
    key = SCREENER,
  ): SignedScreening {
    const statement = canonicalText({
      domain: SCREENING_DOMAIN,
      network,
      asset,
      units,
      to: recipient,
      from: this.own('screened').wallet.address,
      result: { alertLevel: 'LOW' },
      created: formatInstant(instant(this.now - MINUTE_MS)),
      expires: formatInstant(instant(this.now + HOUR_MS)),
      ...change,
    });
    return { statement, signature: base64url(ed25519.sign(utf8(statement), key)) };
  }

  /** Somebody with a passkey that the log does not know. */
  async stranger(like: Signer): Promise<Member> {
    return newMember(like.id, randomOf(`a stranger like ${like.id}`), ORIGIN);
  }
}

/** As a cluster would have made it for this key. */
function publicKeyOf(key: string, isEd25519: boolean): Bytes {
  const secret = sha256(utf8(key));
  return isEd25519 ? ed25519.getPublicKey(secret) : secp256k1.getPublicKey(secret);
}

export const usdc = (dollars: bigint): bigint => dollars * DOLLAR;
