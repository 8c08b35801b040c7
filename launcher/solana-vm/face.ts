/**
 * What a Solana node answers over JSON-RPC, as far as wallets, web3.js and our own connection ask it
 * (Solana docs, "RPC HTTP Methods"). Every block is final at once, so levels make no difference.
 * `requestAirdrop` and `mintTestUsdc` are the chain's own bank.
 */
import { type Address, Refused, type SolanaChain } from './chain.ts';
import { airdrop, issue, tokenBalance } from './genesis.ts';
import {
  CODE,
  type Method,
  type Options,
  type Parameters,
  RpcError,
  addressOf,
  bad,
  fromBase64,
  optionsOf,
  rawOf,
  slotOf,
  textOf,
  unitsOf,
} from './parameters.ts';
import {
  accountView,
  amountView,
  blockView,
  signaturesFor,
  statusView,
  transactionView,
} from './views.ts';
import { BadTransaction, readMessage } from './wire.ts';

/** The hash that `registry.ts` tells the network by; it is the same for every local chain. */
const GENESIS_HASH = 'GnqdEZnwrpqTatFxcLVHXJQXVdGeZDpiP4VZ3ZtMkZPD';
const VERSION = { 'solana-core': '2.3.0', 'feature-set': 0 };
const BLOCK_LIFE = 150;
const SLOTS_PER_EPOCH = 432_000;
const SIGNATURE_FEE = 5_000;

type Methods = Readonly<Record<string, Method>>;
export type Face = ReadonlyMap<string, Method>;

/** Numbers of up to 64 bits travel as JSON numbers, so the server prints bigints as digits. */
export const createFace = (chain: SolanaChain): Face =>
  new Map(
    [clusterMethods, accountMethods, transactionMethods, historyMethods].flatMap((methodsOf) =>
      Object.entries(methodsOf(chain)),
    ),
  );

const inContext = <T>({ slot }: SolanaChain, value: T) => ({
  context: { slot, apiVersion: VERSION['solana-core'] },
  value,
});

const clusterMethods = (chain: SolanaChain): Methods => ({
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
    slotsInEpoch: SLOTS_PER_EPOCH,
    transactionCount: chain.length,
  }),
  getLatestBlockhash: () =>
    inContext(chain, {
      blockhash: chain.svm.latestBlockhash(),
      lastValidBlockHeight: chain.slot + BLOCK_LIFE,
    }),
  isBlockhashValid: (hash) => inContext(chain, chain.isRecent(textOf(hash, 'a block hash'))),
  getMinimumBalanceForRentExemption: (size) =>
    chain.svm.minimumBalanceForRentExemption(BigInt(slotOf(size))),
  getRecentPrioritizationFees: () => [],
  getFeeForMessage: (message) => {
    const { header } = readMessage(fromBase64(textOf(message, 'a message')));
    return inContext(chain, SIGNATURE_FEE * header[0]);
  },
});

const accountMethods = (chain: SolanaChain): Methods => ({
  getBalance: (address) => inContext(chain, chain.svm.getBalance(addressOf(address)) ?? 0n),
  getAccountInfo: (address, options) =>
    inContext(chain, accountView(chain, addressOf(address), optionsOf(options))),
  getMultipleAccounts: (addresses, options) => {
    if (!Array.isArray(addresses)) throw bad('a list of addresses is expected');
    const view = (each: unknown) => accountView(chain, addressOf(each), optionsOf(options));
    return inContext(chain, addresses.map(view));
  },
  getTokenAccountBalance: (address) =>
    inContext(chain, amountView(tokenUnits(chain, addressOf(address)))),
});

function tokenUnits({ svm }: SolanaChain, address: Address): bigint {
  const account = svm.getAccount(address);
  const held = account.exists ? tokenBalance(account.programAddress, account.data) : undefined;
  if (held === undefined) throw bad('could not find account');
  return held.units;
}

const transactionMethods = (chain: SolanaChain): Methods => {
  const bank = (make: (blockHash: string) => Uint8Array): string =>
    chain.execute(make(chain.svm.latestBlockhash()), { unlocked: true }).signature;
  return {
    requestAirdrop: (to, lamports) =>
      bank((blockHash) => airdrop(addressOf(to), unitsOf(lamports), blockHash)),
    mintTestUsdc: (to, units) =>
      bank((blockHash) => issue(addressOf(to), unitsOf(units), blockHash)),
    sendTransaction: (raw, options) =>
      send(chain, rawOf(raw, optionsOf(options)), optionsOf(options)),
    simulateTransaction: (raw, options) => simulate(chain, rawOf(raw, optionsOf(options))),
  };
};

function send(chain: SolanaChain, raw: Uint8Array, { skipPreflight = false }: Options): string {
  if (!skipPreflight) chain.simulate(raw);
  return chain.execute(raw).signature;
}

function simulate(chain: SolanaChain, raw: Uint8Array): object {
  try {
    const { logs, units } = chain.simulate(raw);
    return inContext(chain, { err: null, logs, unitsConsumed: units, accounts: null });
  } catch (error) {
    if (!(error instanceof Refused)) throw error;
    const { failure: err, logs } = error;
    return inContext(chain, { err, logs, unitsConsumed: 0, accounts: null });
  }
}

const historyMethods = (chain: SolanaChain): Methods => ({
  getSignatureStatuses: (signatures) => {
    if (!Array.isArray(signatures)) throw bad('a list of signatures is expected');
    const view = (each: unknown) => statusView(chain, textOf(each, 'a signature'));
    return inContext(chain, signatures.map(view));
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
});

/** The answer to one request, or the error that a node of Solana would give. */
export function answer(face: Face, request: unknown): object {
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
