/**
 * A Solana chain in one process: litesvm executes, each transaction is a block of its own and final
 * at once, and the ledger remembers. What litesvm leaves out is done here: 150 recent block hashes
 * are valid, not one, and a failed payment uses its durable nonce up, as a real cluster has it.
 */
import { createHash, randomBytes } from 'node:crypto';
import { base58 } from '@scure/base';
import { FailedTransactionMetadata, LiteSVM } from 'litesvm';
import { type TokenBalance, nonceAccountData, placeGenesis, tokenBalance } from './genesis.ts';
import { type Entry, type Genesis, type Ledger, openLedger } from './ledger.ts';
import { type WireTransaction, readTransaction } from './wire.ts';

/** How many block hashes a transaction may name; Solana's `MAX_PROCESSING_AGE`. */
const RECENT_HASHES = 150;
const HISTORY = 10_000_000n;
const SYSTEM_PROGRAM = '11111111111111111111111111111111';
const ADVANCE_NONCE = 4;

export type Block = {
  readonly slot: number;
  readonly hash: string;
  readonly previousHash: string;
  /** Seconds since 1970. */
  readonly at: number;
  /** Absent in the first block. */
  readonly executed?: Executed;
};

export type Executed = {
  readonly signature: string;
  readonly slot: number;
  readonly at: number;
  readonly raw: Uint8Array;
  readonly wire: WireTransaction;
  /** In lamports. */
  readonly fee: bigint;
  /** Of the wire's accounts, in their order, in lamports. */
  readonly before: readonly bigint[];
  readonly after: readonly bigint[];
  /** What those of them hold that are token accounts. */
  readonly tokensBefore: readonly TokenBalance[];
  readonly tokensAfter: readonly TokenBalance[];
  readonly logs: readonly string[];
  readonly unitsConsumed: bigint;
  /** As RPC writes it, e.g. `{ InstructionError: [1, { Custom: 1 }] }`; null for success. */
  readonly failure: Failure | null;
};

export type Failure = string | { readonly [name: string]: unknown };

/** What a transaction that no block takes is refused with. */
export class Refused extends Error {
  override readonly name = 'Refused';
  readonly failure: Failure;
  readonly logs: readonly string[];

  constructor(failure: Failure, logs: readonly string[] = [], options?: ErrorOptions) {
    super(typeof failure === 'string' ? failure : JSON.stringify(failure), options);
    this.failure = failure;
    this.logs = logs;
  }
}

/** The stored history does not lead to what it says it led to. */
export class HistoryDiffers extends Error {
  override readonly name = 'HistoryDiffers';
}

type Metadata = FailedTransactionMetadata | { logs(): string[]; computeUnitsConsumed(): bigint };

export class SolanaChain {
  readonly #svm: LiteSVM;
  readonly #ledger: Ledger;
  readonly #now: () => number;
  readonly #blocks: Block[] = [];
  readonly #bySignature = new Map<string, Executed>();
  readonly #recent: string[] = [];

  /**
   * Opens the chain whose history the file holds, or begins a new one.
   * @throws LedgerUnreadable, HistoryDiffers
   */
  constructor(file: string, now: () => number = () => Math.floor(Date.now() / 1000)) {
    this.#now = now;
    this.#ledger = openLedger(file, () => newGenesis());
    this.#svm = new LiteSVM().withTransactionHistory(HISTORY);
    placeGenesis(this.#svm);
    const hash = createHash('sha256').update(this.#ledger.genesis.salt).digest();
    this.#addBlock({ hash: base58.encode(hash), previousHash: SYSTEM_PROGRAM, at: 0 });
    try {
      for (const entry of this.#ledger.entries) this.#replay(entry);
    } catch (error) {
      this.#ledger.close();
      throw error;
    }
  }

  /** litesvm, for questions only. */
  get svm(): LiteSVM {
    return this.#svm;
  }

  get slot(): number {
    return this.#blocks.length - 1;
  }

  /** How many transactions it has executed. */
  get length(): number {
    return this.#bySignature.size;
  }

  block(slot: number): Block | undefined {
    return this.#blocks[slot];
  }

  find(signature: string): Executed | undefined {
    return this.#bySignature.get(signature);
  }

  /** Newest first. */
  *executed(): Iterable<Executed> {
    for (const { executed } of this.#blocks.toReversed()) if (executed) yield executed;
  }

  isRecent(blockHash: string): boolean {
    return this.#recent.includes(blockHash);
  }

  /**
   * Executes the transaction in a block of its own.
   * @throws Refused when no block can take it, with nothing changed
   */
  execute(raw: Uint8Array, options: { readonly unlocked?: boolean } = {}): Executed {
    const unlocked = options.unlocked ?? false;
    const at = this.#now();
    const executed = this.#run(raw, unlocked, at);
    const failure = failureText(executed.failure);
    const entry: Entry = {
      kind: 'transaction',
      raw: Buffer.from(raw).toString('base64'),
      unlocked,
      at,
      failure,
    };
    this.#ledger.append(entry);
    this.#append(executed, entry);
    return executed;
  }

  /** What would happen; nothing does. @throws Refused when it would fail */
  simulate(raw: Uint8Array): { readonly logs: readonly string[]; readonly units: bigint } {
    const wire = readTransaction(raw);
    const result = this.#checked(wire, false, () => this.#svm.simulateTransaction(kitForm(wire)));
    if (result instanceof FailedTransactionMetadata) {
      throw new Refused(failureOf(result), result.meta().logs());
    }
    const meta = result.meta();
    return { logs: meta.logs(), units: meta.computeUnitsConsumed() };
  }

  close(): void {
    this.#ledger.close();
  }

  #replay(entry: Entry): void {
    const raw = new Uint8Array(Buffer.from(entry.raw, 'base64'));
    let executed: Executed;
    try {
      executed = this.#run(raw, entry.unlocked, entry.at);
    } catch (cause) {
      throw new HistoryDiffers(`transaction ${this.length + 1} is refused now`, { cause });
    }
    if (failureText(executed.failure) !== entry.failure) {
      throw new HistoryDiffers(`transaction ${this.length + 1} ends otherwise now`);
    }
    this.#append(executed, entry);
  }

  #run(raw: Uint8Array, unlocked: boolean, at: number): Executed {
    const wire = readTransaction(raw);
    const signature = base58.encode(wire.signatures[0] as Uint8Array);
    if (this.#bySignature.has(signature)) throw new Refused('AlreadyProcessed');
    const before = this.#balances(wire);
    const tokensBefore = this.#tokens(wire);
    const result: Metadata = this.#checked(wire, unlocked, () =>
      this.#svm.sendTransaction(kitForm(wire)),
    );
    const after = this.#balances(wire);
    const fee = sum(before) - sum(after);
    const isFailed = result instanceof FailedTransactionMetadata;
    const meta = isFailed ? result.meta() : result;
    // Only what paid its fee is in a block.
    if (isFailed && fee === 0n) throw new Refused(failureOf(result), meta.logs());
    if (isFailed) this.#useNonceUp(wire);
    return {
      signature,
      slot: this.#blocks.length,
      at,
      raw,
      wire,
      fee,
      before,
      after,
      tokensBefore,
      tokensAfter: this.#tokens(wire),
      logs: meta.logs(),
      unitsConsumed: meta.computeUnitsConsumed(),
      failure: isFailed ? failureOf(result) : null,
    };
  }

  #append(executed: Executed, entry: Entry): void {
    const previousHash = (this.#blocks.at(-1) as Block).hash;
    const hash = createHash('sha256').update(previousHash).update(JSON.stringify(entry)).digest();
    this.#bySignature.set(executed.signature, executed);
    this.#addBlock({ hash: base58.encode(hash), previousHash, at: executed.at, executed });
  }

  #addBlock(block: Omit<Block, 'slot'>): void {
    const slot = this.#blocks.length;
    this.#blocks.push({ slot, ...block });
    this.#svm.warpToSlot(BigInt(slot));
    this.#svm.expireBlockhash();
    this.#recent.push(this.#svm.latestBlockhash());
    if (this.#recent.length > RECENT_HASHES) this.#recent.shift();
  }

  #balances({ accounts }: WireTransaction): readonly bigint[] {
    return accounts.map((address) => this.#svm.getBalance(address as Address) ?? 0n);
  }

  #tokens({ accounts }: WireTransaction): readonly TokenBalance[] {
    return accounts.flatMap((address, accountIndex) => {
      const account = this.#svm.getAccount(address as Address);
      if (!account.exists) return [];
      const held = tokenBalance(account.programAddress, account.data);
      return held === undefined ? [] : [{ accountIndex, ...held }];
    });
  }

  /** litesvm knows the newest block hash only, and durable nonces; older hashes are checked here. */
  #checked<T>(wire: WireTransaction, unlocked: boolean, run: () => T): T {
    this.#svm.withBlockhashCheck(!this.isRecent(wire.lifetime));
    this.#svm.withSigverify(!unlocked);
    try {
      return run();
    } catch (cause) {
      // litesvm's wrapper throws at bytes that no runtime would look at.
      throw new Refused('SanitizeFailure', [], { cause });
    }
  }

  #useNonceUp({ accounts, instructions, lifetime }: WireTransaction): void {
    const [first] = instructions;
    if (first === undefined || this.isRecent(lifetime)) return;
    if (accounts[first.programIdIndex] !== SYSTEM_PROGRAM || first.data[0] !== ADVANCE_NONCE)
      return;
    const address = accounts[first.accounts[0] as number] as Address;
    const account = this.#svm.getAccount(address);
    if (!account.exists) return;
    const data = nonceAccountData(account.data, this.#svm.latestBlockhash());
    this.#svm.setAccount({ ...account, data });
  }
}

type Transaction = Parameters<LiteSVM['sendTransaction']>[0];
export type Address = Parameters<LiteSVM['getBalance']>[0];

/** The form that litesvm's wrapper takes: bytes, and each signer's signature. */
function kitForm({ message, signatures, accounts }: WireTransaction): Transaction {
  const bySigner = signatures.map((bytes, index) => [accounts[index], bytes]);
  return {
    messageBytes: message,
    signatures: Object.fromEntries(bySigner),
  } as unknown as Transaction;
}

/** `FailedTransactionMetadata { err: InstructionError(1, Custom(1)), ...` as RPC writes it. */
function failureOf(failed: FailedTransactionMetadata): Failure {
  const text = /err: (.+?), meta: /.exec(failed.toString())?.[1] ?? 'unknown';
  const instruction = /^InstructionError\((\d+), (.+)\)$/.exec(text);
  if (instruction === null) {
    const rent = /^InsufficientFundsForRent \{ account_index: (\d+) \}$/.exec(text)?.[1];
    return rent === undefined
      ? text
      : { InsufficientFundsForRent: { account_index: Number(rent) } };
  }
  const [, index, reason = ''] = instruction;
  const custom = /^Custom\((\d+)\)$/.exec(reason)?.[1];
  return {
    InstructionError: [Number(index), custom === undefined ? reason : { Custom: Number(custom) }],
  };
}

const sum = (units: readonly bigint[]): bigint => units.reduce((a, b) => a + b, 0n);

const failureText = (failure: Failure | null): string | null =>
  failure === null ? null : JSON.stringify(failure);

const newGenesis = (): Genesis => ({ kind: 'genesis', salt: randomBytes(32).toString('hex') });
