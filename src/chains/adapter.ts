/**
 * What a chain family must offer. The pure verbs carry no SDK and run inside the signer nodes; the
 * I/O verbs live in the family's `rpc.ts` and run in the workers. A node never signs bytes whose
 * `explain` differs from the intent.
 */
import type { Bytes } from '#core/bytes.ts';
import type { AssetId, Money, NetworkId } from '#core/money.ts';

export type Family = 'evm' | 'solana';
export type Curve = 'secp256k1' | 'ed25519';

/** A token or native asset as the registry knows it. `contract` is absent for the native asset. */
export type Asset = {
  readonly id: AssetId;
  readonly symbol: string;
  readonly name: string;
  readonly decimals: number;
  readonly contract?: string;
  /**
   * The name and version of the EIP-712 domain under which the token takes permits (EIP-2612); absent
   * where it takes none, or that is not known. Chain and contract are the network's and the token's own.
   */
  readonly permit?: { readonly name: string; readonly version: string };
};

export type Network = {
  readonly id: NetworkId;
  readonly name: string;
  readonly family: Family;
  readonly curve: Curve;
  /**
   * What tells the chain from every other: the EIP-155 chain id of an EVM network; of a Solana
   * network the hash of its first block, read as a number.
   */
  readonly chainId: bigint;
  /** How many blocks must contain or follow the transaction before it counts as confirmed. */
  readonly confirmations: number;
  readonly native: AssetId;
  readonly assets: readonly Asset[];
  /**
   * The fee cap of an intent that names none, in native base units. A draft obeys it and a signer
   * node enforces it: without a cap a lying endpoint could spend a wallet on fees.
   */
  readonly feeMaxDefault: bigint;
  /** A throw-away chain on this machine: it may be funded by the launcher and lose its history. */
  readonly local: boolean;
};

/**
 * What a transaction does, read from the very bytes that are signed. Addresses are canonical. An allowance lets
 * `to`, the spender, take up to `units` of what `from` has, now and later, until another allowance to the same
 * spender takes its place; `unlimited` where that is no bound (`isUnlimited`). A permit is a message, no transaction:
 * whoever has it signed makes such an allowance of it, until its deadline.
 */
export type Effect =
  | (Movement & { readonly kind: 'transfer' })
  | (Movement & { readonly kind: 'allowance'; readonly unlimited: boolean })
  | (Movement & {
      readonly kind: 'permit';
      readonly unlimited: boolean;
      /** The last second, since 1970, at which it can be executed. */
      readonly deadline: bigint;
    });

type Movement = {
  readonly asset: AssetId;
  readonly from: string;
  readonly to: string;
  readonly units: bigint;
};

/** INVARIANT: two different transactions of one wallet never have equal explanations. */
export type Explanation = {
  readonly network: NetworkId;
  readonly effects: readonly Effect[];
  /** The most that the transaction can cost in fees, in the native asset. */
  readonly feeMax: Money;
  /** The account's sequence number; on Solana the value of its durable nonce (32 bytes, big endian). */
  readonly nonce: bigint;
  /**
   * The text that the transaction publishes, '' for none; absent where the family's transactions
   * carry none, so that the memo of an intent stays inside the platform.
   */
  readonly memo?: string;
  /**
   * What else the bytes fix, under the family's own names. EVM: `gasLimit` in gas, `maxFeePerGas`
   * and `maxPriorityFeePerGas` in wei.
   */
  readonly parameters: Readonly<Record<string, bigint>>;
};

/**
 * What the key signs. `digest` has 32 bytes, is computed by the node itself, and is what ECDSA signs.
 * Ed25519 signs `message` (RFC 8032 hashes it twice, so no digest can stand for it); its `digest` is
 * the SHA-256 of the message and only names it.
 */
export type Payload = { readonly digest: Bytes; readonly message?: Bytes };

/** r and s are 32 bytes each, s is low (BIP-62 rule 5); recovery is 0..3. */
export type EcdsaSignature = { readonly r: Bytes; readonly s: Bytes; readonly recovery: number };

/** R and S as RFC 8032 encodes them: 64 bytes. */
export type Ed25519Signature = { readonly bytes: Bytes };

/** By the curve of the key. */
export type Signature = EcdsaSignature | Ed25519Signature;

export type SealedTransaction = { readonly raw: Bytes; readonly hash: string };

/** A transaction that a block holds, beside the unsigned bytes that its sender's key has signed. */
export type MinedTransaction = SealedTransaction & { readonly unsigned: Bytes };

/**
 * How an account's sequence numbers follow each other. `counted`: by one, so the next may be given
 * out before the chain has seen the last. `chained`: the chain itself names the next when the last was
 * used, so there is one payment at a time.
 */
export type Nonces = 'counted' | 'chained';

/** The pure verbs. Every one throws PlatformError INVALID_INPUT or EVIDENCE_REJECTED on bad bytes. */
export type ChainVerbs = {
  readonly nonces: Nonces;
  /** Whether a transaction that no block holds can be replaced by one with a higher fee. */
  readonly feesRise: boolean;
  /** Whether `explain` reads allowances of the family's tokens; where it does not, nobody signs one. */
  readonly readsAllowances: boolean;
  /**
   * Whether the signed bytes say for which network they are. Where they do not, what is signed for a
   * test network is good for every other one too, so a node signs with a key for one network only.
   */
  readonly bytesNameNetwork: boolean;
  /** The address of a group public key: 33 bytes, compressed, for secp256k1; 32 for ed25519. */
  address(publicKey: Bytes): string;
  /** The canonical spelling of an address. @throws INVALID_INPUT with what is wrong and a hint. */
  parseAddress(text: string, field?: string): string;
  /** What these unsigned bytes do. `from` is the wallet's address. @throws EVIDENCE_REJECTED */
  explain(network: Network, unsigned: Bytes, from: string): Explanation;
  /**
   * What the set-up of an account costs at most, which some families need once before the first
   * payment. It gives nothing away: whatever it moves stays at the disposal of `from`.
   * @throws EVIDENCE_REJECTED unless the bytes are exactly that set-up, and nothing else
   */
  explainSetUp(network: Network, unsigned: Bytes, from: string): Money;
  /** What is to be signed. @throws EVIDENCE_REJECTED */
  payloads(network: Network, unsigned: Bytes): readonly Payload[];
  /**
   * The signed transaction and its hash. One signature for each payload, in order; each must be by
   * the key of `from`, recovery number included.
   * @throws EVIDENCE_REJECTED
   */
  seal(
    network: Network,
    unsigned: Bytes,
    signatures: readonly Signature[],
    from: string,
  ): SealedTransaction;
  /**
   * The same, of signatures that were checked under the sender's public key: whose they are is not
   * asked again.
   * @throws EVIDENCE_REJECTED
   */
  assemble(network: Network, unsigned: Bytes, signatures: readonly Signature[]): SealedTransaction;
};

export type DraftRequest = {
  /** What the transaction is to do, by default a transfer; of an allowance `to` is the spender. */
  readonly kind?: Effect['kind'];
  readonly from: string;
  readonly to: string;
  readonly asset: Asset;
  readonly units: bigint;
  readonly nonce: bigint;
  /** The most that may be paid in fees, in native base units; absent: the network's default cap. */
  readonly feeMax?: bigint;
  /** Published with the payment where the family can (`Explanation.memo`); otherwise ignored. */
  readonly memo?: string;
};

/** `unsigned` is a transaction of `from` that no block holds. */
export type FeeRaiseRequest = {
  readonly from: string;
  readonly unsigned: Bytes;
  /** The most that may be paid in fees, in native base units. */
  readonly feeMax: bigint;
};

export type FeeRaise = {
  /** The same payment with the same sequence number: it can only take the place of the other. */
  readonly unsigned: Bytes;
  /** Whether new payments offer more by now than the one that was to be raised. */
  readonly isOutbid: boolean;
};

export type TransactionStatus =
  | { readonly state: 'unknown' }
  | { readonly state: 'pending' }
  | {
      readonly state: 'included';
      readonly block: bigint;
      readonly blockHash: string;
      /** 1 for the block that contains the transaction, plus one for each block that follows. */
      readonly confirmations: number;
      readonly succeeded: boolean;
      readonly feePaid: bigint;
    };

/**
 * The I/O verbs, bound to one network's endpoint. All throw CHAIN_UNAVAILABLE when it is silent or
 * answers nonsense, and NOT_CONFIGURED when it serves another chain; neither says anything about a
 * transaction's fate, so the same call is simply repeated later.
 */
export type ChainConnection = {
  /**
   * The unsigned set-up that the account still needs before its first payment (`explainSetUp`);
   * undefined where it needs none. Each answer may have other bytes; only one of them can succeed.
   * @throws INSUFFICIENT_FUNDS, CHAIN_UNAVAILABLE also while a set-up is on its way
   */
  setUp(address: string): Promise<Bytes | undefined>;
  /**
   * @throws INVALID_INPUT when the fee would exceed the cap, the token refuses, or the family has no such kind,
   *   INSUFFICIENT_FUNDS
   */
  draft(request: DraftRequest): Promise<Bytes>;
  /**
   * @throws INVALID_INPUT when the fee would exceed the cap, or where the family's fees cannot be
   * raised (`feesRise`); INSUFFICIENT_FUNDS
   */
  raiseFee(request: FeeRaiseRequest): Promise<FeeRaise>;
  /**
   * The next sequence number that the chain expects of the account, pending ones included. Where
   * `nonces` are `chained` the one that is in force now, as blocks say that cannot be taken back.
   */
  nextNonce(address: string): Promise<bigint>;
  /**
   * The account's transaction with this sequence number, where a block holds one and it bears the
   * account's own signature; undefined where the chain shows none.
   */
  transactionWith(address: string, nonce: bigint): Promise<MinedTransaction | undefined>;
  /**
   * Idempotent: bytes that the chain already knows are not an error.
   * @throws INSUFFICIENT_FUNDS, VERSION_CONFLICT when another transaction used the sequence number
   */
  broadcast(sealed: SealedTransaction): Promise<void>;
  status(hash: string): Promise<TransactionStatus>;
  balances(address: string, assets: readonly Asset[]): Promise<readonly Money[]>;
  /** The hash of a block, or undefined where the chain has no such block. */
  blockHash(height: bigint): Promise<string | undefined>;
  height(): Promise<bigint>;
  close(): void;
};
