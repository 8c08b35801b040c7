/**
 * Makes the unsigned message of a payment from what the chain said. Pure: `rpc.ts` asks, this
 * decides, and nothing is drafted that could not be paid or that costs more than the cap.
 */
import type { Asset, DraftRequest, Network } from '#chains/adapter.ts';
import { nativeAsset } from '#chains/registry.ts';
import { type Bytes, parseHex, utf8 } from '#core/bytes.ts';
import { PlatformError, invalidInput } from '#core/errors.ts';
import { formatDecimal } from '#core/money.ts';
import { parseAddress } from './address.ts';
import { TOKEN_ACCOUNT_COST, feeMaxOf, transactionFee } from './explain.ts';
import { MESSAGE_BYTES_MAX } from './message.ts';
import { type Payment, encodePayment } from './payment.ts';
import { NONCE_DEPOSIT, SET_UP_COST, encodeSetUp } from './set-up.ts';

/** The recipient's token account: none yet, his own and open, or why it takes nothing. */
export type TokenAccountState = 'absent' | 'open' | 'frozen' | 'taken';

/** Amounts are in lamports, or in base units of the token. */
export type ChainFacts = {
  /** Millionths of a lamport for each compute unit, as others pay now. */
  readonly unitPrice: bigint;
  readonly nativeBalance: bigint;
  /** The same as `nativeBalance` where SOL is sent. */
  readonly assetBalance: bigint;
  readonly recipient: {
    readonly lamports: bigint;
    /** Whether it is the plain account of a wallet, or none yet. */
    readonly isWallet: boolean;
    /** Where tokens are sent. */
    readonly tokenAccount?: TokenAccountState;
  };
  /** What the chain demands of an account without data, and of a token account. */
  readonly rent: { readonly wallet: bigint; readonly tokenAccount: bigint };
};

const UINT64_MAX = 2n ** 64n - 1n;

/**
 * Compute units that the instructions use at most; the unused rest costs a little where others pay
 * for priority. Measured on the local chain, with half as much again.
 */
const UNITS = { native: 1_500, token: 12_000, createsAccount: 60_000, memo: 6_000, memoByte: 600 };

function computeUnitsOf(token: Payment['token'], memo: string): number {
  const movement = token === undefined ? UNITS.native : UNITS.token;
  const creation = token?.createsAccount ? UNITS.createsAccount : 0;
  const published = memo === '' ? 0 : UNITS.memo + UNITS.memoByte * utf8(memo).length;
  return movement + creation + published;
}

const show = (units: bigint, asset: Asset): string =>
  `${formatDecimal(units, asset.decimals)} ${asset.symbol}`;

function requireFunds(asset: Asset, available: bigint, needed: bigint, what: string): void {
  if (available >= needed) return;
  throw new PlatformError('INSUFFICIENT_FUNDS', {
    asset: asset.id,
    available: available.toString(),
    needed: needed.toString(),
    reason: `${what} takes ${show(needed, asset)}, and the wallet holds ${show(available, asset)}`,
  });
}

const refused = (reason: string, hint: string): PlatformError => invalidInput('to', reason, hint);

/** @throws INVALID_INPUT naming what the person can change about the recipient */
function requireRecipient({ from, to, asset }: DraftRequest, facts: ChainFacts): string {
  const recipient = parseAddress(to, 'to');
  const { isWallet, tokenAccount } = facts.recipient;
  if (recipient === from) {
    throw refused('the wallet itself', 'Give the address of somebody else.');
  }
  if (!isWallet) {
    const hint =
      'What is sent there can be lost. Give the address of the wallet that it belongs to.';
    throw refused('the account of a program or of a token, not a wallet', hint);
  }
  if (tokenAccount === 'frozen') {
    const hint = 'Ask the recipient, or the issuer of the token.';
    throw refused(`the recipient's account for ${asset.symbol} is frozen`, hint);
  }
  if (tokenAccount === 'taken') {
    const hint = 'Ask the recipient for another address.';
    throw refused(`the recipient's account for ${asset.symbol} belongs to somebody else now`, hint);
  }
  return recipient;
}

/** The fee cap covers all that the payment costs beside its amount. @throws INVALID_INPUT */
function requireFee(network: Network, fee: bigint, cap: bigint, createsAccount: boolean): void {
  if (fee <= cap) return;
  const native = nativeAsset(network);
  const creation = createsAccount ? ', most of it for the account that the recipient lacks' : '';
  throw new PlatformError('INVALID_INPUT', {
    field: 'maxFee',
    reason: `the payment costs ${show(fee, native)}${creation}, and the cap is ${show(cap, native)}`,
    hint: createsAccount
      ? 'Raise the cap, or let the recipient open an account for the token first.'
      : 'Raise the cap, or wait until the network is less busy.',
    needed: fee.toString(),
  });
}

/** The chain keeps no account between zero and the least that an account must hold. */
function requireMinimums(network: Network, payment: Payment, facts: ChainFacts): void {
  const native = nativeAsset(network);
  const { nativeBalance, recipient, rent } = facts;
  const sent = payment.token === undefined ? payment.units : 0n;
  const fee = feeMaxOf(payment);
  requireFunds(native, nativeBalance, sent + fee, 'the transfer with its fee');
  if (sent > 0n && recipient.lamports + sent < rent.wallet) {
    throw new PlatformError('INVALID_INPUT', {
      field: 'amount',
      reason: `the recipient would hold less than ${show(rent.wallet, native)}, which the network refuses`,
      hint: `Send at least ${show(rent.wallet - recipient.lamports, native)}.`,
      needed: (rent.wallet - recipient.lamports).toString(),
    });
  }
  const rest = nativeBalance - sent - fee;
  if (rest === 0n || rest >= rent.wallet) return;
  const most = nativeBalance - fee - rent.wallet;
  const all = show(nativeBalance - fee, native);
  throw new PlatformError('INVALID_INPUT', {
    field: 'amount',
    reason: `the wallet would keep ${show(rest, native)}, less than the ${show(rent.wallet, native)} that the network demands`,
    hint:
      payment.token !== undefined || most <= 0n
        ? 'Put SOL into the wallet first.'
        : `Send at most ${show(most, native)}, or all: ${all}.`,
  });
}

/** What others pay for priority, or less where the cap demands it; a quiet chain asks nothing. */
function priceWithin(wanted: bigint, computeUnits: number, lamports: bigint): bigint {
  const affordable = lamports <= 0n ? 0n : (lamports * 1_000_000n) / BigInt(computeUnits);
  return affordable < wanted ? affordable : wanted;
}

const bytesOfNonce = (nonce: bigint): Bytes => parseHex(nonce.toString(16).padStart(64, '0'));

/**
 * The unsigned bytes of the payment.
 * @throws INVALID_INPUT when the fee would exceed the cap, or for the amount, recipient or memo
 * @throws INSUFFICIENT_FUNDS for the amount, or for amount and fee together
 */
export function draftPayment(network: Network, request: DraftRequest, facts: ChainFacts): Bytes {
  const { from, asset, units, nonce, memo = '' } = request;
  if (request.kind === 'allowance') {
    const hint = 'Allowances are of tokens on EVM networks.';
    throw invalidInput('asset', `${network.id} has no allowances here`, hint);
  }
  if (units <= 0n) throw invalidInput('amount', 'not above zero', 'Send at least one base unit.');
  if (units > UINT64_MAX) throw invalidInput('amount', 'more than there can be', 'Send less.');
  const to = requireRecipient(request, facts);
  requireFunds(asset, facts.assetBalance, units, 'the transfer');
  const { contract, decimals } = asset;
  const createsAccount = facts.recipient.tokenAccount === 'absent';
  const token = contract === undefined ? undefined : { mint: contract, decimals, createsAccount };
  const computeUnits = computeUnitsOf(token, memo);
  const cap = request.feeMax ?? network.feeMaxDefault;
  const forPriority =
    cap - transactionFee(computeUnits, 0n) - (createsAccount ? TOKEN_ACCOUNT_COST : 0n);
  const payment: Payment = {
    from,
    nonce: bytesOfNonce(nonce),
    computeUnits,
    unitPrice: priceWithin(facts.unitPrice, computeUnits, forPriority),
    to,
    units,
    ...(token === undefined ? {} : { token }),
    memo,
  };
  requireKnownRent(network, facts);
  requireFee(network, feeMaxOf(payment), cap, createsAccount);
  requireMinimums(network, payment, facts);
  const unsigned = encodePayment(payment);
  if (unsigned.length <= MESSAGE_BYTES_MAX) return unsigned;
  const over = unsigned.length - MESSAGE_BYTES_MAX;
  throw invalidInput('memo', `${over} bytes too long for a transaction`, 'Shorten it.');
}

/** The bytes of a payment do not show what an account costs, so its price must be the known one. */
function requireKnownRent(network: Network, { rent }: ChainFacts): void {
  if (rent.tokenAccount > TOKEN_ACCOUNT_COST) throw unknownRent(network, rent.tokenAccount);
}

const unknownRent = (network: Network, lamports: bigint): PlatformError =>
  new PlatformError('NOT_CONFIGURED', {
    network: network.id,
    reason: `an account costs ${lamports} lamports there, more than this version knows`,
  });

/**
 * The unsigned set-up of a wallet's durable nonce.
 * @throws INSUFFICIENT_FUNDS
 */
export function draftSetUp(
  network: Network,
  wallet: string,
  blockHash: Bytes,
  facts: { readonly nativeBalance: bigint; readonly deposit: bigint; readonly rent: bigint },
): Bytes {
  if (facts.deposit > NONCE_DEPOSIT) throw unknownRent(network, facts.deposit);
  // The wallet itself must keep what the chain demands of an account.
  const needed = SET_UP_COST + facts.rent;
  const native = nativeAsset(network);
  requireFunds(native, facts.nativeBalance, needed, 'the set-up before the first payment');
  return encodeSetUp(wallet, blockHash);
}
