/**
 * The Solana family's I/O. What is to be built upon - the durable nonce - is read as the cluster has
 * finalized it; what only informs is read one level earlier.
 */
import { base58 } from '@scure/base';
import type {
  Asset,
  ChainConnection,
  DraftRequest,
  MinedTransaction,
  Network,
  SealedTransaction,
  TransactionStatus,
} from '#chains/adapter.ts';
import { unavailable } from '#chains/wire.ts';
import { type Bytes, equalBytes, parseHex } from '#core/bytes.ts';
import { PlatformError, invalidInput, isPlatformError } from '#core/errors.ts';
import type { Money } from '#core/money.ts';
import {
  type Account,
  NO_ACCOUNT,
  isWallet,
  nonceOf,
  tokenAccountState,
  tokenUnits,
} from './account.ts';
import { parseAddress } from './address.ts';
import { nonceAccountOf, tokenAccountOf } from './derived-address.ts';
import { draftPayment, draftSetUp } from './draft.ts';
import { type Endpoint, RpcRefusal, openEndpoint, refused } from './json-rpc.ts';
import { decodeMessage } from './message.ts';
import { decodePayment } from './payment.ts';
import { NONCE_ACCOUNT_BYTES, TOKEN_ACCOUNT_BYTES } from './programs.ts';
import { seal, unseal } from './seal.ts';

type Level = 'processed' | 'confirmed' | 'finalized';
type Lamports = number | bigint;
type InContext<Value> = { readonly value: Value };

type RawAccount = {
  readonly owner: string;
  readonly lamports: Lamports;
  readonly data: readonly [string, 'base64'];
};

const fromBase64 = (text: string): Bytes => new Uint8Array(Buffer.from(text, 'base64'));

const accountOf = (raw: RawAccount | null): Account =>
  raw === null
    ? NO_ACCOUNT
    : { owner: raw.owner, lamports: BigInt(raw.lamports), data: fromBase64(raw.data[0]) };

async function accounts(
  endpoint: Endpoint,
  addresses: readonly string[],
  commitment: Level,
): Promise<readonly Account[]> {
  const { value } = await endpoint.ask<InContext<readonly (RawAccount | null)[]>>(
    'getMultipleAccounts',
    addresses,
    { encoding: 'base64', commitment },
  );
  if (value.length !== addresses.length) {
    throw unavailable(endpoint.network, 'the endpoint answered about other accounts');
  }
  return value.map(accountOf);
}

const account = async (endpoint: Endpoint, address: string, level: Level): Promise<Account> =>
  (await accounts(endpoint, [address], level))[0] as Account;

const nonceAt = async (
  endpoint: Endpoint,
  wallet: string,
  level: Level,
): Promise<bigint | undefined> =>
  nonceOf(await account(endpoint, nonceAccountOf(wallet), level), wallet);

const minimumOf = async (endpoint: Endpoint, bytes: number): Promise<bigint> =>
  BigInt(await endpoint.ask<Lamports>('getMinimumBalanceForRentExemption', bytes));

/**
 * Before its first payment a wallet needs its durable nonce. One that was sent and is not final yet
 * must not be followed by another: it would fail, and cost its fee.
 */
async function setUp(endpoint: Endpoint, wallet: string): Promise<Bytes | undefined> {
  if ((await nonceAt(endpoint, wallet, 'finalized')) !== undefined) return undefined;
  if ((await nonceAt(endpoint, wallet, 'processed')) !== undefined) {
    throw unavailable(endpoint.network, "the set-up of the wallet's account is not final yet");
  }
  const [{ lamports }, deposit, rent, latest] = await Promise.all([
    account(endpoint, wallet, 'confirmed'),
    minimumOf(endpoint, NONCE_ACCOUNT_BYTES),
    minimumOf(endpoint, 0),
    endpoint.ask<InContext<{ readonly blockhash: string }>>('getLatestBlockhash', {
      commitment: 'confirmed',
    }),
  ]);
  const facts = { nativeBalance: lamports, deposit, rent };
  return draftSetUp(endpoint.network, wallet, base58.decode(latest.value.blockhash), facts);
}

async function nextNonce(endpoint: Endpoint, wallet: string): Promise<bigint> {
  const nonce = await nonceAt(endpoint, wallet, 'finalized');
  if (nonce !== undefined) return nonce;
  throw unavailable(endpoint.network, "the wallet's account is not set up yet");
}

type RecentFee = { readonly prioritizationFee: Lamports };

/** What three quarters of the recent blocks took for their cheapest transaction, at most. */
async function unitPrice(endpoint: Endpoint, written: readonly string[]): Promise<bigint> {
  const recent = await endpoint.ask<readonly RecentFee[]>('getRecentPrioritizationFees', written);
  const fees = recent
    .map(({ prioritizationFee }) => BigInt(prioritizationFee))
    .toSorted((a, b) => (a < b ? -1 : 1));
  return fees[Math.floor((fees.length * 3) / 4)] ?? 0n;
}

async function draft(endpoint: Endpoint, request: DraftRequest): Promise<Bytes> {
  const { network } = endpoint;
  const { from, asset } = request;
  const to = parseAddress(request.to, 'to');
  const mint = asset.contract;
  const tokenAccounts =
    mint === undefined ? [] : [from, to].map((one) => tokenAccountOf(one, mint));
  const [[sender, recipient, source, target], price, wallet, tokenAccount] = await Promise.all([
    accounts(endpoint, [from, to, ...tokenAccounts], 'confirmed'),
    unitPrice(endpoint, [from, nonceAccountOf(from), ...tokenAccounts]),
    minimumOf(endpoint, 0),
    minimumOf(endpoint, TOKEN_ACCOUNT_BYTES),
  ]);
  const { lamports } = sender as Account;
  const isToken = mint !== undefined && source !== undefined && target !== undefined;
  return draftPayment(network, request, {
    unitPrice: price,
    nativeBalance: lamports,
    assetBalance: isToken ? tokenUnits(source, mint) : lamports,
    recipient: {
      lamports: (recipient as Account).lamports,
      isWallet: isWallet(recipient as Account),
      ...(isToken ? { tokenAccount: tokenAccountState(target, to, mint) } : {}),
    },
    rent: { wallet, tokenAccount },
  });
}

/** spl-token's and the system program's number for "not enough". */
const NOT_ENOUGH = 1;
const POOR = ['InsufficientFundsForFee', 'AccountNotFound', 'InsufficientFundsForRent'];

/** `{ InstructionError: [1, { Custom: 1 }] }`, or a name, alone or as the only key. */
function isPoor(failure: unknown): boolean {
  if (typeof failure === 'string') return POOR.includes(failure);
  if (typeof failure !== 'object' || failure === null) return false;
  if (POOR.some((name) => name in failure)) return true;
  const [, reason] = (failure as { InstructionError?: readonly unknown[] }).InstructionError ?? [];
  if (reason === 'InsufficientFunds') return true;
  return (reason as { readonly Custom?: unknown } | undefined)?.Custom === NOT_ENOUGH;
}

function broadcastError(network: Network, refusal: RpcRefusal): PlatformError {
  const { failure } = refusal;
  if (isPoor(failure)) {
    const reason = 'the wallet holds too little for the transfer and its fee';
    return new PlatformError('INSUFFICIENT_FUNDS', { network: network.id, reason });
  }
  if (failure === 'BlockhashNotFound') {
    const reason = 'another transaction of this account has used its nonce';
    return new PlatformError('VERSION_CONFLICT', { network: network.id, reason });
  }
  return refused(network, refusal);
}

/**
 * Nodes have many words for "already known". So the words decide nothing: after any failure the
 * chain is asked for the signature.
 */
async function broadcast(endpoint: Endpoint, { raw, hash }: SealedTransaction): Promise<void> {
  const bytes = Buffer.from(raw).toString('base64');
  const options = { encoding: 'base64', preflightCommitment: 'confirmed' };
  let answered: unknown;
  try {
    answered = await endpoint.attempt('sendTransaction', bytes, options);
  } catch (error) {
    if ((await found(endpoint, hash)) !== null) return;
    throw error instanceof RpcRefusal ? broadcastError(endpoint.network, error) : error;
  }
  if (answered !== hash) {
    throw unavailable(endpoint.network, 'the endpoint answered with the hash of something else');
  }
}

type Found = {
  readonly slot: number;
  readonly confirmations: number | null;
  readonly confirmationStatus: Level;
  readonly err: unknown;
};

async function found(endpoint: Endpoint, hash: string): Promise<Found | null> {
  const { value } = await endpoint.ask<InContext<readonly (Found | null)[]>>(
    'getSignatureStatuses',
    [hash],
    { searchTransactionHistory: true },
  );
  return value[0] ?? null;
}

type Told = {
  readonly transaction: readonly [string, 'base64'];
  readonly meta: {
    readonly fee: Lamports;
    readonly preBalances: readonly Lamports[];
    readonly postBalances: readonly Lamports[];
  } | null;
};

const told = (endpoint: Endpoint, hash: string): Promise<Told | null> =>
  endpoint.ask<Told | null>('getTransaction', hash, {
    encoding: 'base64',
    commitment: 'confirmed',
    maxSupportedTransactionVersion: 0,
  });

/** What the wallet paid beside the amount: the fee, and the account that it created, if it did. */
function feePaid({ transaction, meta }: Told, succeeded: boolean): bigint {
  if (meta === null) return 0n;
  const spent = BigInt(meta.preBalances[0] ?? 0) - BigInt(meta.postBalances[0] ?? 0);
  try {
    const { token, units } = decodePayment(unseal(fromBase64(transaction[0])).unsigned);
    return succeeded && token === undefined ? spent - units : spent;
  } catch (error) {
    if (!isPlatformError(error, 'EVIDENCE_REJECTED')) throw error;
    return BigInt(meta.fee);
  }
}

async function status(endpoint: Endpoint, hash: string): Promise<TransactionStatus> {
  const seen = await found(endpoint, hash);
  if (seen === null) return { state: 'unknown' };
  if (seen.confirmationStatus === 'processed') return { state: 'pending' };
  const block = BigInt(seen.slot);
  const [executed, name] = await Promise.all([told(endpoint, hash), blockHash(endpoint, block)]);
  // Between two questions the block may have gone again, or another node was asked.
  if (executed === null || name === undefined) return { state: 'pending' };
  const { confirmations } = endpoint.network;
  const succeeded = seen.err === null;
  return {
    state: 'included',
    block,
    blockHash: name,
    // Only the cluster's own word makes a block final, however many follow it.
    confirmations:
      seen.confirmationStatus === 'finalized'
        ? Math.max(confirmations, 1)
        : Math.min(Math.max(seen.confirmations ?? 1, 1), Math.max(confirmations - 1, 1)),
    succeeded,
    feePaid: feePaid(executed, succeeded),
  };
}

/** Strangers may mention the nonce's account as often as they pay for it. */
const SIGNATURES_EXAMINED = 200;

/** The endpoint only points at the transaction: bytes, nonce and signature are examined here. */
async function transactionWith(
  endpoint: Endpoint,
  address: string,
  nonce: bigint,
): Promise<MinedTransaction | undefined> {
  const listed = await endpoint.ask<readonly { readonly signature: string }[]>(
    'getSignaturesForAddress',
    nonceAccountOf(address),
    { limit: SIGNATURES_EXAMINED, commitment: 'confirmed' },
  );
  const lifetime = parseHex(nonce.toString(16).padStart(64, '0'));
  for (const { signature } of listed) {
    const each = await told(endpoint, signature);
    if (each === null) continue;
    const mined = signedWith(endpoint.network, fromBase64(each.transaction[0]), address, lifetime);
    if (mined?.hash === signature) return mined;
  }
  return undefined;
}

function signedWith(
  network: Network,
  raw: Bytes,
  address: string,
  lifetime: Bytes,
): MinedTransaction | undefined {
  try {
    const { signature, unsigned } = unseal(raw);
    if (!equalBytes(decodeMessage(unsigned).lifetime, lifetime)) return undefined;
    return { ...seal(network, unsigned, [{ bytes: signature }], address), unsigned };
  } catch (error) {
    if (!isPlatformError(error, 'EVIDENCE_REJECTED')) throw error;
    // Somebody else's transaction, or one of another form.
    return undefined;
  }
}

/** The node knows of no block there: skipped by its leader, or not made yet. */
const NO_BLOCK = [-32_004, -32_007, -32_009];

async function blockHash(endpoint: Endpoint, height: bigint): Promise<string | undefined> {
  try {
    const block = await endpoint.attempt<{ readonly blockhash: string } | null>(
      'getBlock',
      Number(height),
      { transactionDetails: 'none', rewards: false, commitment: 'confirmed' },
    );
    return block?.blockhash;
  } catch (error) {
    if (!(error instanceof RpcRefusal)) throw error;
    if (NO_BLOCK.includes(error.code)) return undefined;
    throw refused(endpoint.network, error);
  }
}

async function balance(endpoint: Endpoint, address: string, asset: Asset): Promise<Money> {
  const { contract } = asset;
  const held = contract === undefined ? address : tokenAccountOf(address, contract);
  const state = await account(endpoint, held, 'confirmed');
  const units = contract === undefined ? state.lamports : tokenUnits(state, contract);
  return { asset: asset.id, units };
}

/** @throws INVALID_INPUT always */
function refuseToRaise(): never {
  const reason =
    'payments of this network wait in no queue that a higher fee would overtake: the durable nonce ' +
    'keeps this one good, and it is sent again until a block takes it';
  throw invalidInput('transferId', reason, 'Wait, or see what the endpoint of the network says.');
}

/** @throws NOT_CONFIGURED when the text is no http(s) URL; nothing is asked yet */
export function connectSolana(network: Network, url: string, timeoutMs: number): ChainConnection {
  const endpoint = openEndpoint(network, url, timeoutMs);
  return {
    setUp: (address) => setUp(endpoint, address),
    draft: (request) => draft(endpoint, request),
    raiseFee: async () => refuseToRaise(),
    nextNonce: (address) => nextNonce(endpoint, address),
    transactionWith: (address, nonce) => transactionWith(endpoint, address, nonce),
    broadcast: (sealed) => broadcast(endpoint, sealed),
    status: (hash) => status(endpoint, hash),
    balances: (address, assets) =>
      Promise.all(assets.map((asset) => balance(endpoint, address, asset))),
    blockHash: (height) => blockHash(endpoint, height),
    height: async () => BigInt(await endpoint.ask<number>('getSlot', { commitment: 'confirmed' })),
    close: () => undefined,
  };
}
