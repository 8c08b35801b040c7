/**
 * What a Solana node answers over JSON-RPC, as far as wallets, web3.js and our own connection ask it
 * (Solana docs, "RPC HTTP Methods"). Every block is final at once, so levels make no difference.
 * `requestAirdrop` and `mintTestUsdc` are the chain's own bank.
 */
import { base58 } from '@scure/base';
import { type Address, type Executed, Refused, type SolanaChain } from './chain.ts';
import { TOKEN_PROGRAM } from '#chains/solana/programs.ts';
import { formatDecimal } from '#core/money.ts';
import { type TokenBalance, airdrop, issue } from './genesis.ts';
import { BadTransaction, readMessage } from './wire.ts';

/** The hash that `registry.ts` tells the network by; it is the same for every local chain. */
const GENESIS_HASH = 'GnqdEZnwrpqTatFxcLVHXJQXVdGeZDpiP4VZ3ZtMkZPD';
const VERSION = { 'solana-core': '2.3.0', 'feature-set': 0 };
const SIGNATURES_MAX = 1_000;
const BLOCK_LIFE = 150;
const TOKEN_DECIMALS = 6;

/** JSON-RPC 2.0's numbers, and Solana's own. */
const CODE = {
  badRequest: -32_600,
  noMethod: -32_601,
  badParameters: -32_602,
  simulationFailed: -32_002,
  badSignature: -32_003,
  noBlock: -32_004,
};

export class RpcError extends Error {
  override readonly name = 'RpcError';
  readonly code: number;
  readonly details: unknown;

  constructor(code: number, message: string, details?: unknown) {
    super(message);
    this.code = code;
    this.details = details;
  }
}

type Parameters = readonly unknown[];
type Options = {
  readonly encoding?: string;
  readonly limit?: number;
  readonly before?: string;
  readonly skipPreflight?: boolean;
  readonly transactionDetails?: string;
  readonly dataSlice?: { readonly offset: number; readonly length: number };
};
type Method = (...params: Parameters) => unknown;

const bad = (what: string): RpcError => new RpcError(CODE.badParameters, `Invalid params: ${what}`);

const optionsOf = (value: unknown): Options =>
  typeof value === 'object' && value !== null ? value : {};

function textOf(value: unknown, what: string): string {
  if (typeof value === 'string') return value;
  throw bad(`${what} must be a string`);
}

function addressOf(value: unknown): Address {
  const text = textOf(value, 'an address');
  if (/^[1-9A-HJ-NP-Za-km-z]{32,44}$/.test(text) && base58.decode(text).length === 32) {
    return text as Address;
  }
  throw bad('WrongSize');
}

function unitsOf(value: unknown): bigint {
  if (/^[1-9]\d{0,19}$/.test(String(value))) return BigInt(String(value));
  throw bad('an amount must be a whole number above zero');
}

function slotOf(value: unknown): number {
  if (Number.isSafeInteger(value) && Number(value) >= 0) return Number(value);
  throw bad('a slot must be a whole number');
}

const base64 = (bytes: Uint8Array): string => Buffer.from(bytes).toString('base64');
const fromBase64 = (text: string): Uint8Array => new Uint8Array(Buffer.from(text, 'base64'));

function rawOf(value: unknown, { encoding = 'base58' }: Options): Uint8Array {
  const text = textOf(value, 'a transaction');
  if (encoding === 'base64') return fromBase64(text);
  try {
    return base58.decode(text);
  } catch {
    // Foreign letters: not the caller's encoding, or no transaction at all.
    throw bad('invalid base58 encoding');
  }
}

/** Numbers of up to 64 bits travel as JSON numbers, so the server prints bigints as digits. */
export function createFace(chain: SolanaChain): ReadonlyMap<string, Method> {
  const inContext = <T>(value: T) => ({
    context: { slot: chain.slot, apiVersion: VERSION['solana-core'] },
    value,
  });
  const accountView = (address: Address, { encoding = 'base64', dataSlice }: Options) => {
    const account = chain.svm.getAccount(address);
    if (!account.exists || account.lamports === 0n) return null;
    const { offset = 0, length = account.data.length } = dataSlice ?? {};
    const data = account.data.slice(offset, offset + length);
    return {
      lamports: account.lamports,
      owner: account.programAddress,
      executable: account.executable,
      rentEpoch: 0,
      space: account.data.length,
      data: encoding === 'base58' ? [base58.encode(data), 'base58'] : [base64(data), 'base64'],
    };
  };
  const statusOf = (signature: string) => {
    const executed = chain.find(signature);
    if (executed === undefined) return null;
    const { slot, failure } = executed;
    const status = failure === null ? { Ok: null } : { Err: failure };
    return { slot, confirmations: null, err: failure, status, confirmationStatus: 'finalized' };
  };
  const send = (raw: Uint8Array, { skipPreflight = false }: Options): string => {
    if (!skipPreflight) chain.simulate(raw);
    return chain.execute(raw).signature;
  };
  const bank = (make: (blockHash: string) => Uint8Array): string =>
    chain.execute(make(chain.svm.latestBlockhash()), { unlocked: true }).signature;
  const tokenUnits = (address: Address): bigint => {
    const account = chain.svm.getAccount(address);
    if (!account.exists || account.data.length !== 165) throw bad('could not find account');
    return Buffer.from(account.data).readBigUInt64LE(64);
  };

  const methods: Readonly<Record<string, Method>> = {
    getVersion: () => VERSION,
    getHealth: () => 'ok',
    getGenesisHash: () => GENESIS_HASH,
    getSlot: () => chain.slot,
    getBlockHeight: () => chain.slot,
    getFirstAvailableBlock: () => 0,
    minimumLedgerSlot: () => 0,
    getTransactionCount: () => chain.length,
    getEpochInfo: () => ({
      absoluteSlot: chain.slot,
      blockHeight: chain.slot,
      epoch: 0,
      slotIndex: chain.slot,
      slotsInEpoch: 432_000,
      transactionCount: chain.length,
    }),
    getLatestBlockhash: () =>
      inContext({
        blockhash: chain.svm.latestBlockhash(),
        lastValidBlockHeight: chain.slot + BLOCK_LIFE,
      }),
    isBlockhashValid: (hash) => inContext(chain.isRecent(textOf(hash, 'a block hash'))),
    getMinimumBalanceForRentExemption: (size) =>
      chain.svm.minimumBalanceForRentExemption(BigInt(slotOf(size))),
    getRecentPrioritizationFees: () => [],
    getFeeForMessage: (message) => {
      const { header } = readMessage(fromBase64(textOf(message, 'a message')));
      return inContext(5_000 * header[0]);
    },
    getBalance: (address) => inContext(chain.svm.getBalance(addressOf(address)) ?? 0n),
    getAccountInfo: (address, options) =>
      inContext(accountView(addressOf(address), optionsOf(options))),
    getMultipleAccounts: (addresses, options) => {
      if (!Array.isArray(addresses)) throw bad('a list of addresses is expected');
      return inContext(
        addresses.map((each: unknown) => accountView(addressOf(each), optionsOf(options))),
      );
    },
    getTokenAccountBalance: (address) => inContext(amountView(tokenUnits(addressOf(address)))),
    requestAirdrop: (to, lamports) =>
      bank((blockHash) => airdrop(addressOf(to), unitsOf(lamports), blockHash)),
    mintTestUsdc: (to, units) =>
      bank((blockHash) => issue(addressOf(to), unitsOf(units), blockHash)),
    sendTransaction: (raw, options) => send(rawOf(raw, optionsOf(options)), optionsOf(options)),
    simulateTransaction: (raw, options) => {
      try {
        const { logs, units } = chain.simulate(rawOf(raw, optionsOf(options)));
        return inContext({ err: null, logs, unitsConsumed: units, accounts: null });
      } catch (error) {
        if (!(error instanceof Refused)) throw error;
        return inContext({
          err: error.failure,
          logs: error.logs,
          unitsConsumed: 0,
          accounts: null,
        });
      }
    },
    getSignatureStatuses: (signatures) => {
      if (!Array.isArray(signatures)) throw bad('a list of signatures is expected');
      return inContext(signatures.map((each: unknown) => statusOf(textOf(each, 'a signature'))));
    },
    getSignaturesForAddress: (address, options) =>
      signaturesFor(chain, addressOf(address), optionsOf(options)),
    getTransaction: (signature, options) => {
      const executed = chain.find(textOf(signature, 'a signature'));
      return executed === undefined
        ? null
        : { slot: executed.slot, ...transactionView(executed, optionsOf(options)) };
    },
    getBlock: (slot, options) => blockView(chain, slotOf(slot), optionsOf(options)),
    getBlockTime: (slot) => chain.block(slotOf(slot))?.at ?? null,
  };
  return new Map(Object.entries(methods));
}

function signaturesFor(chain: SolanaChain, address: string, options: Options): readonly object[] {
  const limit = Math.min(options.limit ?? SIGNATURES_MAX, SIGNATURES_MAX);
  const found: object[] = [];
  let isPast = options.before === undefined;
  for (const { signature, slot, at, failure, wire } of chain.executed()) {
    if (isPast && wire.accounts.includes(address)) {
      const times = { slot, blockTime: at, confirmationStatus: 'finalized' };
      found.push({ signature, ...times, err: failure, memo: null });
    }
    if (signature === options.before) isPast = true;
    if (found.length === limit) break;
  }
  return found;
}

/** Every token of this chain is the test token, with its six decimals. */
function amountView(units: bigint) {
  const uiAmountString = formatDecimal(units, TOKEN_DECIMALS);
  const uiAmount = Number(uiAmountString.replaceAll(',', ''));
  return {
    amount: units.toString(),
    decimals: TOKEN_DECIMALS,
    uiAmount,
    uiAmountString: String(uiAmount),
  };
}

const tokenView = ({ accountIndex, mint, owner, units }: TokenBalance) => ({
  accountIndex,
  mint,
  owner,
  programId: TOKEN_PROGRAM,
  uiTokenAmount: amountView(units),
});

function transactionView(executed: Executed, { encoding = 'json' }: Options) {
  const { raw, at, fee, before, after, logs, unitsConsumed, failure, wire } = executed;
  return {
    blockTime: at,
    version: wire.isVersioned ? 0 : 'legacy',
    transaction: encoding === 'json' ? jsonView(executed) : encoded(raw, encoding),
    meta: {
      err: failure,
      status: failure === null ? { Ok: null } : { Err: failure },
      fee,
      preBalances: before,
      postBalances: after,
      innerInstructions: [],
      logMessages: logs,
      preTokenBalances: executed.tokensBefore.map(tokenView),
      postTokenBalances: executed.tokensAfter.map(tokenView),
      rewards: [],
      loadedAddresses: { writable: [], readonly: [] },
      computeUnitsConsumed: unitsConsumed,
    },
  };
}

function encoded(raw: Uint8Array, encoding: string): readonly string[] {
  if (encoding === 'base64') return [base64(raw), encoding];
  if (encoding === 'base58') return [base58.encode(raw), encoding];
  throw bad(`the encoding ${encoding} is not offered`);
}

function jsonView({ wire }: Executed) {
  const [signers, readonlySigners, readonlyOthers] = wire.header;
  return {
    signatures: wire.signatures.map((bytes) => base58.encode(bytes)),
    message: {
      accountKeys: wire.accounts,
      header: {
        numRequiredSignatures: signers,
        numReadonlySignedAccounts: readonlySigners,
        numReadonlyUnsignedAccounts: readonlyOthers,
      },
      recentBlockhash: wire.lifetime,
      instructions: wire.instructions.map(({ programIdIndex, accounts, data }) => ({
        programIdIndex,
        accounts,
        data: base58.encode(data),
        stackHeight: null,
      })),
    },
  };
}

function blockView(chain: SolanaChain, slot: number, options: Options): object {
  const block = chain.block(slot);
  if (block === undefined) throw new RpcError(CODE.noBlock, `Block not available for slot ${slot}`);
  const { hash, previousHash, at, executed } = block;
  const common = {
    blockhash: hash,
    previousBlockhash: previousHash,
    parentSlot: Math.max(slot - 1, 0),
    blockHeight: slot,
    blockTime: at,
  };
  const listed = executed === undefined ? [] : [executed];
  switch (options.transactionDetails ?? 'full') {
    case 'none':
      return common;
    case 'signatures':
      return { ...common, signatures: listed.map(({ signature }) => signature) };
    default:
      return { ...common, transactions: listed.map((each) => transactionView(each, options)) };
  }
}

/** The answer to one request, or the error that a node of Solana would give. */
export function answer(face: ReadonlyMap<string, Method>, request: unknown): object {
  const { id = null, method, params = [] } = (request ?? {}) as Record<string, unknown>;
  const reply = (content: object): object => ({ jsonrpc: '2.0', ...content, id });
  try {
    if (typeof method !== 'string' || !Array.isArray(params)) {
      throw new RpcError(CODE.badRequest, 'Invalid Request');
    }
    const known = face.get(method);
    if (known === undefined) throw new RpcError(CODE.noMethod, `Method not found: ${method}`);
    return reply({ result: known(...(params as Parameters)) });
  } catch (error) {
    return reply({ error: errorView(error) });
  }
}

function errorView(error: unknown): object {
  if (error instanceof RpcError) {
    return { code: error.code, message: error.message, data: error.details };
  }
  if (error instanceof BadTransaction) {
    return errorView(bad(`failed to deserialize the transaction: ${error.message}`));
  }
  if (error instanceof Refused) {
    if (error.failure === 'SignatureFailure') {
      return { code: CODE.badSignature, message: 'Transaction signature verification failure' };
    }
    const data = { err: error.failure, logs: error.logs, accounts: null, unitsConsumed: 0 };
    const message = `Transaction simulation failed: ${error.message}`;
    return { code: CODE.simulationFailed, message, data };
  }
  throw error;
}
